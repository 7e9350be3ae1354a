package program

import (
	"strings"
	"testing"

	"hello-kubernetes/internal/layout"
	"hello-kubernetes/tests/recorder"
)

func TestEachSubnetHasOneRouteToTheInternet(t *testing.T) {
	inEachVariant(t, func(t *testing.T, s stack) {
		targets := map[string][]string{}
		for _, route := range s.Of("aws:ec2/route:Route") {
			if route.Text("destinationCidrBlock") != "0.0.0.0/0" {
				t.Errorf("%s leads to %q", route.Name, route.Text("destinationCidrBlock"))
			}
			for _, target := range []string{"gatewayId", "natGatewayId", "networkInterfaceId"} {
				if route.Text(target) != "" {
					table := route.Text("routeTableId")
					targets[table] = append(targets[table], target)
				}
			}
		}
		private := map[layout.NAT]string{
			layout.NATInstance: "networkInterfaceId", layout.NATGateway: "natGatewayId",
		}[s.config.NAT]
		for table, want := range map[string]string{"public": "gatewayId", "private": private} {
			if got := strings.Join(targets[s.Get(t, "RouteTable "+table).ID], " and "); got != want {
				t.Errorf("the route to the internet of the %s subnet is %q, want %q", table, got, want)
			}
		}
		if gateways := len(s.Of("aws:ec2/natGateway:NatGateway")); (gateways == 1) != (s.config.NAT == "gateway") {
			t.Errorf("%d NAT gateways", gateways)
		}
	})
}

// Left to AWS, one could get the other's.
func TestFixedAddressesDiffer(t *testing.T) {
	t.Parallel()
	const subnet = "10.0.0.240/28"
	public := record(t, map[string]string{"nat": "gateway", "publicSubnetCidr": subnet})
	private := record(t, map[string]string{"topology": "private", "publicSubnetCidr": subnet})
	for want, res := range map[string]*recorder.Resource{
		"10.0.0.250": public.Get(t, "Instance control-plane"),
		"10.0.0.251": public.Get(t, "NatGateway"),
		"10.0.0.252": private.Get(t, "Instance edge"),
	} {
		if got := res.Text("privateIp"); got != want {
			t.Errorf("the address of %s is %q, want %s", res.Label(), got, want)
		}
	}
}

// A moved "latest" image must not replace what runs; a configured one has to.
func TestOnlyAConfiguredImageReplacesHosts(t *testing.T) {
	inEachVariant(t, func(t *testing.T, s stack) {
		for _, instance := range s.Of(recorder.Instance) {
			ignored := strings.Join(instance.RegisterRPC.GetIgnoreChanges(), " ")
			if want := map[bool]string{true: "ami", false: ""}[s.config.AMIID == ""]; ignored != want {
				t.Errorf("%s ignores changes of %q, want %q", instance.Name, ignored, want)
			}
			if instance.Text("ami") != "ami-0123456789abcdef0" {
				t.Errorf("%s: ami is %q", instance.Name, instance.Text("ami"))
			}
		}
	})
}

func TestAppIsWhatTheConfigurationSays(t *testing.T) {
	t.Parallel()
	deployment := record(t, map[string]string{
		"app": `{"image": "example.com/app:1", "replicas": 5, "port": 8080, "env": {"B": "2", "A": "1"}}`,
	}).Get(t, "Deployment hello-hapi")
	if replicas := deployment.Property("spec.replicas").V; replicas != 5.0 {
		t.Errorf("%v replicas", replicas)
	}
	container := deployment.Property("spec.template.spec.containers").ArrayValue()[0].ObjectValue().Mappable()
	if container["image"] != "example.com/app:1" {
		t.Errorf("image is %v", container["image"])
	}
}
