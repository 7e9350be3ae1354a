package kubernetes

import (
	"context"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/structpb"
)

// Create applies a new object and waits until it is ready. An object that was made but does not become ready is kept in
// the state, with the reasons.
func (p *provider) Create(ctx context.Context, req *pulumirpc.CreateRequest) (*pulumirpc.CreateResponse, error) {
	_, news, err := unmarshal(nil, req.GetProperties())
	if err != nil {
		return nil, err
	}
	c := &change{urn: resource.URN(req.GetUrn()), inputs: news, preview: req.GetPreview(), timeout: req.GetTimeout(), isNew: true}
	id, state, err := p.change(ctx, c)
	if err != nil {
		return nil, err
	}
	return &pulumirpc.CreateResponse{Id: id, Properties: state}, nil
}

// Update applies the new inputs to an object that exists and waits until it is ready again. One that does not become ready
// is marked as failed, so that the next update tries again.
func (p *provider) Update(ctx context.Context, req *pulumirpc.UpdateRequest) (*pulumirpc.UpdateResponse, error) {
	olds, news, err := unmarshal(req.GetOlds(), req.GetNews())
	if err != nil {
		return nil, err
	}
	c := &change{urn: resource.URN(req.GetUrn()), state: olds, inputs: news, preview: req.GetPreview(), timeout: req.GetTimeout()}
	_, state, err := p.change(ctx, c)
	if err != nil {
		return nil, err
	}
	return &pulumirpc.UpdateResponse{Properties: state}, nil
}

// change is what Create and Update have in common.
type change struct {
	urn           resource.URN
	state, inputs resource.PropertyMap
	preview       bool
	timeout       float64 // seconds, 0 for the default
	isNew         bool
}

// change applies the inputs and waits, and returns the object's ID and state. A preview asks the server what would come of
// it, and shows the inputs where it cannot tell.
func (p *provider) change(ctx context.Context, c *change) (id string, state *structpb.Struct, err error) {
	ctx, end := p.operation(ctx)
	defer end()
	if c.preview && (p.cluster == nil || c.inputs.ContainsUnknowns()) {
		state, err = marshal(c.inputs)
		return "", state, err
	}
	if p.cluster == nil {
		return "", nil, p.unreachable()
	}
	object := toObject(c.inputs)
	manager, err := managerOf(c.state)
	if err != nil {
		return "", nil, err
	}
	if !c.isNew && !c.preview {
		if err := p.cluster.takeOver(ctx, object, manager); err != nil {
			return "", nil, fmt.Errorf("update %s %s: %w", object.GetKind(), objectName(object), err)
		}
	}
	// A replacement is previewed over the object that still stands.
	live, err := p.cluster.apply(ctx, object, manager, c.isNew && c.preview, c.preview)
	if c.preview && dryRunSaysNothing(err) {
		state, err = marshal(c.inputs)
		return "", state, err
	}
	if err != nil {
		return "", nil, fmt.Errorf("apply %s %s: %w", object.GetKind(), objectName(object), err)
	}
	if c.preview {
		state, err = checkpoint(live, c.inputs, manager)
		return "", state, err
	}
	live, failure := p.await(ctx, c.urn, live, c.timeout)
	if state, err = checkpoint(live, c.inputs, manager); err == nil && failure != nil {
		err = partial(objectName(live), state, nil, failure)
	}
	return objectName(live), state, err
}
