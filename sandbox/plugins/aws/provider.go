// Package aws is the sandbox's region as a Pulumi plug-in: it answers to the name of the official AWS provider and keeps
// its property names, types and replacement rules, for the resources that the program uses. docs/sandbox.md lists where
// the two differ.
package aws

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	provider "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/property"

	"hello-kubernetes/sandbox/region"
)

// Version is the version of the official plug-in that this one stands in for.
const Version = "6.83.2"

// RegionName is the region that is built here. All others can be previewed only.
const RegionName = "sandbox-1"

// Cloud is what the plug-in builds with.
type Cloud struct {
	Store    *region.Store
	Network  func(context.Context, *region.State) error // makes the network as the state says
	Machines Machines
}

// Machines starts and ends the machines of instances.
type Machines interface {
	// Run starts the instance's machine, and makes it first where there is none.
	Run(ctx context.Context, id string, state *region.State) error
	// Stop ends the machine and keeps its disk.
	Stop(ctx context.Context, id string) error
	// Remove ends the machine for good. One that is not there is no error.
	Remove(ctx context.Context, id string) error
}

// server is one configured provider.
type server struct {
	cloud       Cloud
	region      string
	defaultTags region.Tags
}

// New returns the plug-in.
func New(cloud Cloud) provider.Provider {
	s := &server{cloud: cloud}
	return provider.Provider{
		CheckConfig: func(_ context.Context, r provider.CheckRequest) (provider.CheckResponse, error) {
			return provider.CheckResponse{Inputs: r.Inputs}, nil
		},
		DiffConfig: s.diffConfig,
		Configure:  s.configure,
		Invoke:     s.invoke,
		Check:      s.check,
		Diff:       s.diff,
		Create:     s.create,
		Read:       s.read,
		Update:     s.update,
		Delete:     s.delete,
	}
}

// diffConfig: another region holds none of the old one's resources.
func (s *server) diffConfig(_ context.Context, r provider.DiffRequest) (provider.DiffResponse, error) {
	diff := provider.DiffResponse{DetailedDiff: map[string]provider.PropertyDiff{}}
	for _, key := range r.OldInputs.Diff(r.Inputs).ChangedKeys() {
		kind := provider.Update
		if key == "region" {
			kind = provider.UpdateReplace
		}
		diff.HasChanges = true
		diff.DetailedDiff[key] = provider.PropertyDiff{Kind: kind, InputDiff: true}
	}
	return diff, nil
}

// configure reads the region and the default tags. All else that the official plug-in takes is about reaching AWS.
func (s *server) configure(_ context.Context, r provider.ConfigureRequest) error {
	if value := r.Args.Get("region"); value.IsString() {
		s.region = value.AsString()
	}
	var tags struct {
		Tags region.Tags `json:"tags"`
	}
	switch value := r.Args.Get("defaultTags"); {
	case value.IsString():
		if err := json.Unmarshal([]byte(value.AsString()), &tags); err != nil {
			return fmt.Errorf("defaultTags: %w", err)
		}
	case value.IsMap():
		if err := decode(value.AsMap(), &tags); err != nil {
			return fmt.Errorf("defaultTags: %w", err)
		}
	}
	s.defaultTags = tags.Tags
	return nil
}

// kindOf finds the type of a resource.
func kindOf(urn resource.URN) (kind, error) {
	found, ok := kinds[string(urn.Type())]
	if !ok {
		return nil, fmt.Errorf("%s is not part of the sandbox, which has %s", urn.Type(),
			strings.Join(slices.Sorted(maps.Keys(kinds)), ", "))
	}
	return found, nil
}

// here tells whether resources can be built, and not only previewed.
func (s *server) here() error {
	if s.region != RegionName {
		return fmt.Errorf("this is the sandbox's stand-in for AWS: it can preview %s but builds only the region %s; "+
			"install the official plug-in with pulumi plugin install resource aws %s", s.region, RegionName, Version)
	}
	return nil
}

// change alters the region and the network with it.
func (s *server) change(ctx context.Context, alter func(*region.State) error) error {
	return s.cloud.Store.Update(ctx, func(state *region.State) error {
		if err := alter(state); err != nil {
			return err
		}
		return s.cloud.Network(ctx, state)
	})
}

// decode puts a property map into a struct with json tags. Unknown and secret values inside count as their zero value
// and their plain one.
func decode(from property.Map, to any) error {
	plain := resource.ToResourcePropertyMap(from).MapRepl(nil, func(v resource.PropertyValue) (any, bool) {
		if v.IsComputed() || v.IsOutput() {
			return nil, true
		}
		if v.IsSecret() {
			return v.SecretValue().Element.MapRepl(nil, nil), true
		}
		return nil, false
	})
	text, err := json.Marshal(plain)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, to)
}

// encode is the reverse of decode.
func encode(from any) (property.Map, error) {
	text, err := json.Marshal(from)
	if err != nil {
		return property.Map{}, err
	}
	var plain map[string]any
	if err := json.Unmarshal(text, &plain); err != nil {
		return property.Map{}, err
	}
	return resource.FromResourcePropertyMap(resource.NewPropertyMapFromMap(plain)), nil
}
