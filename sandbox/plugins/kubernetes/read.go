package kubernetes

import (
	"context"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// Read returns the live object, for a refresh, and as inputs what of it a program sets. One that is gone has no ID.
func (p *provider) Read(ctx context.Context, req *pulumirpc.ReadRequest) (*pulumirpc.ReadResponse, error) {
	ctx, end := p.operation(ctx)
	defer end()
	if p.cluster == nil && p.deleteUnreachable {
		return &pulumirpc.ReadResponse{}, nil
	}
	if p.cluster == nil {
		return nil, p.unreachable()
	}
	state, known, err := unmarshal(req.GetProperties(), req.GetInputs())
	if err != nil {
		return nil, err
	}
	if len(known) == 0 {
		return nil, uncovered("to import or look up an object")
	}
	object := toObject(known)
	seen, err := p.look(ctx, object)
	if apierrors.IsNotFound(err) {
		return &pulumirpc.ReadResponse{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read %s %s: %w", object.GetKind(), req.GetId(), err)
	}
	inputs := resource.NewPropertyMapFromMap(prune(seen.live.Object, object.Object).(map[string]any))
	markSecrets(inputs, known)
	manager, err := managerOf(state)
	if err != nil {
		return nil, err
	}
	response := &pulumirpc.ReadResponse{Id: req.GetId()}
	if response.Properties, err = checkpoint(seen.live, inputs, manager); err != nil {
		return nil, err
	}
	if response.Inputs, err = marshal(inputs); err != nil {
		return nil, err
	}
	if !seen.ready {
		summary := fmt.Sprintf("%s %s exists but is not ready", object.GetKind(), req.GetId())
		return nil, partial(req.GetId(), response.Properties, response.Inputs, append([]string{summary}, seen.reasons...))
	}
	return response, nil
}
