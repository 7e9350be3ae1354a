package recorder

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// A Place is an input that holds a text, such as "worker-0-join: stdin".
type Place struct {
	Resource *Resource
	Path     string
	Secret   bool // whether Pulumi encrypts the input and hides it
}

// Holding returns every input of every resource that has text in it.
func (r *Recording) Holding(text string) []Place {
	var places []Place
	for _, res := range r.Resources {
		var visit func(value resource.PropertyValue, path string, secret bool)
		visit = func(value resource.PropertyValue, path string, secret bool) {
			switch {
			case value.IsSecret():
				visit(value.SecretValue().Element, path, true)
			case value.IsString() && strings.Contains(value.StringValue(), text):
				places = append(places, Place{res, path, secret})
			case value.IsArray():
				for i, element := range value.ArrayValue() {
					visit(element, fmt.Sprintf("%s[%d]", path, i), secret)
				}
			case value.IsObject():
				fields := value.ObjectValue()
				for _, key := range fields.StableKeys() {
					visit(fields[key], strings.TrimPrefix(path+"."+string(key), "."), secret)
				}
			}
		}
		visit(resource.NewProperty(res.Inputs), "", false)
	}
	slices.SortFunc(places, func(a, b Place) int { return strings.Compare(a.String(), b.String()) })
	return places
}

func (p Place) String() string { return p.Resource.Label() + ": " + p.Path }
