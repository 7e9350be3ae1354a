package recorder

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// Needs returns the labels of all that must exist before the resource with the label: what it depends on by option, by
// input and by provider, and what those depend on, sorted. Parents do not count: a component exists at once.
func (r *Recording) Needs(t testing.TB, label string) []string {
	t.Helper()
	known := map[string]*Resource{}
	for _, res := range r.Resources {
		known[res.URN] = res
	}
	found := map[string]bool{}
	var visit func(res *Resource)
	visit = func(res *Resource) {
		for _, urn := range res.dependencies() {
			dependency := known[urn]
			if dependency == nil {
				t.Fatalf("%s depends on the unknown %s", res.Label(), urn)
			}
			if !found[dependency.Label()] {
				found[dependency.Label()] = true
				visit(dependency)
			}
		}
	}
	visit(r.Get(t, label))
	return slices.Sorted(maps.Keys(found))
}

// dependencies returns the URNs of the resource's direct dependencies.
func (res *Resource) dependencies() []string {
	urns := slices.Clone(res.RegisterRPC.GetDependencies())
	for _, dependencies := range res.RegisterRPC.GetPropertyDependencies() {
		urns = append(urns, dependencies.GetUrns()...)
	}
	if reference := res.RegisterRPC.GetProvider(); reference != "" {
		urns = append(urns, ProviderURN(reference))
	}
	return urns
}

// ProviderURN returns the URN of a provider reference, which is URN::ID.
func ProviderURN(reference string) string {
	return reference[:max(strings.LastIndex(reference, "::"), 0)]
}
