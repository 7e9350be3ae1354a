package aws

import (
	"context"
	"fmt"
	"maps"
	"slices"

	provider "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/property"

	"hello-kubernetes/sandbox/region"
)

// instanceType is the one kind of resource that is a machine too.
const instanceType = "aws:ec2/instance:Instance"

func (s *server) check(_ context.Context, r provider.CheckRequest) (provider.CheckResponse, error) {
	k, err := kindOf(r.Urn)
	if err != nil {
		return provider.CheckResponse{}, err
	}
	response := provider.CheckResponse{Inputs: r.Inputs}
	fail := func(key, reason string) {
		response.Failures = append(response.Failures, provider.CheckFailure{Property: key, Reason: reason})
	}
	known := map[string]bool{}
	for _, f := range k.fields() {
		known[f.name] = !f.output
		if _, given := r.Inputs.GetOk(f.name); f.required && !given {
			fail(f.name, "is required")
		}
	}
	for key := range r.Inputs.AllStable {
		if !known[key] {
			fail(key, "is not part of the sandbox")
		}
	}
	return response, nil
}

// diff compares inputs, as the program gave them. A change of the provider's default tags is one of tagsAll.
func (s *server) diff(_ context.Context, r provider.DiffRequest) (provider.DiffResponse, error) {
	k, err := kindOf(r.Urn)
	if err != nil {
		return provider.DiffResponse{}, err
	}
	replaces := map[string]bool{}
	for _, f := range k.fields() {
		replaces[f.name] = f.replace
	}
	news := r.Inputs
	for _, key := range r.IgnoreChanges {
		news = news.Delete(key)
		if old, ok := r.OldInputs.GetOk(key); ok {
			news = news.Set(key, old)
		}
	}
	response := provider.DiffResponse{DetailedDiff: map[string]provider.PropertyDiff{}}
	changed := r.OldInputs.Diff(news)
	if changed == nil {
		changed = &property.ObjectDiff{}
	}
	for _, key := range changed.ChangedKeys() {
		kind := provider.Update
		if replaces[key] || key == "userData" && isTrue(news.Get("userDataReplaceOnChange")) {
			kind = provider.UpdateReplace
		}
		response.DetailedDiff[key] = provider.PropertyDiff{Kind: kind, InputDiff: true}
	}
	if all, ok := r.State.GetOk("tagsAll"); ok && !all.Equals(tagsValue(s.allTags(news))) {
		response.DetailedDiff["tagsAll"] = provider.PropertyDiff{Kind: provider.Update}
	}
	response.HasChanges = len(response.DetailedDiff) > 0
	return response, nil
}

