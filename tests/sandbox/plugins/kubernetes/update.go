package kubernetes

import (
	"context"
	"errors"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Update applies the new inputs to an object that exists and waits until it is ready again. Where the server refuses
// them, or the object does not become ready, the state keeps what stands and is marked as failed, so that the next update
// tries again.
func (p *provider) Update(ctx context.Context, req *pulumirpc.UpdateRequest) (*pulumirpc.UpdateResponse, error) {
	ctx, end := p.operation(ctx)
	defer end()
	state, err := unmarshal("old state", req.GetOlds())
	if err != nil {
		return nil, err
	}
	news, err := unmarshal("inputs", req.GetNews())
	if err != nil {
		return nil, err
	}
	object := toObject(news)
	normalize(object)
	if req.GetPreview() && !p.canPreview(object) {
		return &pulumirpc.UpdateResponse{Properties: req.GetNews()}, nil
	}
	if p.cluster == nil {
		return nil, p.unreachable()
	}
	if len(req.GetIgnoreChanges()) > 0 {
		return nil, uncovered("ignoreChanges in an update")
	}
	old, was := parseCheckpoint(state)
	wanted := &application{object: object, inputs: news, version: versionOf(state, old)}
	if wanted.manager, err = sameManager(state, object); err != nil {
		return nil, err
	}
	live, failure, err := p.replaceFields(ctx, req, wanted, was)
	if req.GetPreview() && apierrors.IsForbidden(err) {
		return &pulumirpc.UpdateResponse{Properties: req.GetNews()}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("update %s %s: %w", object.GetKind(), objectName(object), err)
	}
	outputs, err := p.result(wanted, live, failure)
	return &pulumirpc.UpdateResponse{Properties: outputs}, err
}

// sameManager is managerOf for an object that has one. To change it would leave the old one's fields behind.
func sameManager(state resource.PropertyMap, object *unstructured.Unstructured) (string, error) {
	manager, err := managerOf(state, object)
	if was := state[fieldManagerKey]; err == nil && was.IsString() && was.StringValue() != manager {
		return "", uncovered("a change of the field manager")
	}
	return manager, err
}

// replaceFields applies what is wanted and waits, if it is no preview. Of an object that the server did not want to change
// it returns what stands.
func (p *provider) replaceFields(
	ctx context.Context, req *pulumirpc.UpdateRequest, wanted *application, was *unstructured.Unstructured,
) (*unstructured.Unstructured, *notReady, error) {
	live, refusal := p.applyOver(ctx, was.GetName(), wanted.object, wanted.manager, req.GetPreview())
	switch {
	case refusal == nil && req.GetPreview():
		return live, nil, nil
	case refusal == nil:
		live, failure := p.await(ctx, resource.URN(req.GetUrn()), wanted.object, live, req.GetTimeout())
		return live, failure, nil
	case req.GetPreview() && apierrors.IsForbidden(refusal):
		return nil, nil, refusal
	}
	client, err := p.cluster.client(was)
	if err != nil {
		return nil, nil, errors.Join(refusal, err)
	}
	if live, err = client.Get(ctx, was.GetName(), metav1.GetOptions{}); err != nil {
		return nil, nil, errors.Join(refusal, err)
	}
	return live, &notReady{summary: fmt.Sprintf("update of %s: %v", objectName(live), refusal)}, nil
}
