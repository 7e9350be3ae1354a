package aws

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/property"

	"hello-kubernetes/sandbox/region"
)

// A kind is one type of resource.
type kind interface {
	fields() []field
	// create adds a resource to the region and returns its ID.
	create(state *region.State, c call, inputs property.Map) (string, error)
	// read returns all properties of a resource as the region has it, or false when it is gone.
	read(state *region.State, c call, id string) (property.Map, bool, error)
	update(state *region.State, c call, id string, inputs property.Map) error
	// remove takes a resource that is there out of the region.
	remove(state *region.State, id string) error
}

// A call is the context of one operation.
type call struct {
	name   string // of the resource in the program
	region string
	tags   region.Tags // all of them, the provider's default ones too
}

// A field is one property of a kind, read off the struct tags json and aws of its properties:
//
//	required  an input that must be there
//	replace   an input whose change replaces the resource
//	computed  an input that gets a value when it is left out
//	output    no input
type field struct {
	name                                string
	required, replace, computed, output bool
}

// of is a kind with the properties P, a struct whose zero input is the default.
type of[P any] struct {
	add    func(state *region.State, c call, in *P) (string, error)
	get    func(state *region.State, c call, id string) *P
	change func(state *region.State, c call, id string, in *P) error // nil where everything replaces
	drop   func(state *region.State, id string) error
}

func (k of[P]) fields() []field { return fieldsOf(reflect.TypeFor[P]()) }

func (k of[P]) properties() reflect.Type { return reflect.TypeFor[P]() }

func fieldsOf(t reflect.Type) []field {
	var all []field
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			all = append(all, fieldsOf(f.Type)...)
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		one := field{name: name}
		for _, word := range strings.Split(f.Tag.Get("aws"), ",") {
			switch word {
			case "required":
				one.required = true
			case "replace":
				one.replace = true
			case "computed":
				one.computed = true
			case "output":
				one.output = true
			}
		}
		all = append(all, one)
	}
	return all
}

func (k of[P]) create(state *region.State, c call, inputs property.Map) (string, error) {
	var in P
	if err := decode(inputs, &in); err != nil {
		return "", err
	}
	return k.add(state, c, &in)
}

func (k of[P]) read(state *region.State, c call, id string) (property.Map, bool, error) {
	out := k.get(state, c, id)
	if out == nil {
		return property.Map{}, false, nil
	}
	encoded, err := encode(out)
	return encoded, true, err
}

func (k of[P]) update(state *region.State, c call, id string, inputs property.Map) error {
	var in P
	if err := decode(inputs, &in); err != nil {
		return err
	}
	if k.get(state, c, id) == nil {
		return fmt.Errorf("%s is gone: run pulumi refresh", id)
	}
	return k.change(state, c, id, &in)
}

func (k of[P]) remove(state *region.State, id string) error { return k.drop(state, id) }

// tagged is part of the properties of what can have tags. The region keeps all tags; which of them the provider adds by
// default is known to it alone.
type tagged struct {
	Tags    region.Tags `json:"tags,omitempty"`
	TagsAll region.Tags `json:"tagsAll" aws:"output"`
}

func tagsOf(tags region.Tags) tagged {
	if tags == nil {
		tags = region.Tags{}
	}
	return tagged{Tags: tags, TagsAll: tags}
}
