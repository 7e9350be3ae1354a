package cluster

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"hello-kubernetes/internal/layout"
	"hello-kubernetes/internal/remote"
	"hello-kubernetes/tests/recorder"
	"hello-kubernetes/tests/scripttest"
)

// args is a cluster of a control plane and the given number of workers. The edge is the control plane's host, or one of
// its own.
func args(ctx *pulumi.Context, workers int, ownEdge bool) (Args, error) {
	a := Args{
		PublicAddress:         pulumi.String("203.0.113.10"),
		KubernetesVersion:     "1.37.2",
		PodCIDR:               "10.244.0.0/16",
		ServiceCIDR:           "10.96.0.0/12",
		IgnorePreflightErrors: []string{"NumCPU", "SystemVerification"},
	}
	var edge *remote.Host
	add := func(name string, roles ...layout.Role) error {
		host, err := recorder.Host(ctx, name, edge, roles...)
		if edge == nil {
			edge = &host
		}
		a.Hosts = append(a.Hosts, host)
		return err
	}
	var err error
	if ownEdge {
		err = errors.Join(add("edge", layout.Edge), add("control-plane", layout.ControlPlane))
	} else {
		err = add("control-plane", layout.Edge, layout.ControlPlane)
	}
	for i := range workers {
		err = errors.Join(err, add(fmt.Sprintf("worker-%d", i), layout.Worker))
	}
	return a, err
}

// record runs the component. Its kubeconfig is recorded as an input of a component "Result".
func record(t *testing.T, workers int, stdout map[string]string) *recorder.Recording {
	t.Helper()
	return recordWith(t, workers, false, stdout)
}

