package aws

import (
	"context"
	"testing"

	provider "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/property"

	"hello-kubernetes/sandbox/region"
)

// values are properties as a program gives them.
type values = map[string]any

// fleet records what is done with instances.
type fleet struct {
	calls []string
	fail  error
}

func (f *fleet) run(_ context.Context, id string, state *region.State) error {
	f.calls = append(f.calls, "run "+state.Instances[id].Type)
	return f.fail
}

func (f *fleet) stop(context.Context, string) error {
	f.calls = append(f.calls, "stop")
	return nil
}

func (f *fleet) remove(context.Context, string) error {
	f.calls = append(f.calls, "remove")
	return nil
}

// A bench is a plugin on an empty region.
type bench struct {
	t *testing.T
	provider.Provider
	store *region.Store
	fleet *fleet
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t, store: region.Open(t.TempDir()), fleet: &fleet{}}
	b.Provider = New(Cloud{
		Store: b.store, Run: b.fleet.run, Stop: b.fleet.stop, Remove: b.fleet.remove,
		Network: func(context.Context, *region.State) error { return nil },
	})
	b.configure(values{"region": RegionName, "defaultTags": values{"tags": values{"stack": "test"}}})
	return b
}

func (b *bench) configure(settings values) {
	b.t.Helper()
	if err := b.Configure(b.t.Context(), provider.ConfigureRequest{Args: properties(settings)}); err != nil {
		b.t.Fatal(err)
	}
}

func properties(all values) property.Map {
	return resource.FromResourcePropertyMap(resource.NewPropertyMapFromMap(all))
}

func urn(token string) resource.URN {
	return resource.URN("urn:pulumi:test::hello::" + token + "::thing")
}

// thing is a created resource.
type thing struct {
	token, id     string
	inputs, state property.Map
}

// make checks and creates a resource.
func (b *bench) make(token string, inputs values) thing {
	b.t.Helper()
	created, err := b.try(token, inputs)
	if err != nil {
		b.t.Fatalf("create %s: %v", token, err)
	}
	return created
}

func (b *bench) try(token string, inputs values) (thing, error) {
	b.t.Helper()
	checked, err := b.Check(b.t.Context(), provider.CheckRequest{Urn: urn(token), Inputs: properties(inputs)})
	if err != nil || len(checked.Failures) > 0 {
		b.t.Fatalf("check %s: %v %v", token, err, checked.Failures)
	}
	created, err := b.Create(b.t.Context(), provider.CreateRequest{Urn: urn(token), Properties: checked.Inputs})
	return thing{token, created.ID, checked.Inputs, created.Properties}, err
}

func (b *bench) diff(old thing, change values) provider.DiffResponse {
	b.t.Helper()
	inputs := old.inputs
	for key, value := range properties(change).All {
		inputs = inputs.Set(key, value)
	}
	diff, err := b.Diff(b.t.Context(), provider.DiffRequest{
		ID: old.id, Urn: urn(old.token), State: old.state, OldInputs: old.inputs, Inputs: inputs,
	})
	if err != nil {
		b.t.Fatalf("diff %s: %v", old.token, err)
	}
	return diff
}

func (b *bench) refresh(old thing) provider.ReadResponse {
	b.t.Helper()
	live, err := b.Read(b.t.Context(), provider.ReadRequest{
		ID: old.id, Urn: urn(old.token), Properties: old.state, Inputs: old.inputs,
	})
	if err != nil {
		b.t.Fatalf("read %s: %v", old.token, err)
	}
	return live
}

func (b *bench) remove(old thing) error {
	return b.Delete(b.t.Context(), provider.DeleteRequest{ID: old.id, Urn: urn(old.token), Properties: old.state})
}
