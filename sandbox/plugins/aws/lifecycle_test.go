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

// life is one resource's: what it is made with, an update in place and what replaces it.
type life struct {
	token   string
	inputs  map[string]any
	change  map[string]any // updates in place; nil where nothing does
	replace string         // a property whose change replaces; empty for none
}

// stage makes a whole network with an instance, and the life of each kind in it, those that others need first.
func stage(b *bench) []life {
	v := b.make("aws:ec2/vpc:Vpc", map[string]any{"cidrBlock": "10.0.0.0/16"}).id
	subnet := b.make("aws:ec2/subnet:Subnet", map[string]any{"vpcId": v, "cidrBlock": "10.0.0.0/24"}).id
	gateway := b.make("aws:ec2/internetGateway:InternetGateway", map[string]any{"vpcId": v}).id
	table := b.make("aws:ec2/routeTable:RouteTable", map[string]any{"vpcId": v}).id
	group := b.make("aws:ec2/securityGroup:SecurityGroup", map[string]any{"vpcId": v}).id
	other := b.make("aws:ec2/securityGroup:SecurityGroup", map[string]any{"vpcId": v}).id
	address := b.make("aws:ec2/eip:Eip", map[string]any{"domain": "vpc"}).id
	bare := b.make("aws:ec2/subnet:Subnet", map[string]any{"vpcId": v, "cidrBlock": "10.0.1.0/24"}).id
	instance := b.make(instanceType, map[string]any{
		"ami": imageID, "instanceType": "t2.micro", "subnetId": subnet, "vpcSecurityGroupIds": []any{group},
	}).id
	tags := map[string]any{"tags": map[string]any{"Name": "changed"}}
	return []life{
		{
			"aws:ec2/vpc:Vpc",
			map[string]any{"cidrBlock": "10.1.0.0/16"},
			map[string]any{"enableDnsHostnames": true},
			"cidrBlock",
		},
		{"aws:ec2/subnet:Subnet", map[string]any{"vpcId": v, "cidrBlock": "10.0.2.0/24"}, tags, "cidrBlock"},
		{"aws:ec2/internetGateway:InternetGateway", map[string]any{}, tags, ""},
		{
			"aws:ec2/natGateway:NatGateway",
			map[string]any{"subnetId": subnet, "allocationId": address},
			tags,
			"subnetId",
		},
		{"aws:ec2/routeTable:RouteTable", map[string]any{"vpcId": v}, tags, "vpcId"},
		{
			"aws:ec2/route:Route",
			map[string]any{"routeTableId": table, "destinationCidrBlock": "0.0.0.0/0", "gatewayId": gateway},
			nil,
			"destinationCidrBlock",
		},
		{
			"aws:ec2/routeTableAssociation:RouteTableAssociation",
			map[string]any{"routeTableId": table, "subnetId": bare},
			nil,
			"subnetId",
		},
		{"aws:ec2/securityGroup:SecurityGroup", map[string]any{"vpcId": v, "name": "third"}, tags, "description"},
		{
			"aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
			map[string]any{
				"securityGroupId": group,
				"cidrIpv4":        "0.0.0.0/0",
				"ipProtocol":      "tcp",
				"fromPort":        80,
				"toPort":          80,
			},
			map[string]any{"toPort": 81},
			"securityGroupId",
		},
		{
			"aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
			map[string]any{"securityGroupId": group, "referencedSecurityGroupId": other, "ipProtocol": "-1"},
			map[string]any{"description": "changed"},
			"securityGroupId",
		},
		{"aws:ec2/keyPair:KeyPair", map[string]any{"publicKey": publicKey}, tags, "publicKey"},
		{"aws:ec2/eip:Eip", map[string]any{"domain": "vpc"}, tags, "domain"},
		{
			"aws:ec2/eipAssociation:EipAssociation",
			map[string]any{"allocationId": address, "instanceId": instance},
			nil,
			"instanceId",
		},
		{
			instanceType,
			map[string]any{
				"ami":                 imageID,
				"instanceType":        "t2.micro",
				"subnetId":            subnet,
				"vpcSecurityGroupIds": []any{group},
				"privateIp":           "10.0.0.10",
			},
			map[string]any{"instanceType": "t2.small", "sourceDestCheck": false},
			"subnetId",
		},
	}
}

const publicKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHn1SkZbTQLtPn1mYQV9YgM2U3LqPPCz8tCq0oGxDVwP"

func TestLifecycle(t *testing.T) {
	t.Parallel()
	covered := map[string]bool{}
	for _, l := range stage(newBench(t)) {
		covered[l.token] = true
	}
	for token := range kinds {
		if !covered[token] {
			t.Errorf("%s has no life", token)
		}
	}
	for _, token := range slices.Sorted(maps.Keys(kinds)) {
		t.Run(token, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			all := stage(b)
			l := all[slices.IndexFunc(all, func(l life) bool { return l.token == token })]
			b.t = t
			live(b, l)
		})
	}
}

