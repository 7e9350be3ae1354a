package kubernetes

import (
	"net/http"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

func TestLifecycle(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.server.admit, f.server.react = defaults, healthy
	inputs, state := f.create(deploymentURN, deploymentText)
	manager := state[fieldManagerKey].StringValue()
	if !strings.HasPrefix(manager, "pulumi-kubernetes-") {
		t.Errorf("the field manager is %s", manager)
	}
	read := f.read(deploymentURN, state, inputs)
	if !unwire(t, read.Inputs).DeepEquals(inputs) {
		t.Errorf("a refresh right after changes the inputs: %v", unwire(t, read.Inputs).Diff(inputs))
	}
	edit(t, inputs, "spec.template.spec.containers[0].image", `"hello:2"`)
	updated, err := f.Update(t.Context(), &pulumirpc.UpdateRequest{Urn: deploymentURN, Id: "default/hello", Olds: read.Properties, News: wire(t, inputs)})
	if err != nil {
		t.Fatal(err)
	}
	state = unwire(t, updated.Properties)
	if got := at(t, state, "spec.template.spec.containers[0].image").StringValue(); got != "hello:2" {
		t.Errorf("the image is %s after the update", got)
	}
	if state[fieldManagerKey].StringValue() != manager {
		t.Error("the field manager changed")
	}
	if same := f.diff(deploymentURN, state, inputs); same.Changes != pulumirpc.DiffResponse_DIFF_NONE {
		t.Errorf("after the update there are differences: %v", same.DetailedDiff)
	}
	for range 2 { // the second time it is gone already
		if _, err := f.Delete(t.Context(), &pulumirpc.DeleteRequest{Urn: deploymentURN, Id: "default/hello", Properties: updated.Properties}); err != nil {
			t.Fatal(err)
		}
	}
	if gone := f.read(deploymentURN, state, inputs); gone.Id != "" {
		t.Errorf("a refresh finds %s after the delete", gone.Id)
	}
	for _, request := range f.server.applies {
		query := request.URL.Query()
		if query.Get("fieldManager") != manager || query.Get("force") != "false" {
			t.Errorf("applied with %s, want the manager %s and no force", request.URL.RawQuery, manager)
		}
	}
}

func (f *fixture) read(urn string, state, inputs resource.PropertyMap) *pulumirpc.ReadResponse {
	f.t.Helper()
	response, err := f.Read(f.t.Context(), &pulumirpc.ReadRequest{
		Urn: urn, Id: "default/hello", Properties: wire(f.t, state), Inputs: wire(f.t, inputs),
	})
	if err != nil {
		f.t.Fatal(err)
	}
	return response
}

// What is in a namespace ends before it does.
func TestANamespaceIsWaitedForUntilItIsGone(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.server.admit = func(_, next *unstructured.Unstructured) {
		merge(next.Object, map[string]any{"metadata": map[string]any{"labels": map[string]any{"kubernetes.io/metadata.name": "hello"}}})
	}
	inputs := f.check(namespaceURN, "{}", `{"metadata": {"name": "hello", "labels": {"a": "b"}}}`)
	created, err := f.Create(t.Context(), &pulumirpc.CreateRequest{Urn: namespaceURN, Properties: wire(t, inputs)})
	if err != nil || created.Id != "hello" {
		t.Fatalf("created %s, %v", created.GetId(), err)
	}
	read := f.read(namespaceURN, unwire(t, created.Properties), inputs)
	if same := f.diff(namespaceURN, unwire(t, read.Properties), inputs); same.Changes != pulumirpc.DiffResponse_DIFF_NONE {
		t.Errorf("after a refresh there are differences: %v", same.DetailedDiff)
	}
	f.server.change(namespacePlace, func(n *unstructured.Unstructured) { n.SetFinalizers([]string{"kubernetes"}) })
	looks := 0
	f.server.refuse = func(r *http.Request) *metav1.Status {
		if r.Method == http.MethodGet {
			if looks++; looks == 3 {
				delete(f.server.objects, namespacePlace)
			}
		}
		return nil
	}
	_, err = f.Delete(t.Context(), &pulumirpc.DeleteRequest{Urn: namespaceURN, Id: "hello", Properties: read.Properties})
	if err != nil || looks != 3 {
		t.Errorf("deleted after %d looks, %v, want 3", looks, err)
	}
}

func TestRefreshSeesDrift(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.server.react = healthy
	inputs, state := f.create(deploymentURN, deploymentText)
	f.server.change(deploymentPlace, func(d *unstructured.Unstructured) {
		_ = unstructured.SetNestedField(d.Object, int64(5), "spec", "replicas")
		rollOut(d, 5)
	})
	read := f.read(deploymentURN, state, inputs)
	if got := at(t, unwire(t, read.Inputs), "spec.replicas").NumberValue(); got != 5 {
		t.Errorf("the refreshed inputs have %v replicas, want 5", got)
	}
	if got := f.diff(deploymentURN, unwire(t, read.Properties), inputs); got.DetailedDiff["spec.replicas"] == nil {
		t.Errorf("the next update changes %v, want spec.replicas", got.DetailedDiff)
	}
}

func TestPreviewAsksTheServer(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.server.admit = defaults
	inputs := f.check(serviceURN, "{}", serviceText)
	response, err := f.Create(t.Context(), &pulumirpc.CreateRequest{Urn: serviceURN, Properties: wire(t, inputs), Preview: true})
	if err != nil {
		t.Fatal(err)
	}
	state := unwire(t, response.Properties)
	if response.Id != "" || at(t, state, "spec.clusterIP").StringValue() != "10.96.0.7" || at(t, state, "status").HasValue() {
		t.Errorf("the preview gives ID %q and %v, want the server's answer without a status", response.Id, state)
	}
	if len(f.server.objects) > 0 {
		t.Error("the preview changed the cluster")
	}
}

func TestPreviewShowsInputsWhereTheServerCannotAnswer(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.server.refuse = func(r *http.Request) *metav1.Status {
		if r.Method != http.MethodPatch {
			return nil
		}
		return &metav1.Status{
			Reason: metav1.StatusReasonNotFound, Code: http.StatusNotFound,
			Details: &metav1.StatusDetails{Kind: "namespaces"},
		}
	}
	for name, test := range map[string]struct{ urn, news string }{
		"a value to be known": {deploymentURN, strings.ReplaceAll(deploymentText, "hello:1", "unknown")},
		"a namespace to come": {deploymentURN, deploymentText},
	} {
		inputs := f.check(test.urn, "{}", test.news)
		response, err := f.Create(t.Context(), &pulumirpc.CreateRequest{Urn: test.urn, Properties: wire(t, inputs), Preview: true})
		if err != nil || !unwire(t, response.Properties).DeepEquals(inputs) {
			t.Errorf("%s: the preview gives %v and the error %v, want the inputs", name, response, err)
		}
	}
}

func TestStateKeepsSecrets(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	_, state := f.create(secretURN, `{"metadata": {"name": "hello"}, "stringData": {"password": "hunter2"}}`)
	for _, path := range []string{"data", "__inputs.data"} {
		if !at(t, state, path).IsSecret() {
			t.Errorf("%s is no secret", path)
		}
	}
}

func TestPreviewOfAReplacementShowsInputs(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.server.refuse = func(r *http.Request) *metav1.Status {
		if r.Method != http.MethodPatch || r.URL.Query().Get("force") != "true" {
			return nil
		}
		return &metav1.Status{Reason: metav1.StatusReasonInvalid, Code: http.StatusUnprocessableEntity, Message: "spec.selector: field is immutable"}
	}
	inputs := f.check(deploymentURN, "{}", deploymentText)
	response, err := f.Create(t.Context(), &pulumirpc.CreateRequest{Urn: deploymentURN, Properties: wire(t, inputs), Preview: true})
	if err != nil || !unwire(t, response.Properties).DeepEquals(inputs) {
		t.Errorf("the preview gives %v and the error %v, want the inputs", response, err)
	}
}

func TestARefusedUpdateIsAnError(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.server.react = healthy
	inputs, state := f.create(deploymentURN, deploymentText)
	f.server.refuse = func(r *http.Request) *metav1.Status {
		if r.Method != http.MethodPatch {
			return nil
		}
		return &metav1.Status{Reason: metav1.StatusReasonInvalid, Code: http.StatusUnprocessableEntity, Message: "replicas: too many"}
	}
	edit(t, inputs, "spec.replicas", "1000")
	_, err := f.Update(t.Context(), &pulumirpc.UpdateRequest{Urn: deploymentURN, Id: "default/hello", Olds: wire(t, state), News: wire(t, inputs)})
	if err == nil || !strings.Contains(err.Error(), "too many") {
		t.Errorf("the error is %v", err)
	}
}
