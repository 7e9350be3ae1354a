package kubernetes

import (
	"context"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utilnet "k8s.io/apimachinery/pkg/util/net"
)

// pullFails leaves a Deployment with one pod of three, which cannot get its image.
func pullFails(s *apiServer, deployment *unstructured.Unstructured) {
	rollOut(deployment, 0)
	s.put("api/v1/namespaces/default/pods/hello-1-x", &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "Pod",
		"metadata": map[string]any{"name": "hello-1-x", "uid": "pod"},
		"status": map[string]any{"containerStatuses": []any{map[string]any{
			"name":  "c",
			"state": map[string]any{"waiting": map[string]any{"reason": "ImagePullBackOff", "message": "registry said 404"}},
		}}},
	}})
}

func TestADeploymentThatDoesNotBecomeReadyIsKept(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.server.react = pullFails
	inputs := f.check(deploymentURN, "{}", deploymentText)
	_, err := f.Create(t.Context(), &pulumirpc.CreateRequest{Urn: deploymentURN, Properties: wire(t, inputs), Timeout: 0.5})
	failure := initFailure(t, err)
	if failure.Id != "default/hello" || at(t, unwire(t, failure.Properties), "spec.replicas").NumberValue() != 3 {
		t.Errorf("the state is %s: %v", failure.Id, failure.Properties)
	}
	reasons := strings.Join(failure.Reasons, "\n")
	for _, want := range []string{"timed out", "0 available", "MinimumReplicas", "hello-1-x", "ImagePullBackOff", "registry said 404"} {
		if !strings.Contains(reasons, want) {
			t.Errorf("the reasons say nothing of %s:\n%s", want, reasons)
		}
	}
	// The next refresh finds it unready still, and after the image has come finds it ready.
	_, err = f.Read(t.Context(), &pulumirpc.ReadRequest{Urn: deploymentURN, Id: failure.Id, Properties: failure.Properties, Inputs: wire(t, inputs)})
	initFailure(t, err)
	f.server.change(deploymentPlace, func(d *unstructured.Unstructured) { rollOut(d, 3) })
	f.read(deploymentURN, unwire(t, failure.Properties), inputs)
}

func TestADeploymentIsWaitedForUntilItsLastChangeIsSeen(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.server.react = func(_ *apiServer, d *unstructured.Unstructured) {
		rollOut(d, 3)
		d.Object["status"].(map[string]any)["observedGeneration"] = d.GetGeneration() - 1
	}
	go func() {
		for !strings.Contains(f.notes.String(), "controller") {
			time.Sleep(time.Millisecond)
		}
		f.server.change(deploymentPlace, func(d *unstructured.Unstructured) { rollOut(d, 3) })
	}()
	f.create(deploymentURN, deploymentText)
	if !strings.Contains(f.notes.String(), "waiting for the Deployment's controller") {
		t.Errorf("no progress was shown: %s", f.notes.String())
	}
}

func TestCancelEndsAWaitAtOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.server.react = func(s *apiServer, d *unstructured.Unstructured) {
		pullFails(s, d)
		_, _ = f.Cancel(context.Background(), nil)
	}
	inputs := f.check(deploymentURN, "{}", deploymentText)
	_, err := f.Create(t.Context(), &pulumirpc.CreateRequest{Urn: deploymentURN, Properties: wire(t, inputs)})
	if err == nil {
		t.Fatal("a cancelled create succeeds")
	}
}

func TestAServiceIsReadyOnceItsEndpointsHaveSettled(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.server.react = healthy
	start := time.Now()
	_, state := f.create(serviceURN, serviceText)
	if waited := time.Since(start); waited < f.pace.settle {
		t.Errorf("ready after %v, want %v at least", waited, f.pace.settle)
	}
	if got := at(t, state, "spec.ports[0].nodePort").NumberValue(); got != 30080 {
		t.Errorf("the node port is %v", got)
	}
}

func TestAServiceWithUnreadyEndpointsIsKept(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.server.react = func(s *apiServer, _ *unstructured.Unstructured) {
		s.put("api/v1/namespaces/default/endpoints/hello", &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": "v1", "kind": "Endpoints", "metadata": map[string]any{"name": "hello"},
			"subsets": []any{map[string]any{"notReadyAddresses": []any{map[string]any{"ip": "10.244.1.2"}}}},
		}})
	}
	inputs := f.check(serviceURN, "{}", serviceText)
	_, err := f.Create(t.Context(), &pulumirpc.CreateRequest{Urn: serviceURN, Properties: wire(t, inputs), Timeout: 0.5})
	if reasons := initFailure(t, err).Reasons; !slices.ContainsFunc(reasons, func(r string) bool { return strings.Contains(r, "0 are ready, 1 are not") }) {
		t.Errorf("the reasons are %v", reasons)
	}
}

