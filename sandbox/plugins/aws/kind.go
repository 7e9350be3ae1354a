package aws

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/property"

	"hello-kubernetes/sandbox/region"
)

// A kind is a type of resource.
type kind interface {
	fields() []field
	// ids returns the IDs of the resources that the region has.
	ids(state *region.State) []string
	// create adds a resource to the region and returns its ID.
	create(state *region.State, c call, inputs property.Map) (string, error)
	// read returns all properties of a resource as the region has it; false if it has none of that ID.
	read(state *region.State, c call, id string) (property.Map, bool, error)
	update(state *region.State, c call, id string, inputs property.Map) error
	// remove takes a resource out of the region. It is no error if there is none of that ID.
	remove(state *region.State, id string) error
}

// A call is the context of one operation.
type call struct {
	name   string // of the resource in the program
	region string
	tags   region.Tags // the resource's own and the provider's default ones
}

// A field is a property of a kind. Its words stand in the struct tag aws of the property:
//
//	required  an input that must be given
//	replace   an input whose change replaces the resource
//	computed  an input that gets a value when it is not given
//	output    no input
type field struct {
	name  string
	words []string
}

func (f field) is(word string) bool { return slices.Contains(f.words, word) }

// of is a kind whose resources have the properties P, a struct whose zero value has the defaults, and are recorded as
// R.
type of[P, R any] struct {
	// all returns the records by ID. The map is the region's own, or made for the caller from records of another kind.
	all func(*region.State) map[string]*R
	// add returns a new record and its ID, with the inputs that do not change in place.
	add func(state *region.State, c call, in *P) (string, *R, error)
	// change takes the other inputs, but for the tags, over into a record. Nil if there are none.
	change func(state *region.State, in *P, record *R) error
	get    func(state *region.State, c call, id string, record *R) *P
	// drop prepares the removal of a record, and refuses it while others need it. Nil if there is nothing to prepare.
	drop func(state *region.State, id string, record *R) error
}

func (k of[P, R]) fields() []field { return fieldsOf(reflect.TypeFor[P]()) }

func fieldsOf(t reflect.Type) []field {
	var all []field
	for _, f := range reflect.VisibleFields(t) {
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" {
			all = append(all, field{name, strings.Split(f.Tag.Get("aws"), ",")})
		}
	}
	return all
}

func (k of[P, R]) ids(state *region.State) []string { return sorted(k.all(state)) }

func (k of[P, R]) create(state *region.State, c call, inputs property.Map) (string, error) {
	var in P
	if err := decode(inputs, &in); err != nil {
		return "", err
	}
	id, record, err := k.add(state, c, &in)
	if err != nil {
		return "", err
	}
	k.all(state)[id] = record
	return id, k.write(state, c, &in, record)
}

func (k of[P, R]) update(state *region.State, c call, id string, inputs property.Map) error {
	var in P
	if err := decode(inputs, &in); err != nil {
		return err
	}
	record := k.all(state)[id]
	if record == nil {
		return fmt.Errorf("%s is gone: run pulumi refresh", id)
	}
	return k.write(state, c, &in, record)
}

// write makes a record have the inputs that change in place, and the tags.
func (k of[P, R]) write(state *region.State, c call, in *P, record *R) error {
	if _, ok := any(in).(tagging); ok {
		*any(record).(recordedTags).TagSet() = c.tags
	}
	if k.change == nil {
		return nil
	}
	return k.change(state, in, record)
}

func (k of[P, R]) read(state *region.State, c call, id string) (property.Map, bool, error) {
	record := k.all(state)[id]
	if record == nil {
		return property.Map{}, false, nil
	}
	out := k.get(state, c, id, record)
	if t, ok := any(out).(tagging); ok {
		t.tag(*any(record).(recordedTags).TagSet())
	}
	encoded, err := encode(out)
	return encoded, true, err
}

func (k of[P, R]) remove(state *region.State, id string) error {
	record := k.all(state)[id]
	if record == nil {
		return nil
	}
	if k.drop != nil {
		if err := k.drop(state, id, record); err != nil {
			return err
		}
	}
	delete(k.all(state), id)
	return nil
}