func recordWith(t *testing.T, workers int, ownEdge bool, stdout map[string]string) *recorder.Recording {
	t.Helper()
	r, err := recorder.Run(stdout, func(ctx *pulumi.Context) error {
		a, err := args(ctx, workers, ownEdge)
		if err != nil {
			return err
		}
		c, err := New(ctx, "cluster", a)
		if err != nil {
			return err
		}
		return ctx.RegisterComponentResourceV2(
			"test:index:Result",
			recorder.Project+"-"+recorder.Stack,
			pulumi.Map{"kubeconfig": c.Kubeconfig},
			&pulumi.ResourceState{},
		)
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// What a host gets to run or to read, where it is rendered from a template.
func TestScripts(t *testing.T) {
	t.Parallel()
	goldens := scripttest.NewGoldens(t)
	r := recordWith(t, 1, true, nil)
	for name, text := range map[string]string{
		"prepare.sh":   r.Get(t, "worker-0-prepare").Text("create"),
		"token.sh":     r.Get(t, "worker-0-token").Text("create"),
		"join.sh":      r.Get(t, "worker-0-join").Text("create"),
		"ready.sh":     r.Get(t, "worker-0-ready").Text("create"),
		"leave.sh":     r.Get(t, "worker-0-ready").Text("delete"),
		"haproxy.cfg":  r.Get(t, "edge-api-proxy").Text("stdin"),
		"kubeadm.yaml": r.Get(t, "control-plane-init").Text("stdin"),
		"flannel.yaml": r.Get(t, "control-plane-network").Text("stdin"),
	} {
		goldens.Compare(t, name, text)
		if path.Ext(name) != ".yaml" {
			continue
		}
		for _, document := range scripttest.Documents[struct {
			APIVersion string `yaml:"apiVersion"`
			Kind       string `yaml:"kind"`
		}](t, text) {
			if document.APIVersion == "" || document.Kind == "" {
				t.Errorf("an object is a %q of %q", document.Kind, document.APIVersion)
			}
		}
	}
}

// Every node is prepared with the same script and finds the API by the control plane's private address.
func TestNodesArePreparedAlike(t *testing.T) {
	t.Parallel()
	r := record(t, 2, nil)
	first := r.Get(t, "control-plane-prepare")
	for _, name := range []string{"worker-0-prepare", "worker-1-prepare"} {
		worker := r.Get(t, name)
		if worker.Text("create") != first.Text("create") || worker.Text("stdin") != first.Text("stdin") {
			t.Errorf("%s differs from the control plane's", name)
		}
	}
}

// The token is for one join: it goes from the step that makes it into the step that uses it, and nowhere else.
func TestEachWorkerHasATokenOfItsOwn(t *testing.T) {
	t.Parallel()
	r := record(t, 2, nil)
	for _, worker := range []string{"worker-0", "worker-1"} {
		places := r.Holding("stdout of " + worker + "-token")
		if len(places) != 1 || places[0].String() != worker+"-join: stdin" || !places[0].Secret {
			t.Errorf("the token of %s is in %v, want only its join, as a secret", worker, places)
		}
	}
}

func TestWorkersDoNotWaitForEachOther(t *testing.T) {
	t.Parallel()
	r := record(t, 2, nil)
	for worker, other := range map[string]string{"worker-0": "worker-1", "worker-1": "worker-0"} {
		for _, step := range []string{"prepare", "token", "join", "ready"} {
			for _, before := range r.Needs(t, worker+"-"+step) {
				if strings.Contains(before, other) {
					t.Errorf("%s-%s waits for %s", worker, step, before)
				}
			}
		}
	}
	if needs := r.Needs(t, "worker-0-prepare"); slices.Contains(needs, "control-plane-init") {
		t.Error("preparing a worker waits for the control plane")
	}
}

func TestStepsOfAWorkerRunAgainOnANewClusterOrInstance(t *testing.T) {
	t.Parallel()
	r := record(t, 1, nil)
	for _, step := range []string{"token", "join", "ready"} {
		triggers := r.Get(t, "worker-0-"+step).Texts("triggers")
		for _, instance := range []string{"Instance control-plane", "Instance worker-0"} {
			if !slices.Contains(triggers, r.Get(t, instance).ID) {
				t.Errorf("%s does not run again on a new %s: triggers are %q", step, instance, triggers)
			}
		}
	}
}

// Leaving runs on the control plane, as the worker may be out of reach.
func TestWorkersLeaveOverTheControlPlane(t *testing.T) {
	t.Parallel()
	r := record(t, 1, nil)
	ready := r.Get(t, "worker-0-ready")
	if ready.Text("connection.host") != r.Get(t, "control-plane-init").Text("connection.host") {
		t.Errorf("it runs on %q", ready.Text("connection.host"))
	}
	if ready.RegisterRPC.GetDeletedWith() != r.Get(t, "Instance control-plane").URN {
		t.Errorf(
			"it is deleted with %q, want the control plane: then no cluster is left to leave",
			ready.RegisterRPC.GetDeletedWith(),
		)
	}
}

func TestKubeconfigLeadsToThePublicAddress(t *testing.T) {
	t.Parallel()
	r := record(t, 1, map[string]string{
		"control-plane-kubeconfig": "server: https://api.hello-kubernetes.internal:6443\nclient-key-data: hunter2\n",
	})
	result := r.Get(t, "Result")
	if got, want := result.Text("kubeconfig"), "server: https://203.0.113.10:6443\nclient-key-data: hunter2\n"; got != want {
		t.Errorf("kubeconfig is %q, want %q", got, want)
	}
	if !result.Inputs["kubeconfig"].IsSecret() {
		t.Error("the kubeconfig is no secret")
	}
}

// A provider that is made before the API can be reached says for good that there is none.
func TestProviderWaitsForTheWayToTheAPI(t *testing.T) {
	t.Parallel()
	for _, ownEdge := range []bool{false, true} {
		r := recordWith(t, 1, ownEdge, nil)
		needs := r.Needs(t, "kubernetes cluster")
		if !slices.Contains(needs, "worker-0-ready") || slices.Contains(needs, "edge-api-proxy") != ownEdge {
			t.Errorf("with an edge of its own: %v, it waits for %q", ownEdge, needs)
		}
	}
}

func TestVersionHasAMinor(t *testing.T) {
	t.Parallel()
	if minor, err := minorOf("1.37.2"); minor != "1.37" || err != nil {
		t.Errorf("minor is %q, %v", minor, err)
	}
	if _, err := minorOf("latest"); err == nil ||
		err.Error() != `kubernetes version "latest" is not MAJOR.MINOR.PATCH` {
		t.Errorf("error is %v", err)
	}
}
