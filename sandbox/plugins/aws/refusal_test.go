package aws

import (
	"maps"
	"strings"
	"testing"

	provider "github.com/pulumi/pulumi-go-provider"
)

func TestRefusals(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	lives := stage(b)
	const (
		subnet = "aws:ec2/subnet:Subnet"
		route  = "aws:ec2/route:Route"
		rule   = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
	)
	b.make(rule, lives[rule].inputs)
	cases := map[string]struct {
		token  string
		change values
		want   string
	}{
		"subnet outside":       {subnet, values{"cidrBlock": "10.9.0.0/24"}, "InvalidSubnet.Range"},
		"subnet overlaps":      {subnet, values{"cidrBlock": "10.0.0.128/25"}, "InvalidSubnet.Conflict"},
		"no such group":        {instanceType, values{"vpcSecurityGroupIds": []any{"sg-1"}}, "InvalidGroupID.NotFound"},
		"no such VPC":          {subnet, values{"vpcId": "vpc-1"}, "InvalidVpcID.NotFound"},
		"no such image":        {instanceType, values{"ami": "ami-1"}, "InvalidAMIID.NotFound"},
		"address in use":       {instanceType, values{"privateIp": "10.0.0.20"}, "InvalidIPAddress.InUse"},
		"reserved address":     {instanceType, values{"privateIp": "10.0.0.3"}, "InvalidParameterValue"},
		"unknown size":         {instanceType, values{"instanceType": "m7i.large"}, "InvalidInstanceType"},
		"two targets":          {route, values{"networkInterfaceId": "eni-1"}, "NotFound"},
		"no such gateway":      {route, values{"gatewayId": "igw-1"}, "InvalidInternetGatewayID.NotFound"},
		"the same rule twice":  {rule, nil, "InvalidPermission.Duplicate"},
		"two sources":          {rule, values{"cidrIpv6": "::/0"}, "InvalidParameterCombination"},
		"an unknown protocol":  {rule, values{"ipProtocol": "esp"}, "not part of the sandbox"},
		"a key that is no key": {"aws:ec2/keyPair:KeyPair", values{"publicKey": "x"}, "InvalidKey.Format"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			inputs := maps.Clone(lives[tc.token].inputs)
			maps.Copy(inputs, tc.change)
			if _, err := b.try(tc.token, inputs); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("the error is %v, want %s", err, tc.want)
			}
		})
	}
}

func TestElsewhereIsPreviewOnly(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.configure(values{"region": "us-east-1"})
	inputs := properties(values{"cidrBlock": "10.0.0.0/16"})
	request := provider.CreateRequest{Urn: urn("aws:ec2/vpc:Vpc"), Properties: inputs, DryRun: true}
	if _, err := b.Create(t.Context(), request); err != nil {
		t.Errorf("preview: %v", err)
	}
	request.DryRun = false
	_, err := b.Create(t.Context(), request)
	if err == nil || !strings.Contains(err.Error(), "pulumi plugin install resource aws") {
		t.Errorf("create: %v, want a refusal with the remedy", err)
	}
}

func TestUnknownResourcesAndProperties(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	const bucket = "aws:s3/bucket:Bucket"
	_, err := b.Check(t.Context(), provider.CheckRequest{Urn: urn(bucket)})
	if err == nil || !strings.Contains(err.Error(), bucket) {
		t.Errorf("a bucket: %v", err)
	}
	checked, err := b.Check(t.Context(), provider.CheckRequest{
		Urn: urn("aws:ec2/vpc:Vpc"), Inputs: properties(values{"ipv6CidrBlock": "2001:db8::/56"}),
	})
	if err != nil || len(checked.Failures) != 2 {
		t.Errorf("check is %v %v, want ipv6CidrBlock refused and cidrBlock missed", checked.Failures, err)
	}
}
