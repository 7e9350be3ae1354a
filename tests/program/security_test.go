package program

import (
	"slices"
	"strings"
	"testing"

	"hello-kubernetes/tests/recorder"
)

// What a rule may let in. Ports are single ones: a range from a CIDR is never right here.
var (
	fromInternet = []string{"tcp 80-80", "tcp 443-443", "icmp 3-4"} // ICMP type and code of path MTU discovery
	fromAdmins   = []string{"tcp 22-22", "tcp 6443-6443"}
)

func TestOnlyTheNecessaryIsOpenToTheOutside(t *testing.T) {
	inEachVariant(t, func(t *testing.T, s stack) {
		rules := s.Of(recorder.IngressRule)
		if len(rules) == 0 {
			t.Fatal("no rules")
		}
		for _, rule := range rules {
			if rule.Text("referencedSecurityGroupId") != "" {
				continue // TestFlows of package network
			}
			cidr := rule.Text("cidrIpv4") + rule.Text("cidrIpv6")
			var allowed []string
			if cidr == "0.0.0.0/0" {
				allowed = fromInternet
			}
			if slices.Contains(s.config.AdminCIDRs, cidr) {
				allowed = slices.Concat(allowed, fromAdmins)
			}
			if traffic := rule.Traffic(); !slices.Contains(allowed, traffic) {
				t.Errorf("%s lets %s from %q in, allowed from there: %q", rule.Name, traffic, cidr, allowed)
			}
		}
	})
}

// Inline rules of a group and rules of their own fight over what is in force.
func TestSecurityGroupsHaveNoInlineRules(t *testing.T) {
	inEachVariant(t, func(t *testing.T, s stack) {
		for _, group := range s.Of(recorder.SecurityGroup) {
			if group.Inputs.HasValue("ingress") || group.Inputs.HasValue("egress") {
				t.Errorf("%s has inline rules", group.Name)
			}
		}
	})
}

func TestInstancesAreHardened(t *testing.T) {
	inEachVariant(t, func(t *testing.T, s stack) {
		instances := s.Of(recorder.Instance)
		if want := 1 + len(s.behind()); len(instances) != want {
			t.Errorf("%d instances, want %d", len(instances), want)
		}
		for _, instance := range instances {
			for path, want := range map[string]any{
				"metadataOptions.httpTokens":              "required",
				"metadataOptions.httpPutResponseHopLimit": 1.0, // no container gets at the credentials of its host
				"metadataOptions.httpEndpoint":            "enabled",
				"rootBlockDevice.encrypted":               true,
				"rootBlockDevice.volumeType":              "gp3",
				"rootBlockDevice.tags.Name":               instance.Name,
				"tags.Name":                               instance.Name,
			} {
				if got := instance.Property(path).V; got != want {
					t.Errorf("%s: %s is %v, want %v", instance.Name, path, got, want)
				}
			}
		}
	})
}

// Only a host that forwards others' packets may send from addresses that are not its own.
func TestSourceCheckIsOffOnlyForTheNATInstance(t *testing.T) {
	inEachVariant(t, func(t *testing.T, s stack) {
		for _, instance := range s.Of(recorder.Instance) {
			forwards := s.config.NAT == "instance" && strings.HasSuffix(instance.Name, "-"+s.edge())
			check := instance.Property("sourceDestCheck")
			if off := check.IsBool() && !check.BoolValue(); off != forwards {
				t.Errorf("%s: source check off: %v, want %v", instance.Name, off, forwards)
			}
		}
	})
}

func TestEverythingIsNamed(t *testing.T) {
	inEachVariant(t, func(t *testing.T, s stack) {
		untaggable := []string{"Route ", "RouteTableAssociation ", "EipAssociation "}
		for _, res := range s.Resources {
			if !strings.HasPrefix(res.TypeToken, "aws:") || slices.ContainsFunc(untaggable, func(prefix string) bool {
				return strings.HasPrefix(res.Label()+" ", prefix)
			}) {
				continue
			}
			if res.Text("tags.Name") != res.Name {
				t.Errorf("%s: tag Name is %q, want %q", res.Label(), res.Text("tags.Name"), res.Name)
			}
		}
	})
}
