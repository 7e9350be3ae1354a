package e2e

import (
	"context"
	"testing"

	"hello-kubernetes/sandbox/region"
	"hello-kubernetes/sandbox/vpc"
)

// instanceOf returns the instance that a host is, and its ID, from the region's record.
func instanceOf(t *testing.T, h host) (string, *region.Instance) {
	t.Helper()
	state, err := region.Open(region.Dir).Read()
	if err != nil {
		t.Fatal(err)
	}
	for id, instance := range state.Instances {
		if instance.IP == h.PrivateIP {
			return id, instance
		}
	}
	t.Fatalf("the region has no instance with the address of %+v", h)
	return "", nil
}

// changeRegion changes the region behind Pulumi's back, and the network with it.
func changeRegion(t *testing.T, change func(state *region.State)) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	err := region.Open(region.Dir).Update(ctx, func(state *region.State) error {
		change(state)
		return vpc.Apply(ctx, vpc.Plan(state))
	})
	if err != nil {
		t.Error(err)
	}
}
