package kubernetes

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

func TestDiffConfig(t *testing.T) {
	t.Parallel()
	here, there := fmt.Sprintf("%q", kubeconfigFor("https://a")), fmt.Sprintf("%q", kubeconfigFor("https://b"))
	token := strings.ReplaceAll(here, "s3cr3t", "0ther")
	for name, test := range map[string]struct {
		olds, news string
		changes    pulumirpc.DiffResponse_DiffChanges
		replaces   []string
	}{
		"nothing":                         {`{"kubeconfig": ` + here + `}`, `{"kubeconfig": ` + here + `}`, pulumirpc.DiffResponse_DIFF_NONE, nil},
		"another user":                    {`{"kubeconfig": ` + here + `}`, `{"kubeconfig": ` + token + `}`, pulumirpc.DiffResponse_DIFF_SOME, nil},
		"another server":                  {`{"kubeconfig": ` + here + `}`, `{"kubeconfig": ` + there + `}`, pulumirpc.DiffResponse_DIFF_SOME, []string{"kubeconfig"}},
		"a kubeconfig to be known":        {`{"kubeconfig": ` + here + `}`, `{"kubeconfig": "unknown"}`, pulumirpc.DiffResponse_DIFF_SOME, []string{"kubeconfig"}},
		"another server of the same name": {`{"clusterIdentifier": "x", "kubeconfig": ` + here + `}`, `{"clusterIdentifier": "x", "kubeconfig": ` + there + `}`, pulumirpc.DiffResponse_DIFF_SOME, nil},
		"to be known, of the same name":   {`{"clusterIdentifier": "x", "kubeconfig": ` + here + `}`, `{"clusterIdentifier": "x", "kubeconfig": "unknown"}`, pulumirpc.DiffResponse_DIFF_SOME, nil},
		"another name":                    {`{"clusterIdentifier": "x", "kubeconfig": ` + here + `}`, `{"clusterIdentifier": "y", "kubeconfig": ` + here + `}`, pulumirpc.DiffResponse_DIFF_SOME, []string{"clusterIdentifier"}},
		"a first name":                    {`{"kubeconfig": ` + here + `}`, `{"clusterIdentifier": "y", "kubeconfig": ` + here + `}`, pulumirpc.DiffResponse_DIFF_SOME, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := newProvider(t.Context()).DiffConfig(t.Context(), &pulumirpc.DiffRequest{
				Olds: wire(t, properties(t, test.olds)), News: wire(t, properties(t, test.news)),
			})
			if err != nil {
				t.Fatal(err)
			}
			if got.Changes != test.changes || !slices.Equal(got.Replaces, test.replaces) {
				t.Errorf("got %s, replaces %v; want %s, replaces %v", got.Changes, got.Replaces, test.changes, test.replaces)
			}
		})
	}
}

func TestCheckConfigRefusesWhatIsNotCovered(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"kubeconfig": "x", "enableServerSideApply": "false"}`:                                                 "enableServerSideApply",
		`{"kubeconfig": "x", "renderYamlToDirectory": "out"}`:                                                   "renderYamlToDirectory",
		`{"kubeconfig": "unknown", "clusterIdentifier": "c", "deleteUnreachable": "true", "version": "4.24.0"}`: "",
		`{"clusterIdentifier": "c"}`:                                                                            "kubeconfig",
	} {
		got, err := newProvider(t.Context()).CheckConfig(t.Context(), &pulumirpc.CheckRequest{News: wire(t, properties(t, text))})
		if err != nil {
			t.Fatal(err)
		}
		var failed string
		for _, failure := range got.Failures {
			failed += failure.Property
		}
		if failed != want {
			t.Errorf("%s: failures %v, want %q", text, got.Failures, want)
		}
	}
}

func TestConfigureTellsNothingOfAKubeconfig(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for _, text := range []string{"hunter2", "{hunter2: [", `{"apiVersion": "hunter2", "kind": "hunter2"}`} {
		f.configure(map[string]string{"kubeconfig": text})
		_, err := f.Create(t.Context(), &pulumirpc.CreateRequest{Urn: serviceURN, Properties: wire(t, properties(t, serviceText))})
		if f.cluster != nil || err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("a bad kubeconfig gives the error %v", err)
		}
	}
}

func TestAnUnreachableCluster(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.server.react = healthy
	inputs, state := f.create(serviceURN, serviceText)
	f.configure(map[string]string{"kubeconfig": kubeconfigFor("http://" + closedPort(t))})

	created, err := f.Create(t.Context(), &pulumirpc.CreateRequest{Urn: serviceURN, Properties: wire(t, inputs), Preview: true})
	if err != nil || !unwire(t, created.Properties).DeepEquals(inputs) {
		t.Errorf("a preview gives %v and the error %v, want the inputs", created, err)
	}
	_, err = f.Delete(t.Context(), &pulumirpc.DeleteRequest{Urn: serviceURN, Id: "default/hello", Properties: wire(t, state)})
	if err == nil || !strings.Contains(err.Error(), "PULUMI_K8S_DELETE_UNREACHABLE") {
		t.Errorf("a delete gives the error %v, want one that names the remedy", err)
	}
	f.configure(map[string]string{"kubeconfig": "none", "deleteUnreachable": "true"})
	read, err := f.Read(t.Context(), &pulumirpc.ReadRequest{Urn: serviceURN, Id: "default/hello", Properties: wire(t, state)})
	if err != nil || read.Id != "" {
		t.Errorf("a refresh gives %v and the error %v, want a resource that is gone", read, err)
	}
}

// closedPort is an address where nothing listens.
func closedPort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}
