package aws

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	provider "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/property"

	"hello-kubernetes/sandbox/region"
)

func TestPreviewOfACreate(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	inputs := properties(values{"ami": imageID, "instanceType": "t2.micro", "vpcSecurityGroupIds": []any{"sg-1"}}).
		Set("subnetId", property.New(property.Computed))
	created, err := b.Create(t.Context(), provider.CreateRequest{Urn: urn(instanceType), Properties: inputs, DryRun: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"subnetId", "privateIp", "primaryNetworkInterfaceId", "arn"} {
		if !created.Properties.Get(key).IsComputed() {
			t.Errorf("%s is %#v, want it unknown", key, created.Properties.Get(key))
		}
	}
	if got := created.Properties.Get("instanceType"); !got.IsString() || got.AsString() != "t2.micro" {
		t.Errorf("instanceType is %#v", got)
	}
	if state, err := b.store.Read(); err != nil || len(state.Instances) != 0 {
		t.Errorf("the preview made an instance: %v", err)
	}
}

func TestDefaultTags(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	made := b.make("aws:ec2/vpc:Vpc", values{"cidrBlock": "10.0.0.0/16", "tags": values{"Name": "net"}})
	if got := made.state.Get("tagsAll"); !got.Equals(tagsValue(region.Tags{"Name": "net", "stack": "test"})) {
		t.Errorf("tagsAll is %#v", got)
	}
	if got := made.state.Get("tags"); !got.Equals(tagsValue(region.Tags{"Name": "net"})) {
		t.Errorf("tags is %#v", got)
	}
	b.configure(values{"region": RegionName})
	if diff := b.diff(made, nil); diff.DetailedDiff["tagsAll"].Kind != provider.Update {
		t.Errorf("without default tags the diff is %v, want an update of tagsAll", diff.DetailedDiff)
	}
}

func TestInstanceRuns(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	inputs := stage(b)[instanceType].inputs
	b.fleet.calls = nil
	made := b.make(instanceType, inputs)
	made = change(b, made, values{"instanceType": "t2.small"})
	change(b, made, values{"sourceDestCheck": false})
	if err := b.remove(made); err != nil {
		t.Fatal(err)
	}
	want := []string{"run t2.micro", "stop", "run t2.small", "remove"}
	if !slices.Equal(b.fleet.calls, want) {
		t.Errorf("the calls are %q, want %q", b.fleet.calls, want)
	}
	b.fleet.fail = errors.New("no memory")
	if _, err := b.try(instanceType, inputs); err == nil || !strings.Contains(err.Error(), "no memory") {
		t.Errorf("an instance that does not start: %v", err)
	}
	b.fleet.fail = nil
	if _, err := b.try(instanceType, inputs); err != nil {
		t.Errorf("after an instance that did not start its address is not free: %v", err)
	}
}

// An instance has all the security groups that the program lists, and changes them in place. A group is kept while an
// instance has it.
func TestInstanceInSeveralGroups(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	const groupType = "aws:ec2/securityGroup:SecurityGroup"
	all := stage(b)
	one := b.make(groupType, all[groupType].inputs)
	two := b.make(groupType, values{"vpcId": all[groupType].inputs["vpcId"]})
	inputs := maps.Clone(all[instanceType].inputs)
	inputs["vpcSecurityGroupIds"] = []any{one.id, two.id}
	made := b.make(instanceType, inputs)
	groups := func(want ...string) {
		t.Helper()
		state, err := b.store.Read()
		if err != nil || !slices.Equal(state.Instances[made.id].Groups, want) {
			t.Errorf("the instance's groups are %q (%v), want %q", state.Instances[made.id].Groups, err, want)
		}
	}
	groups(one.id, two.id)
	if diff := b.diff(made, nil); diff.HasChanges {
		t.Errorf("a diff without a change: %v", diff.DetailedDiff)
	}
	if again := b.refresh(made); !again.Properties.Equals(made.state) {
		t.Errorf("a refresh changes\n%#v into\n%#v", made.state, again.Properties)
	}
	if err := b.remove(two); err == nil || !strings.Contains(err.Error(), made.id) {
		t.Errorf("the removal of a group that an instance has: %v", err)
	}
	b.fleet.calls = nil
	made = change(b, made, values{"vpcSecurityGroupIds": []any{one.id}})
	groups(one.id)
	if len(b.fleet.calls) > 0 {
		t.Errorf("a change of groups does %q with the instance", b.fleet.calls)
	}
	if err := b.remove(two); err != nil {
		t.Errorf("the removal of a group that no instance has: %v", err)
	}
}

// An Elastic IP moves to the instance with which it was associated last. Then the removal of the association before has
// no effect.
func TestElasticIPMoves(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	const token = "aws:ec2/eipAssociation:EipAssociation"
	inputs := stage(b)[token].inputs
	first, second := b.make(token, inputs), b.make(token, inputs)
	if err := b.remove(first); err != nil {
		t.Errorf("the removal of an association that has ended: %v", err)
	}
	if still := b.refresh(second); still.ID != second.id {
		t.Error("the address is where it was before, or nowhere")
	}
	if gone := b.refresh(first); gone.ID != "" {
		t.Error("the address is in two places")
	}
}

// What no stack knows is removed, in an order that dependencies allow, and what a stack's resource needs stays.
func TestSweep(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	const subnetType, routeType = "aws:ec2/subnet:Subnet", "aws:ec2/route:Route"
	all := stage(b)
	b.make(routeType, all[routeType].inputs)
	kept := b.make(subnetType, all[subnetType].inputs)
	known := map[string]string{kept.id: string(urn(subnetType))}
	err := b.store.Update(t.Context(), func(state *region.State) error {
		swept := Sweep(state, known)
		if !slices.ContainsFunc(swept, func(id string) bool { return strings.HasPrefix(id, "i-") }) {
			t.Errorf("the instance is not in %q", swept)
		}
		left := len(state.Instances) + len(state.SecurityGroups) + len(state.Addresses) + len(state.InternetGateways)
		if left > 0 || len(state.VPCs) != 1 || len(state.Subnets) != 1 || len(state.RouteTables) != 1 {
			t.Errorf("left over: %+v", state)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