func TestSkipAwait(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.create(deploymentURN, strings.Replace(deploymentText, `"labels"`, `"annotations": {"pulumi.com/skipAwait": "true"}, "labels"`, 1))
}

func TestAConflictIsNotForced(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.server.react = healthy
	inputs, state := f.create(deploymentURN, deploymentText)
	f.server.refuse = func(r *http.Request) *metav1.Status {
		if r.Method != http.MethodPatch || r.URL.Query().Get("force") == "true" {
			return nil
		}
		return &metav1.Status{
			Reason: metav1.StatusReasonConflict, Code: http.StatusConflict, Message: `conflict with "kubectl"`,
		}
	}
	request := &pulumirpc.UpdateRequest{Urn: deploymentURN, Id: "default/hello", Olds: wire(t, state), News: wire(t, inputs)}
	_, err := f.Update(t.Context(), request)
	if err == nil || !strings.Contains(err.Error(), annotationForce) {
		t.Errorf("the conflict does not say what to do: %v", err)
	}
	edit(t, inputs, "metadata.annotations", `{"pulumi.com/patchForce": "true"}`)
	request.News = wire(t, inputs)
	if _, err := f.Update(t.Context(), request); err != nil {
		t.Errorf("forced: %v", err)
	}
}

func TestAnUpdateTakesOverWhatKubectlSet(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.server.react = healthy
	inputs, state := f.create(deploymentURN, deploymentText)
	manager := state[fieldManagerKey].StringValue()
	entry := func(manager, operation, subresource, field string) any {
		return map[string]any{
			"manager": manager, "operation": operation, "subresource": subresource, "apiVersion": "apps/v1", "fieldsType": "FieldsV1",
			"fieldsV1": map[string]any{"f:spec": map[string]any{field: map[string]any{}}},
		}
	}
	f.server.change(deploymentPlace, func(d *unstructured.Unstructured) {
		d.Object["metadata"].(map[string]any)["managedFields"] = []any{
			entry(manager, "Apply", "", "f:replicas"), entry("kubectl-edit", "Update", "", "f:paused"),
			entry("kubectl", "Update", "scale", "f:replicas"), entry("kube-controller-manager", "Update", "status", "f:x"),
		}
	})
	if _, err := f.Update(t.Context(), &pulumirpc.UpdateRequest{Urn: deploymentURN, Id: "default/hello", Olds: wire(t, state), News: wire(t, inputs)}); err != nil {
		t.Fatal(err)
	}
	var owners []string
	for _, entry := range f.server.objects[deploymentPlace].GetManagedFields() {
		owners = append(owners, entry.Manager+" "+entry.Subresource)
		if entry.Manager == manager && !strings.Contains(string(entry.FieldsV1.Raw), "f:paused") {
			t.Errorf("the manager owns %s, want f:paused as well", entry.FieldsV1.Raw)
		}
	}
	if want := []string{manager + " ", "kubectl scale", "kube-controller-manager status"}; !slices.Equal(owners, want) {
		t.Errorf("the field managers are %q, want %q", owners, want)
	}
}

func TestDeleteWaitsForFinalizers(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.server.react = healthy
	_, state := f.create(serviceURN, serviceText)
	f.server.change(servicePlace, func(s *unstructured.Unstructured) { s.SetFinalizers([]string{"example.com/hold"}) })
	_, err := f.Delete(t.Context(), &pulumirpc.DeleteRequest{Urn: serviceURN, Id: "default/hello", Properties: wire(t, state), Timeout: 0.05})
	if err == nil || !strings.Contains(err.Error(), "example.com/hold") {
		t.Errorf("the error is %v, want one that names the finalizer", err)
	}
}

func TestRefusedConnectionsAreRetried(t *testing.T) {
	t.Parallel()
	address := closedPort(t)
	opened := make(chan net.Listener, 1)
	time.AfterFunc(50*time.Millisecond, func() {
		listener, err := net.Listen("tcp", address)
		if err != nil {
			t.Error(err)
		}
		opened <- listener
	})
	conn, err := patient(20*time.Millisecond)(t.Context(), "tcp", address)
	defer (<-opened).Close()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := patient(time.Millisecond)(t.Context(), "tcp", closedPort(t)); !utilnet.IsConnectionRefused(err) {
		t.Errorf("a port that stays closed gives the error %v", err)
	}
}
