package aws

import (
	"testing"

	provider "github.com/pulumi/pulumi-go-provider"
)

// life is what a resource goes through: it is created, changed in place, replaced.
type life struct {
	inputs  values
	change  values // what updates it in place; nil if nothing does
	replace string // a property whose change replaces it; empty if there is none
}

// stage makes a network with an instance, and returns a life in it for each kind.
func stage(b *bench) map[string]life {
	v := b.make("aws:ec2/vpc:Vpc", values{"cidrBlock": "10.0.0.0/16"}).id
	subnet := b.make("aws:ec2/subnet:Subnet", values{"vpcId": v, "cidrBlock": "10.0.0.0/24"}).id
	gateway := b.make("aws:ec2/internetGateway:InternetGateway", values{"vpcId": v}).id
	table := b.make("aws:ec2/routeTable:RouteTable", values{"vpcId": v}).id
	group := b.make("aws:ec2/securityGroup:SecurityGroup", values{"vpcId": v}).id
	other := b.make("aws:ec2/securityGroup:SecurityGroup", values{"vpcId": v}).id
	address := b.make("aws:ec2/eip:Eip", values{"domain": "vpc"}).id
	bare := b.make("aws:ec2/subnet:Subnet", values{"vpcId": v, "cidrBlock": "10.0.1.0/24"}).id
	instance := b.make(instanceType, values{
		"ami": imageID, "instanceType": "t2.micro", "subnetId": subnet, "vpcSecurityGroupIds": []any{group},
	}).id
	tags := values{"tags": values{"Name": "changed"}}
	return map[string]life{
		"aws:ec2/vpc:Vpc": {
			values{"cidrBlock": "10.1.0.0/16"},
			values{"enableDnsHostnames": true},
			"cidrBlock",
		},
		"aws:ec2/subnet:Subnet": {
			values{"vpcId": v, "cidrBlock": "10.0.2.0/24"},
			tags,
			"cidrBlock",
		},
		"aws:ec2/internetGateway:InternetGateway": {
			values{},
			tags,
			"",
		},
		"aws:ec2/natGateway:NatGateway": {
			values{"subnetId": subnet, "allocationId": address},
			tags,
			"subnetId",
		},
		"aws:ec2/routeTable:RouteTable": {
			values{"vpcId": v},
			tags,
			"vpcId",
		},
		"aws:ec2/route:Route": {
			values{"routeTableId": table, "destinationCidrBlock": "0.0.0.0/0", "gatewayId": gateway},
			nil,
			"destinationCidrBlock",
		},
		"aws:ec2/routeTableAssociation:RouteTableAssociation": {
			values{"routeTableId": table, "subnetId": bare},
			nil,
			"subnetId",
		},
		"aws:ec2/securityGroup:SecurityGroup": {
			values{"vpcId": v, "name": "third"},
			tags,
			"description",
		},
		"aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": {
			values{"securityGroupId": group, "cidrIpv4": "0.0.0.0/0", "ipProtocol": "tcp", "fromPort": 80, "toPort": 80},
			values{"toPort": 81},
			"securityGroupId",
		},
		"aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": {
			values{"securityGroupId": group, "referencedSecurityGroupId": other, "ipProtocol": "-1"},
			values{"description": "changed"},
			"securityGroupId",
		},
		"aws:ec2/keyPair:KeyPair": {
			values{"publicKey": publicKey},
			tags,
			"publicKey",
		},
		"aws:ec2/eip:Eip": {
			values{"domain": "vpc"},
			tags,
			"domain",
		},
		"aws:ec2/eipAssociation:EipAssociation": {
			values{"allocationId": address, "instanceId": instance},
			nil,
			"instanceId",
		},
		instanceType: {
			values{
				"ami": imageID, "instanceType": "t2.micro", "subnetId": subnet, "vpcSecurityGroupIds": []any{group},
				"privateIp": "10.0.0.10",
			},
			values{"instanceType": "t2.small", "sourceDestCheck": false},
			"subnetId",
		},
	}
}

const publicKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHn1SkZbTQLtPn1mYQV9YgM2U3LqPPCz8tCq0oGxDVwP"

func TestLifecycle(t *testing.T) {
	t.Parallel()
	for token := range kinds {
		t.Run(token, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			l, covered := stage(b)[token]
			if !covered {
				t.Fatal("stage has no life for this kind")
			}
			live(b, token, l)
		})
	}
}

// live takes a resource through its life, with a preview, a refresh and a removal.
func live(b *bench, token string, l life) {
	t := b.t
	made := b.make(token, l.inputs)
	if diff := b.diff(made, nil); diff.HasChanges {
		t.Errorf("a diff without a change: %v", diff.DetailedDiff)
	}
	again := b.refresh(made)
	if again.ID != made.id || !again.Properties.Equals(made.state) || !again.Inputs.Equals(made.inputs) {
		t.Errorf("a refresh changes\n%#v into\n%#v", made.state, again.Properties)
	}
	if l.replace != "" {
		diff := b.diff(made, values{l.replace: "other"})
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

func change(b *bench, made thing, changed values) thing {
	t := b.t
	diff := b.diff(made, changed)
	for key, d := range diff.DetailedDiff {
		if d.Kind != provider.Update {
			t.Errorf("a change of %s is %q, want an update", key, d.Kind)
		}
	}
	if !diff.HasChanges {
		t.Error("a change is not seen")
	}
	inputs := made.inputs
	for key, value := range properties(changed).All {
		inputs = inputs.Set(key, value)
	}
	request := provider.UpdateRequest{
		ID: made.id, Urn: urn(made.token), State: made.state, OldInputs: made.inputs, Inputs: inputs,
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
	for key, value := range properties(changed).All {
		if !updated.Properties.Get(key).Equals(value) {
			t.Errorf("%s is %#v after the update, want %#v", key, updated.Properties.Get(key), value)
		}
	}
	return thing{made.token, made.id, inputs, updated.Properties}
}