func (s *server) create(ctx context.Context, r provider.CreateRequest) (provider.CreateResponse, error) {
	k, err := kindOf(r.Urn)
	if err != nil {
		return provider.CreateResponse{}, err
	}
	if r.DryRun {
		return provider.CreateResponse{Properties: s.preview(k, property.Map{}, r.Properties)}, nil
	}
	if err := s.here(); err != nil {
		return provider.CreateResponse{}, err
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
	if string(r.Urn.Type()) == instanceType {
		if err := s.cloud.Machines.Run(ctx, id, state); err != nil {
			return provider.CreateResponse{}, s.giveUp(ctx, id, err)
		}
	}
	properties, _, err := s.outputs(k, state, c, id, r.Properties)
	return provider.CreateResponse{ID: id, Properties: properties}, err
}

// giveUp takes back an instance whose machine did not start.
func (s *server) giveUp(ctx context.Context, id string, reason error) error {
	ctx = context.WithoutCancel(ctx)
	if err := s.cloud.Machines.Remove(ctx, id); err != nil {
		return fmt.Errorf("%w; and %s is left over: %w", reason, id, err)
	}
	if err := s.change(ctx, func(state *region.State) error { return kinds[instanceType].remove(state, id) }); err != nil {
		return fmt.Errorf("%w; and %s is left over: %w", reason, id, err)
	}
	return reason
}

func (s *server) read(_ context.Context, r provider.ReadRequest) (provider.ReadResponse, error) {
	k, err := kindOf(r.Urn)
	if err != nil {
		return provider.ReadResponse{}, err
	}
	if err := s.here(); err != nil {
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
	// What the program gave is compared with what is there; the rest is not its concern.
	inputs := r.Inputs
	for key, old := range r.Inputs.All {
		if value, ok := live.GetOk(key); ok && !value.WithSecret(false).Equals(old.WithSecret(false)) {
			inputs = inputs.Set(key, value)
		}
	}
	return provider.ReadResponse{ID: r.ID, Properties: live, Inputs: inputs}, nil
}

func (s *server) update(ctx context.Context, r provider.UpdateRequest) (provider.UpdateResponse, error) {
	k, err := kindOf(r.Urn)
	if err != nil {
		return provider.UpdateResponse{}, err
	}
	if r.DryRun {
		return provider.UpdateResponse{Properties: s.preview(k, r.State, r.Inputs)}, nil
	}
	if err := s.here(); err != nil {
		return provider.UpdateResponse{}, err
	}
	c := s.call(r.Urn, r.Inputs)
	var state *region.State
	restart := string(r.Urn.Type()) == instanceType && needsRestart(r.OldInputs, r.Inputs)
	if restart {
		if err := s.cloud.Machines.Stop(ctx, r.ID); err != nil {
			return provider.UpdateResponse{}, err
		}
	}
	err = s.change(ctx, func(current *region.State) error {
		state = current
		return k.update(current, c, r.ID, r.Inputs)
	})
	if err == nil && restart {
		err = s.cloud.Machines.Run(ctx, r.ID, state)
	}
	if err != nil {
		return provider.UpdateResponse{}, err
	}
	properties, _, err := s.outputs(k, state, c, r.ID, r.Inputs)
	return provider.UpdateResponse{Properties: properties}, err
}

func (s *server) delete(ctx context.Context, r provider.DeleteRequest) error {
	k, err := kindOf(r.Urn)
	if err != nil {
		return err
	}
	if err := s.here(); err != nil {
		return err
	}
	if string(r.Urn.Type()) == instanceType {
		if err := s.cloud.Machines.Remove(ctx, r.ID); err != nil {
			return err
		}
	}
	return s.change(ctx, func(state *region.State) error {
		if _, found, err := k.read(state, call{}, r.ID); err != nil || !found {
			return err
		}
		return k.remove(state, r.ID)
	})
}

// preview returns what is known before a create or an update: the inputs, and what an update leaves as it is.
func (s *server) preview(k kind, old, inputs property.Map) property.Map {
	result := map[string]property.Value{}
	for _, f := range k.fields() {
		value, given := inputs.GetOk(f.name)
		before, had := old.GetOk(f.name)
		switch {
		case given:
			result[f.name] = value
		case had && (f.output || f.computed):
			result[f.name] = before
		case old.Len() == 0 && (f.output || f.computed):
			result[f.name] = property.New(property.Computed)
		}
	}
	if _, taggable := result["tagsAll"]; taggable {
		result["tagsAll"] = tagsValue(s.allTags(inputs))
	}
	return property.NewMap(result)
}

// outputs returns a resource's properties; what came in as a secret stays one, and false when it is gone.
func (s *server) outputs(k kind, state *region.State, c call, id string, inputs property.Map) (property.Map, bool, error) {
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

// allTags returns the default tags and over them a resource's own. What is not known yet is left out.
func (s *server) allTags(inputs property.Map) region.Tags {
	var own tagged
	_ = decode(inputs, &own) // a value of another type is reported where the resource is decoded
	all := maps.Clone(s.defaultTags)
	if all == nil {
		all = region.Tags{}
	}
	maps.Copy(all, own.Tags)
	return all
}

// withoutDefaults returns a resource's own tags: those that are there and were not put there by default.
func (s *server) withoutDefaults(all, own property.Value) property.Value {
	tags := all.AsMap()
	for _, name := range slices.Sorted(maps.Keys(s.defaultTags)) {
		given := own.IsMap() && own.AsMap().Get(name).IsString()
		if value := tags.Get(name); !given && value.IsString() && value.AsString() == s.defaultTags[name] {
			tags = tags.Delete(name)
		}
	}
	return property.New(tags)
}

func tagsValue(tags region.Tags) property.Value {
	values := map[string]property.Value{}
	for name, value := range tags {
		values[name] = property.New(value)
	}
	return property.New(property.NewMap(values))
}

func isTrue(value property.Value) bool { return value.IsBool() && value.AsBool() }