// live takes a resource through its life.
func live(b *bench, l life) {
	t := b.t
	made := b.make(l.token, l.inputs)
	if diff := b.diff(made, nil); diff.HasChanges {
		t.Errorf("a diff without a change: %v", diff.DetailedDiff)
	}
	again := b.refresh(made)
	if again.ID != made.id || !again.Properties.Equals(made.state) || !again.Inputs.Equals(made.inputs) {
		t.Errorf("a refresh changes\n%#v into\n%#v", made.state, again.Properties)
	}
	if l.replace != "" {
		diff := b.diff(made, map[string]any{l.replace: "other"})
		if kind := diff.DetailedDiff[l.replace].Kind; kind != provider.UpdateReplace && kind != provider.AddReplace {
			t.Errorf("a change of %s is %q, want a replacement", l.replace, kind)
		}
	}
	if l.change != nil {
		made = change(b, made, l.change)
	}
	if err := b.remove(made); err != nil {
		t.Fatalf("delete: %v", err)
	}
	if gone := b.refresh(made); gone.ID != "" {
		t.Errorf("read finds what was deleted: %v", gone)
	}
	if err := b.remove(made); err != nil {
		t.Errorf("delete of what is gone: %v", err)
	}
}

func change(b *bench, made thing, values map[string]any) thing {
	t := b.t
	diff := b.diff(made, values)
	for key, d := range diff.DetailedDiff {
		if d.Kind != provider.Update {
			t.Errorf("a change of %s is %q, want an update", key, d.Kind)
		}
	}
	if !diff.HasChanges {
		t.Error("a change is not seen")
	}
	inputs := made.inputs
	for key, value := range properties(values).All {
		inputs = inputs.Set(key, value)
	}
	request := provider.UpdateRequest{
		ID:        made.id,
		Urn:       urn(made.token),
		State:     made.state,
		OldInputs: made.inputs,
		Inputs:    inputs,
	}
	request.DryRun = true
	if _, err := b.Update(t.Context(), request); err != nil {
		t.Errorf("preview of the update: %v", err)
	}
	if now := b.refresh(made); !now.Properties.Equals(made.state) {
		t.Error("a preview changes the region")
	}
	request.DryRun = false
	updated, err := b.Update(t.Context(), request)
	if err != nil {
		t.Fatalf("update: %v", err)
	}
	for key, value := range properties(values).All {
		if !updated.Properties.Get(key).Equals(value) {
			t.Errorf("%s is %#v after the update, want %#v", key, updated.Properties.Get(key), value)
		}
	}
	return thing{made.token, made.id, inputs, updated.Properties}
}

func TestPreviewOfACreate(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	inputs := properties(
		map[string]any{"ami": imageID, "instanceType": "t2.micro", "vpcSecurityGroupIds": []any{"sg-1"}},
	).
		Set("subnetId", property.New(property.Computed))
	created, err := b.Create(
		t.Context(),
		provider.CreateRequest{Urn: urn(instanceType), Properties: inputs, DryRun: true},
	)
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
	made := b.make("aws:ec2/vpc:Vpc", map[string]any{"cidrBlock": "10.0.0.0/16", "tags": map[string]any{"Name": "net"}})
	if got := made.state.Get("tagsAll"); !got.Equals(tagsValue(region.Tags{"Name": "net", "stack": "test"})) {
		t.Errorf("tagsAll is %#v", got)
	}
	if got := made.state.Get("tags"); !got.Equals(tagsValue(region.Tags{"Name": "net"})) {
		t.Errorf("tags is %#v", got)
	}
	if err := b.Configure(t.Context(), provider.ConfigureRequest{Args: properties(map[string]any{"region": RegionName})}); err != nil {
		t.Fatal(err)
	}
	if diff := b.diff(made, nil); diff.DetailedDiff["tagsAll"].Kind != provider.Update {
		t.Errorf("without default tags the diff is %v, want an update of tagsAll", diff.DetailedDiff)
	}
}

func TestInstanceMachine(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var l life
	for _, one := range stage(b) {
		if one.token == instanceType {
			l = one
		}
	}
	b.fleet.calls = nil
	made := b.make(l.token, l.inputs)
	made = change(b, made, map[string]any{"instanceType": "t2.small"})
	change(b, made, map[string]any{"sourceDestCheck": false})
	if err := b.remove(made); err != nil {
		t.Fatal(err)
	}
	want := []string{"run t2.micro", "stop", "run t2.small", "remove"}
	if !slices.Equal(b.fleet.calls, want) {
		t.Errorf("machines: %q, want %q", b.fleet.calls, want)
	}
	b.fleet.fail = errors.New("no memory")
	if _, err := b.try(l.token, l.inputs); err == nil || !strings.Contains(err.Error(), "no memory") {
		t.Errorf("a machine that does not start: %v", err)
	}
	b.fleet.fail = nil
	if _, err := b.try(l.token, l.inputs); err != nil {
		t.Errorf("after a machine that did not start its address is not free: %v", err)
	}
}
