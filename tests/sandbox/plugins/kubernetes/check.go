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
	olds, err := unmarshal("old inputs", req.GetOlds())
	if err != nil {
		return nil, err
	}
	news, err := unmarshal("inputs", req.GetNews())
	if err != nil {
		return nil, err
	}
	object := toObject(news)
	failures := identify(kind, object)
	if err := covered(kind, object); err != nil {
		return nil, err
	}
	normalize(object)
	if failure := rename(req, urn, object, toObject(olds)); failure != nil {
		failures = append(failures, failure)
	}
	if object.GetNamespace() == "" && p.options.namespace != "" && p.namespaced(kind) && !unknown(field(object, "namespace")) {
		object.SetNamespace(p.options.namespace)
	}
	checked := resource.NewPropertyMapFromMap(object.Object)
	markSecrets(checked, news)
	inputs, err := p.marshal("checked inputs", checked)
	if err != nil {
		return nil, err
	}
	return &pulumirpc.CheckResponse{Inputs: inputs, Failures: failures}, nil
}

// identify fills in apiVersion and kind, which the type decides. Others than those are failures.
func identify(kind schema.GroupVersionKind, object *unstructured.Unstructured) []*pulumirpc.CheckFailure {
	var failures []*pulumirpc.CheckFailure
	for _, part := range [][2]string{{"apiVersion", kind.GroupVersion().String()}, {"kind", kind.Kind}} {
		key, want := part[0], part[1]
		if given, ok := object.Object[key]; ok && given != want {
			failures = append(failures, &pulumirpc.CheckFailure{
				Property: key,
				Reason:   fmt.Sprintf("is %v, but the resource's type asks for %s", given, want),
			})
		}
		object.Object[key] = want
	}
	return failures
}

// rename gives an object without a name one: the old one if that was given here as well, else a new one.
func rename(req *pulumirpc.CheckRequest, urn resource.URN, object, old *unstructured.Unstructured) *pulumirpc.CheckFailure {
	name := field(object, "name")
	switch {
	case object.GetName() != "" || unknown(name):
		return nil
	case annotation(old, annotationAutonamed) == "true":
		object.SetName(old.GetName())
	case field(object, "generateName") != nil:
		return &pulumirpc.CheckFailure{Property: "metadata.generateName", Reason: "is not supported by server-side apply"}
	case len(old.Object) > 0:
		return nil
	default:
		name, err := newName(req, urn)
		if err != nil {
			return &pulumirpc.CheckFailure{Property: "metadata.name", Reason: err.Error()}
		}
		object.SetName(name)
	}
	annotations := object.GetAnnotations()
	if annotations == nil {
		annotations = map[string]string{}
	}
	annotations[annotationAutonamed] = "true"
	if !unknown(field(object, "annotations")) {
		object.SetAnnotations(annotations)
	}
	return nil
}

// newName is the resource's name with a random suffix, or what the engine proposes.
func newName(req *pulumirpc.CheckRequest, urn resource.URN) (string, error) {
	if autonaming := req.GetAutonaming(); autonaming != nil {
		if autonaming.GetMode() == pulumirpc.CheckRequest_AutonamingOptions_DISABLE {
			return "", fmt.Errorf("is required: automatic naming is disabled")
		}
		return autonaming.GetProposedName(), nil
	}
	return resource.NewUniqueName(req.GetRandomSeed(), urn.Name()+"-", 0, 0, nil)
}

// field returns a field of the object's metadata, which may be unknown as a whole, and nil if there is none.
func field(object *unstructured.Unstructured, key string) any {
	metadata, ok := object.Object["metadata"].(map[string]any)
	if !ok {
		return object.Object["metadata"]
	}
	return metadata[key]
}
