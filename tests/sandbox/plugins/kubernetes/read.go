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
		return p.readUnreachable(ctx, urn, req)
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
		return gone(), nil
	}
	if err != nil {
		return nil, fmt.Errorf("read %s %s: %w", object.GetKind(), req.GetId(), err)
	}
	return p.readResponse(req.GetId(), state, inputs, object, live, imported, failure)
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
func (p *provider) readLive(ctx context.Context, object *unstructured.Unstructured, imported bool) (*unstructured.Unstructured, *notReady, error) {
	client, err := p.cluster.client(object)
	if err != nil {
		return nil, nil, err
	}
	live, err := client.Get(ctx, object.GetName(), metav1.GetOptions{})
	if err != nil || imported || annotation(object, annotationSkipAwait) == "true" {
		return live, nil, err
	}
	var seen *sight
	switch live.GetKind() + "." + live.GetAPIVersion() {
	case "Deployment.apps/v1":
		seen, err = (&deploymentWatch{cluster: p.cluster, namespace: live.GetNamespace(), name: live.GetName(), now: true}).look(ctx)
	case "Service.v1":
		seen, err = (&serviceWatch{cluster: p.cluster, namespace: live.GetNamespace(), name: live.GetName(), now: true}).look(ctx)
	default:
		return live, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	if seen.ready {
		return seen.object, nil, nil
	}
	return seen.object, &notReady{
		summary: fmt.Sprintf("%s %s exists but is not ready", live.GetKind(), objectName(live)),
		reasons: seen.problems,
	}, nil
}

// readResponse returns the live object as state, and of it as inputs what the inputs set; all of it for an import.
func (p *provider) readResponse(id string, old, oldInputs resource.PropertyMap, object, live *unstructured.Unstructured, imported bool, failure *notReady) (*pulumirpc.ReadResponse, error) {
	inputs := pruned(live, object)
	if imported {
		inputs = importable(live)
	}
	manager, err := managerOf(old, object)
	if err != nil {
		return nil, err
	}
	state, err := p.marshal("state", checkpoint(inputs, live, oldInputs, versionOf(old, object), manager))
	if err != nil {
		return nil, err
	}
	properties := resource.NewPropertyMapFromMap(inputs.Object)
	markSecrets(properties, oldInputs)
	written, err := p.marshal("inputs", properties)
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

// readUnreachable answers for a cluster that does not: with the last state or none, if the program allows it.
func (p *provider) readUnreachable(ctx context.Context, urn resource.URN, req *pulumirpc.ReadRequest) (*pulumirpc.ReadResponse, error) {
	p.log(ctx, diag.Warning, urn, p.unreachable().Error())
	switch {
	case p.options.deleteUnreachable:
		p.log(ctx, diag.Info, urn, "deleteUnreachable is set: the resource is dropped from the state")
		return gone(), nil
	case p.options.skipUpdateUnreachable:
		p.log(ctx, diag.Info, urn, "skipUpdateUnreachable is set: the state is left as it was")
		return &pulumirpc.ReadResponse{Id: req.GetId(), Properties: req.GetProperties(), Inputs: req.GetInputs()}, nil
	}
	return nil, errUnreachable
}
