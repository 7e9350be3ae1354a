package program

import (
	"strings"
	"testing"

	"hello-kubernetes/tests/recorder"
)

// In a preview of a new stack nothing that AWS or the cluster will say is known.
func TestPreviewOfANewStack(t *testing.T) {
	t.Parallel()
	for _, values := range []map[string]string{nil, {"topology": "private", "nat": "gateway"}} {
		planned, err := run(t.Context(), values, true)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := len(planned.Resources), len(record(t, values).Resources); got != want {
			t.Errorf("%d resources are planned, %d are made", got, want)
		}
		if url := planned.Get(t, recorder.StackOutputs).Property("url"); !url.IsComputed() {
			t.Errorf("the URL is %v before there is an address", url)
		}
	}
}

// A configuration with several faults is refused before anything is made: the program names them all, and shows no
// secret.
func TestFaultsOfTheConfigurationArePrinted(t *testing.T) {
	t.Parallel()
	s, err := run(t.Context(), map[string]string{
		"workers": `{"count": 0}`, "nat": "none", "kubernetesVersion": "one", "sshPrivateKey": "hunter2", "colour": "red",
	}, false)
	if err == nil {
		t.Fatalf("%d resources are registered", len(s.Resources))
	}
	for _, key := range []string{"stack test", "workers.count", "mirror", "kubernetesVersion", "sshPrivateKey", "colour"} {
		if !strings.Contains(err.Error(), key) {
			t.Errorf("the program does not name %s:\n%v", key, err)
		}
	}
	if strings.Contains(err.Error(), "hunter2") {
		t.Errorf("the program shows the key:\n%v", err)
	}
}
