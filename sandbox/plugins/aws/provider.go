// Package aws is the sandbox's region as a Pulumi plugin. It has the name of the official AWS plugin and keeps its
// property names, types and replacement rules, for the resources that the program uses. docs/sandbox.md lists how the
// two differ.
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

// Version is the version of the official plugin that this one emulates.
const Version = "6.83.2"

// RegionName is the name of the sandbox's region. Stacks in all others can be previewed only.
const RegionName = "sandbox-1"

// Cloud is what the plugin builds a region with.
type Cloud struct {
	Store *region.Store
	// Network makes the network be as the record says.
	Network func(ctx context.Context, state *region.State) error
	// Run starts an instance of the record, and creates it first if it does not exist.
	Run func(ctx context.Context, id string, state *region.State) error
	// Stop shuts an instance down; its disk stays.
	Stop func(ctx context.Context, id string) error
	// Remove ends an instance and deletes its disk. It is no error if it does not exist.
	Remove func(ctx context.Context, id string) error
}

// server is one configured provider.
type server struct {
	cloud       Cloud
	region      string
	defaultTags region.Tags
}

// New returns the plugin.
func New(cloud Cloud) provider.Provider {
	s := &server{cloud: cloud}
	return provider.Provider{
		CheckConfig: func(_ context.Context, r provider.CheckRequest) (provider.CheckResponse, error) {
			return provider.CheckResponse{Inputs: r.Inputs}, nil
		},
		DiffConfig: func(_ context.Context, r provider.DiffRequest) (provider.DiffResponse, error) {
			// Another region has none of the resources.
			return changes(r.OldInputs, r.Inputs, func(key string) bool { return key == "region" }), nil
		},
		Configure: s.configure,
		Invoke:    s.invoke,
		Check:     s.check,
		Diff:      s.diff,
		Create:    s.create,
		Read:      s.read,
		Update:    s.update,
		Delete:    s.delete,
	}
}

// configure takes the region and the default tags. The other settings of the official plugin say how to reach AWS.
func (s *server) configure(_ context.Context, r provider.ConfigureRequest) error {
	if value := r.Args.Get("region"); value.IsString() {
		s.region = value.AsString()
	}
	var tags tagged
	var err error
	switch value := r.Args.Get("defaultTags"); {
	case value.IsString():
		err = json.Unmarshal([]byte(value.AsString()), &tags)
	case value.IsMap():
		err = decode(value.AsMap(), &tags)
	}
	if err != nil {
		return fmt.Errorf("defaultTags: %w", err)
	}
	s.defaultTags = tags.Tags
	return nil
}

// kindOf returns the kind of a resource. It refuses those that the sandbox does not have and, unless they are only
// previewed, those in other regions than the sandbox's.
func (s *server) kindOf(urn resource.URN, preview bool) (kind, error) {
	k := kinds[string(urn.Type())]
	switch {
	case k == nil:
		all := strings.Join(slices.Sorted(maps.Keys(kinds)), ", ")
		return nil, fmt.Errorf("%s is not part of the sandbox, which has %s", urn.Type(), all)
	case !preview && s.region != RegionName:
		return nil, fmt.Errorf("the sandbox's AWS plugin can preview %s but builds only the region %s: "+
			"install the official one with pulumi plugin install resource aws %s", s.region, RegionName, Version)
	}
	return k, nil
}

// change changes the region's record and makes the network follow it. If either fails, the record stays as it was.
func (s *server) change(ctx context.Context, alter func(*region.State) error) error {
	return s.cloud.Store.Update(ctx, func(state *region.State) error {
		if err := alter(state); err != nil {
			return err
		}
		return s.cloud.Network(ctx, state)
	})
}

// decode puts a property map into a struct with json tags. What is unknown in it becomes a zero value, what is secret
// its plain value.
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
