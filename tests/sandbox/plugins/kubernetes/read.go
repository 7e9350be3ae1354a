package kubernetes

import (
	"context"
	"errors"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// errUnreachable names the remedy for a cluster that is gone for good.
var errUnreachable = errors.New("the Kubernetes cluster is unreachable. If it was deleted, run again with the environment variable " +
	"PULUMI_K8S_DELETE_UNREACHABLE=true, and the resource is dropped from the state")

// Read returns the live object, for a refresh, an import or a look-up. One that is gone has no ID.
func (p *provider) Read(ctx context.Context, req *pulumirpc.ReadRequest) (*pulumirpc.ReadResponse, error) {
	ctx, end := p.operation(ctx)
	defer end()
	urn := resource.URN(req.GetUrn())
	if p.cluster == nil {
		return p.readUnreachable(ctx, urn)
	}
	state, err := unmarshal("old state", req.GetProperties())
	if err != nil {
		return nil, err
	}
	inputs, err := unmarshal("old inputs", req.GetInputs())
	if err != nil {
		return nil, err
	}
	object := toObject(inputs)
	normalize(object)
	imported, err := name(object, state, urn, req.GetId())
	if err != nil {
		return nil, err
	}
	live, failure, err := p.readLive(ctx, object, imported)
	if apierrors.IsNotFound(err) || meta.IsNoMatchError(err) {
		return &pulumirpc.ReadResponse{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read %s %s: %w", object.GetKind(), req.GetId(), err)
	}
	known := &application{object: pruned(live, object), inputs: inputs, version: versionOf(state, object)}
	if imported {
		known.object = importable(live)
	}
	if known.manager, err = managerOf(state, object); err != nil {
		return nil, err
	}
	return p.readResponse(req.GetId(), known, live, failure)
}

// name completes what is known of the object to be read with its kind, name and namespace. It tells whether nothing was
// known, as for an import.
func name(object *unstructured.Unstructured, state resource.PropertyMap, urn resource.URN, id string) (imported bool, err error) {
	namespace, name := parseID(id)
	if name == "" {
		return false, fmt.Errorf("%q is no ID of the form namespace/name", id)
	}
	if !object.GroupVersionKind().Empty() {
		if object.GetName() == "" {
			object.SetName(name)
		}
		return false, nil
	}
	_, last := parseCheckpoint(state)
	kind := last.GroupVersionKind()
	if kind.Empty() {
		imported = true
		if kind, err = kindOf(urn); err != nil {
			return false, err
		}
	}
	object.SetGroupVersionKind(kind)
	object.SetName(name)
	if namespace != "" {
		object.SetNamespace(namespace)
	}
	return imported, nil
}

// readLive reads the object, and finds out whether it is ready unless it is imported.
func (p *provider) readLive(
	ctx context.Context, object *unstructured.Unstructured, imported bool,
) (*unstructured.Unstructured, *notReady, error) {
	client, err := p.cluster.client(object)
	if err != nil {
		return nil, nil, err
	}
	live, err := client.Get(ctx, object.GetName(), metav1.GetOptions{})
	if err != nil || imported || annotation(object, annotationSkipAwait) == "true" {
		return live, nil, err
	}
	look := p.watcher(live, true)
	if look == nil {
		return live, nil, nil
	}
	seen, err := look(ctx)
	if err != nil || seen.ready {
		return live, nil, err
	}
	return live, &notReady{
		summary: fmt.Sprintf("%s %s exists but is not ready", live.GetKind(), objectName(live)),
		reasons: seen.reasons(ctx),
	}, nil
}

// readResponse returns the live object as state, and what of it a program sets as inputs.
func (p *provider) readResponse(id string, known *application, live *unstructured.Unstructured, failure *notReady) (*pulumirpc.ReadResponse, error) {
	state, err := p.marshal("state", known.checkpoint(live))
	if err != nil {
		return nil, err
	}
	inputs := resource.NewPropertyMapFromMap(known.object.Object)
	markSecrets(inputs, known.inputs)
	written, err := p.marshal("inputs", inputs)
	if err != nil {
		return nil, err
	}
	if failure != nil {
		return nil, partial(id, failure, state, written)
	}
	return &pulumirpc.ReadResponse{Id: id, Properties: state, Inputs: written}, nil
}

// importable is what a program would have to say to make the live object.
func importable(live *unstructured.Unstructured) *unstructured.Unstructured {
	inputs := live.DeepCopy()
	delete(inputs.Object, "status")
	for _, field := range []string{"creationTimestamp", "generation", "managedFields", "resourceVersion", "uid"} {
		unstructured.RemoveNestedField(inputs.Object, "metadata", field)
	}
	for _, key := range []string{revisionAnnotation, "kubectl.kubernetes.io/last-applied-configuration"} {
		unstructured.RemoveNestedField(inputs.Object, "metadata", "annotations", key)
	}
	return inputs
}

// readUnreachable answers for a cluster that does not.
func (p *provider) readUnreachable(ctx context.Context, urn resource.URN) (*pulumirpc.ReadResponse, error) {
	p.log(ctx, diag.Warning, urn, p.unreachable().Error())
	if !p.options.deleteUnreachable {
		return nil, errUnreachable
	}
	p.log(ctx, diag.Info, urn, "deleteUnreachable is set: the resource is dropped from the state")
	return &pulumirpc.ReadResponse{}, nil
}
