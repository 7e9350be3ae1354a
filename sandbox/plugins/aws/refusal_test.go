package aws

import (
	"strings"
	"testing"

	provider "github.com/pulumi/pulumi-go-provider"

	"hello-kubernetes/sandbox/region"
)

func TestRefusals(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	lives := map[string]life{}
	for _, l := range stage(b) {
		lives[l.token] = l
	}
	const subnet, route, rule = "aws:ec2/subnet:Subnet", "aws:ec2/route:Route", "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
	b.make(rule, lives[rule].inputs)
	cases := map[string]struct {
		token  string
		change map[string]any
		want   string
	}{
		"subnet outside":       {subnet, map[string]any{"cidrBlock": "10.9.0.0/24"}, "InvalidSubnet.Range"},
		"subnet overlaps":      {subnet, map[string]any{"cidrBlock": "10.0.0.128/25"}, "InvalidSubnet.Conflict"},
		"no such VPC":          {subnet, map[string]any{"vpcId": "vpc-1"}, "InvalidVpcID.NotFound"},
		"no such image":        {instanceType, map[string]any{"ami": "ami-1"}, "InvalidAMIID.NotFound"},
		"address in use":       {instanceType, map[string]any{"privateIp": "10.0.0.20"}, "InvalidIPAddress.InUse"},
		"reserved address":     {instanceType, map[string]any{"privateIp": "10.0.0.3"}, "InvalidParameterValue"},
		"unknown size":         {instanceType, map[string]any{"instanceType": "m7i.large"}, "InvalidInstanceType"},
		"two targets":          {route, map[string]any{"networkInterfaceId": "eni-1"}, "NotFound"},
		"no such gateway":      {route, map[string]any{"gatewayId": "igw-1"}, "InvalidInternetGatewayID.NotFound"},
		"the same rule twice":  {rule, nil, "InvalidPermission.Duplicate"},
		"two sources":          {rule, map[string]any{"cidrIpv6": "::/0"}, "InvalidParameterCombination"},
		"a protocol not here":  {rule, map[string]any{"ipProtocol": "esp"}, "not part of the sandbox"},
		"a key that is no key": {"aws:ec2/keyPair:KeyPair", map[string]any{"publicKey": "x"}, "InvalidKey.Format"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			values := map[string]any{}
			for key, value := range lives[tc.token].inputs {
				values[key] = value
			}
			for key, value := range tc.change {
				values[key] = value
			}
			if _, err := b.try(tc.token, values); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("the error is %v, want %s", err, tc.want)
			}
		})
	}
}

func TestElsewhereIsPreviewOnly(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if err := b.Configure(t.Context(), provider.ConfigureRequest{Args: properties(map[string]any{"region": "us-east-1"})}); err != nil {
		t.Fatal(err)
	}
	request := provider.CreateRequest{
		Urn:        urn("aws:ec2/vpc:Vpc"),
		Properties: properties(map[string]any{"cidrBlock": "10.0.0.0/16"}),
		DryRun:     true,
	}
	if _, err := b.Create(t.Context(), request); err != nil {
		t.Errorf("preview: %v", err)
	}
	request.DryRun = false
	if _, err := b.Create(t.Context(), request); err == nil ||
		!strings.Contains(err.Error(), "pulumi plugin install resource aws") {
		t.Errorf("create: %v, want a refusal with the remedy", err)
	}
}

func TestUnknownResourcesAndProperties(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if _, err := b.Check(t.Context(), provider.CheckRequest{Urn: urn("aws:s3/bucket:Bucket")}); err == nil ||
		!strings.Contains(err.Error(), "aws:s3/bucket:Bucket") {
		t.Errorf("a bucket: %v", err)
	}
	checked, err := b.Check(t.Context(), provider.CheckRequest{
		Urn: urn("aws:ec2/vpc:Vpc"), Inputs: properties(map[string]any{"ipv6CidrBlock": "2001:db8::/56"}),
	})
	if err != nil || len(checked.Failures) != 2 {
		t.Errorf("check is %v %v, want ipv6CidrBlock refused and cidrBlock missed", checked.Failures, err)
	}
}

func TestSweep(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	known := map[string]string{}
	for _, l := range stage(b) {
		if l.token == "aws:ec2/vpc:Vpc" {
			known[b.make(l.token, l.inputs).id] = string(urn(l.token))
		}
	}
	err := b.store.Update(t.Context(), func(state *region.State) error {
		Sweep(state, known)
		if len(state.VPCs) != 1 ||
			len(state.Subnets)+len(state.Instances)+len(state.SecurityGroups)+len(state.Addresses) != 0 {
			t.Errorf("left over: %+v", state)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
