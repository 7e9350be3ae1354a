package kubernetes

import (
	"context"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Check returns the inputs as they are applied: with apiVersion, kind, name and namespace, in the server's form.
func (p *provider) Check(_ context.Context, req *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	urn := resource.URN(req.GetUrn())
	kind, err := kindOf(urn)
	if err != nil {
		return nil, err
	}
	olds, news, err := unmarshal(req.GetOlds(), req.GetNews())
	if err != nil {
		return nil, err
	}
	object := toObject(news)
	if err := coveredAnnotations(object); err != nil {
		return nil, err
	}
	failures := identify(kind, object)
	if failure := rename(req, urn, object, toObject(olds)); failure != nil {
		failures = append(failures, failure)
	}
	if kinds[kind.GroupKind()].clusterScoped {
		object.SetNamespace("")
	} else if !given(object, "namespace") {
		object.SetNamespace("default")
	}
	if !news.ContainsUnknowns() {
		normalize(object)
	}
	checked := resource.NewPropertyMapFromMap(object.Object)
	markSecrets(checked, news)
	inputs, err := marshal(checked)
	if err != nil {
		return nil, err
	}
	return &pulumirpc.CheckResponse{Inputs: inputs, Failures: failures}, nil
}

// identify fills in apiVersion and kind, which the type decides. Others than those are failures.
func identify(kind schema.GroupVersionKind, object *unstructured.Unstructured) []*pulumirpc.CheckFailure {
	var failures []*pulumirpc.CheckFailure
	for key, want := range map[string]string{"apiVersion": kind.GroupVersion().String(), "kind": kind.Kind} {
		if said, ok := object.Object[key]; ok && said != want {
			failures = append(failures, &pulumirpc.CheckFailure{
				Property: key,
				Reason:   fmt.Sprintf("is %v, but the resource's type asks for %s", said, want),
			})
		}
		object.Object[key] = want
	}
	return failures
}

// given tells whether the object's metadata has a key, be its value known or not.
func given(object *unstructured.Unstructured, key string) bool {
	_, found, err := unstructured.NestedFieldNoCopy(object.Object, "metadata", key)
	return found || err != nil // metadata that is not known yet is no map
}

// rename gives an object without a name one: the old one if that was given here as well, else the resource's name with a
// random suffix, or what the engine proposes.
func rename(req *pulumirpc.CheckRequest, urn resource.URN, object, old *unstructured.Unstructured) *pulumirpc.CheckFailure {
	autonaming := req.GetAutonaming()
	switch {
	case given(object, "name"):
		return nil
	case given(object, "generateName"):
		return &pulumirpc.CheckFailure{Property: "metadata.generateName", Reason: "is not supported by server-side apply"}
	case annotation(old, annotationAutonamed) == "true":
		object.SetName(old.GetName())
	case autonaming.GetMode() == pulumirpc.CheckRequest_AutonamingOptions_DISABLE:
		return &pulumirpc.CheckFailure{Property: "metadata.name", Reason: "is required: automatic naming is disabled"}
	case autonaming != nil:
		object.SetName(autonaming.GetProposedName())
	default:
		name, err := resource.NewUniqueName(req.GetRandomSeed(), urn.Name()+"-", 0, 0, nil)
		if err != nil {
			return &pulumirpc.CheckFailure{Property: "metadata.name", Reason: err.Error()}
		}
		object.SetName(name)
	}
	// Annotations that are not known yet cannot take the mark, and a preview does without.
	_ = unstructured.SetNestedField(object.Object, "true", "metadata", "annotations", annotationAutonamed)
	return nil
}
