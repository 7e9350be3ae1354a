package aws

import (
	"context"
	"fmt"

	provider "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/property"

	"hello-kubernetes/sandbox/region"
)

// instanceType is the token of the one kind of resource that runs, and is not only a part of the network.
const instanceType = "aws:ec2/instance:Instance"

func isInstance(urn resource.URN) bool { return string(urn.Type()) == instanceType }

func (s *server) create(ctx context.Context, r provider.CreateRequest) (provider.CreateResponse, error) {
	k, err := s.kindOf(r.Urn, r.DryRun)
	if err != nil {
		return provider.CreateResponse{}, err
	}
	if r.DryRun {
		return provider.CreateResponse{Properties: s.preview(k, property.Map{}, r.Properties)}, nil
	}
	c := s.call(r.Urn, r.Properties)
	var id string
	var state *region.State
	err = s.change(ctx, func(current *region.State) error {
		state = current
		id, err = k.create(current, c, r.Properties)
		return err
	})
	if err != nil {
		return provider.CreateResponse{}, err
	}
	if isInstance(r.Urn) {
		if err := s.cloud.Run(ctx, id, state); err != nil {
			return provider.CreateResponse{}, s.giveUp(ctx, id, err)
		}
	}
	properties, _, err := s.outputs(k, state, c, id, r.Properties)
	return provider.CreateResponse{ID: id, Properties: properties}, err
}

// giveUp removes an instance that did not start.
func (s *server) giveUp(ctx context.Context, id string, reason error) error {
	ctx = context.WithoutCancel(ctx)
	err := s.cloud.Remove(ctx, id)
	if err == nil {
		err = s.change(ctx, func(state *region.State) error { return Terminate(state, id) })
	}
	if err != nil {
		return fmt.Errorf("%w; and %s is left over: %w", reason, id, err)
	}
	return reason
}

func (s *server) read(_ context.Context, r provider.ReadRequest) (provider.ReadResponse, error) {
	k, err := s.kindOf(r.Urn, false)
	if err != nil {
		return provider.ReadResponse{}, err
	}
	state, err := s.cloud.Store.Read()
	if err != nil {
		return provider.ReadResponse{}, err
	}
	live, found, err := s.outputs(k, state, s.call(r.Urn, r.Inputs), r.ID, r.Inputs)
	if err != nil || !found {
		return provider.ReadResponse{}, err
	}
	// An input that the program does not give is none of its concern, whatever the region has.
	inputs := r.Inputs
	for key, old := range r.Inputs.All {
		if value, ok := live.GetOk(key); ok && !value.WithSecret(false).Equals(old.WithSecret(false)) {
			inputs = inputs.Set(key, value)
		}
	}
	return provider.ReadResponse{ID: r.ID, Properties: live, Inputs: inputs}, nil
}

func (s *server) update(ctx context.Context, r provider.UpdateRequest) (provider.UpdateResponse, error) {
	k, err := s.kindOf(r.Urn, r.DryRun)
	if err != nil {
		return provider.UpdateResponse{}, err
	}
	if r.DryRun {
		return provider.UpdateResponse{Properties: s.preview(k, r.State, r.Inputs)}, nil
	}
	c := s.call(r.Urn, r.Inputs)
	restart := isInstance(r.Urn) && needsRestart(r.OldInputs, r.Inputs)
	if restart {
		if err := s.cloud.Stop(ctx, r.ID); err != nil {
			return provider.UpdateResponse{}, err
		}
	}
	var state *region.State
	err = s.change(ctx, func(current *region.State) error {
		state = current
		return k.update(current, c, r.ID, r.Inputs)
	})
	if err == nil && restart {
		err = s.cloud.Run(ctx, r.ID, state)
	}
	if err != nil {
		return provider.UpdateResponse{}, err
	}
	properties, _, err := s.outputs(k, state, c, r.ID, r.Inputs)
	return provider.UpdateResponse{Properties: properties}, err
}

func (s *server) delete(ctx context.Context, r provider.DeleteRequest) error {
	k, err := s.kindOf(r.Urn, false)
	if err != nil {
		return err
	}
	if isInstance(r.Urn) {
		if err := s.cloud.Remove(ctx, r.ID); err != nil {
			return err
		}
	}
	return s.change(ctx, func(state *region.State) error { return k.remove(state, r.ID) })
}

// outputs returns a resource's properties, of which those stay secret that came in as secrets; false if it is gone.
func (s *server) outputs(
	k kind, state *region.State, c call, id string, inputs property.Map,
) (property.Map, bool, error) {
	live, found, err := k.read(state, c, id)
	if err != nil || !found {
		return property.Map{}, false, err
	}
	if all, ok := live.GetOk("tagsAll"); ok && all.IsMap() {
		own, _ := inputs.GetOk("tags")
		live = live.Set("tags", s.withoutDefaults(all, own))
	}
	for key, value := range inputs.All {
		if current, ok := live.GetOk(key); ok && value.HasSecrets() {
			live = live.Set(key, current.WithSecret(true))
		}
	}
	return live, true, nil
}

func (s *server) call(urn resource.URN, inputs property.Map) call {
	return call{name: urn.Name(), region: s.region, tags: s.allTags(inputs)}
}
