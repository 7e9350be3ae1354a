package main

import (
	"strings"
	"sync"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// recorder is Pulumi's engine for a test: it records the resources and makes up their outputs.
type recorder struct {
	mu        sync.Mutex
	resources []pulumi.MockResourceArgs
}

func (r *recorder) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.resources = append(r.resources, args)
	outputs := args.Inputs.Copy()
	set := func(key resource.PropertyKey, value any) {
		if _, given := outputs[key]; !given {
			outputs[key] = resource.NewPropertyValue(value)
		}
	}
	switch args.TypeToken {
	case "aws:ec2/instance:Instance":
		set("privateIp", "10.0.1.20")
		set("primaryNetworkInterfaceId", "eni-1")
	case "aws:ec2/eip:Eip":
		set("publicIp", "203.0.113.10")
	case "aws:ec2/keyPair:KeyPair":
		set("keyName", "key")
	case "command:remote:Command":
		set("stdout", "https://api.hello-kubernetes.internal:6443")
		set("stderr", "")
	case "kubernetes:core/v1:Service":
		outputs["spec"] = resource.NewPropertyValue(map[string]any{
			"clusterIP": "10.96.0.20", "ports": []any{map[string]any{"port": 80, "nodePort": 30080}},
		})
	}
	return args.Name + "-id", outputs, nil
}

func (r *recorder) Call(args pulumi.MockCallArgs) (resource.PropertyMap, error) {
	switch args.Token {
	case "aws:ssm/getParameter:getParameter":
		return resource.NewPropertyMapFromMap(map[string]any{"insecureValue": "ami-0123456789abcdef0"}), nil
	case "aws:index/getAvailabilityZones:getAvailabilityZones":
		return resource.NewPropertyMapFromMap(map[string]any{"names": []any{"us-east-1a"}}), nil
	}
	return nil, nil
}

// of returns the recorded resources of one type.
func (r *recorder) of(token string) []pulumi.MockResourceArgs {
	var found []pulumi.MockResourceArgs
	for _, res := range r.resources {
		if res.TypeToken == token {
			found = append(found, res)
		}
	}
	return found
}

// record runs the whole program with values over the shortest good configuration.
func record(t *testing.T, values map[string]string) *recorder {
	t.Helper()
	all := goodConfig(t)
	for key, value := range values {
		all[key] = value
	}
	c, err := parseConfig(all)
	if err != nil {
		t.Fatal(err)
	}
	r := &recorder{}
	err = pulumi.RunErr(func(ctx *pulumi.Context) error {
		return deploy(ctx, c, "us-east-1")
	}, pulumi.WithMocks("hello-kubernetes", "test", r))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestRulesFromTheInternet(t *testing.T) {
	t.Parallel()
	r := record(t, map[string]string{"adminCidrs": `["203.0.113.7/32", "2001:db8::/32"]`})
	rules := r.of("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
	if len(rules) == 0 {
		t.Fatal("no rules")
	}
	for _, rule := range rules {
		in := rule.Inputs
		port, protocol := in["fromPort"], in["ipProtocol"].StringValue()
		cidr4, cidr6 := in["cidrIpv4"], in["cidrIpv6"]
		switch {
		case cidr4.IsString() && cidr4.StringValue() == "0.0.0.0/0":
			if !(protocol == "icmp" || port.NumberValue() == 80) {
				t.Errorf("%s is open to the world", rule.Name)
			}
		case cidr4.IsString() && cidr4.StringValue() == "203.0.113.7/32", cidr6.IsString() && cidr6.StringValue() == "2001:db8::/32":
			if port.NumberValue() != 22 && port.NumberValue() != 6443 {
				t.Errorf("%s gives admins port %v", rule.Name, port)
			}
		case !in["referencedSecurityGroupId"].IsString():
			t.Errorf("%s has no source", rule.Name)
		}
	}
	for _, group := range r.of("aws:ec2/securityGroup:SecurityGroup") {
		if group.Inputs.HasValue("ingress") || group.Inputs.HasValue("egress") {
			t.Errorf("%s has inline rules", group.Name)
		}
	}
}

func TestInstances(t *testing.T) {
	t.Parallel()
	instances := record(t, map[string]string{"workers": `{"count": 3}`}).of("aws:ec2/instance:Instance")
	if len(instances) != 4 {
		t.Fatalf("%d instances, want a control plane and 3 workers", len(instances))
	}
	for _, instance := range instances {
		metadata := instance.Inputs["metadataOptions"].ObjectValue()
		if metadata["httpTokens"].StringValue() != "required" || metadata["httpPutResponseHopLimit"].NumberValue() != 1 {
			t.Errorf("%s: metadata service is %v", instance.Name, metadata)
		}
		if disk := instance.Inputs["rootBlockDevice"].ObjectValue(); !disk["encrypted"].BoolValue() || disk["volumeType"].StringValue() != "gp3" {
			t.Errorf("%s: disk is %v", instance.Name, disk)
		}
		if instance.Inputs["tags"].ObjectValue()["Name"].StringValue() != instance.Name {
			t.Errorf("%s has no name tag", instance.Name)
		}
	}
}

func TestCommands(t *testing.T) {
	t.Parallel()
	commands := record(t, nil).of("command:remote:Command")
	for _, command := range commands {
		request := command.RegisterRPC
		if request.GetCustomTimeouts().GetCreate() == "" {
			t.Errorf("%s has no timeout", command.Name)
		}
		if request.GetDeletedWith() == "" {
			t.Errorf("%s is not deleted with its host", command.Name)
		}
		if text := command.Inputs["create"].StringValue(); strings.Contains(text, "PRIVATE KEY") || !strings.HasPrefix(text, "set -Eeuo pipefail\n") && !strings.HasPrefix(text, "sudo cat ") {
			t.Errorf("%s: script is\n%s", command.Name, text)
		}
		if !command.Inputs["connection"].ContainsSecrets() {
			t.Errorf("%s: the connection holds a key that is no secret", command.Name)
		}
	}
	if len(commands) < 15 {
		t.Errorf("%d commands", len(commands))
	}
}

func TestEveryChildHasAComponent(t *testing.T) {
	t.Parallel()
	for _, res := range record(t, nil).resources {
		if strings.HasPrefix(res.TypeToken, "hello-kubernetes:") || res.TypeToken == "pulumi:providers:aws" {
			continue
		}
		if parent := res.RegisterRPC.GetParent(); !strings.Contains(parent, "hello-kubernetes:") {
			t.Errorf("%s %s has the parent %q", res.TypeToken, res.Name, parent)
		}
	}
}

func TestNAT(t *testing.T) {
	t.Parallel()
	for nat, gateways := range map[string]int{"instance": 0, "gateway": 1} {
		r := record(t, map[string]string{"nat": nat})
		if found := len(r.of("aws:ec2/natGateway:NatGateway")); found != gateways {
			t.Errorf("nat %s: %d gateways", nat, found)
		}
		if routes := len(r.of("aws:ec2/route:Route")); routes != 2 {
			t.Errorf("nat %s: %d default routes, want one a subnet", nat, routes)
		}
	}
}
