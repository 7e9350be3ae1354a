package network

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"hello-kubernetes/internal/layout"
	"hello-kubernetes/tests/recorder"
)

// record runs the component.
func record(t *testing.T, nat layout.NAT, admins ...string) *recorder.Recording {
	t.Helper()
	r, err := recorder.Run(nil, func(ctx *pulumi.Context) error {
		_, err := New(ctx, recorder.Project+"-"+recorder.Stack, Args{
			VPCCIDR:           "10.0.0.0/16",
			PublicSubnetCIDR:  "10.0.0.0/24",
			PrivateSubnetCIDR: "10.0.1.0/24",
			NAT:               nat,
			Mirror:            "10.0.0.20",
			NATAddress:        "10.0.0.11",
			AdminCIDRs:        admins,
			NodePorts:         nodePortsOfTest,
		})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// A rule is what a rule of a security group lets pass: what goes from where to where.
type rule struct{ from, to, traffic string }

// rules returns what the recorded rules of one direction let pass. The other end is a role or a CIDR.
func rules(t *testing.T, r *recorder.Recording, token string) []rule {
	t.Helper()
	roles := map[string]string{}
	for _, group := range r.Of(recorder.SecurityGroup) {
		roles[group.ID] = strings.TrimPrefix(group.Label(), "SecurityGroup ")
	}
	var found []rule
	for _, res := range r.Of(token) {
		own, peer := roles[res.Text("securityGroupId")], roles[res.Text("referencedSecurityGroupId")]
		cidr := res.Text("cidrIpv4") + res.Text("cidrIpv6")
		if own == "" || (peer == "") == (cidr == "") {
			t.Fatalf("%s: group %q, other end %q%q: want a group and one other end", res.Name, own, peer, cidr)
		}
		p := rule{peer + cidr, own, res.Traffic()}
		if token == recorder.EgressRule {
			p.from, p.to = p.to, p.from
		}
		found = append(found, p)
	}
	return found
}

func TestSubnetsReachTheInternetOverTables(t *testing.T) {
	t.Parallel()
	for _, nat := range []layout.NAT{layout.NATInstance, layout.NATGateway, layout.NATNone} {
		r := record(t, nat, "203.0.113.7/32")
		for _, role := range []string{"public", "private"} {
			association := r.Get(t, "RouteTableAssociation "+role)
			table, subnet := association.Text("routeTableId"), association.Text("subnetId")
			if table != r.Get(t, "RouteTable "+role).ID || subnet != r.Get(t, "Subnet "+role).ID {
				t.Errorf("%s: %s has the table %s", nat, subnet, table)
			}
		}
		if routes := r.Of("aws:ec2/route:Route"); len(routes) != 1 ||
			routes[0].Text("routeTableId") != r.Get(t, "RouteTable public").ID {
			t.Errorf("%s: %d routes, want the public one", nat, len(routes)) // the private one is made with the hosts
		}
	}
}

// Traffic between zones costs money, and a zone that AWS lists first one day must not move a subnet.
func TestSubnetsStayInOneZone(t *testing.T) {
	t.Parallel()
	for _, subnet := range record(t, layout.NATInstance, "203.0.113.7/32").Of("aws:ec2/subnet:Subnet") {
		if zone := subnet.Text("availabilityZone"); zone != "us-east-1a" {
			t.Errorf("%s is in %q", subnet.Name, zone)
		}
		if ignored := subnet.RegisterRPC.GetIgnoreChanges(); len(ignored) != 1 || ignored[0] != "availabilityZone" {
			t.Errorf("%s ignores changes of %q, want availabilityZone", subnet.Name, ignored)
		}
		// Its replacement has the same addresses and cannot be beside it.
		if !subnet.RegisterRPC.GetDeleteBeforeReplace() {
			t.Errorf("%s is replaced before it is deleted", subnet.Name)
		}
		if public := subnet.Property("mapPublicIpOnLaunch"); public.IsBool() && public.BoolValue() {
			t.Errorf("%s gives every host a public address", subnet.Name)
		}
	}
}
