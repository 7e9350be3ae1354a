package compute

import (
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"hello-kubernetes/internal/layout"
	"hello-kubernetes/tests/recorder"
	"hello-kubernetes/tests/scripttest"
)

// record runs the component: a control plane that is the edge, too, and two workers behind it.
func record(t *testing.T, adjust func(args *Args)) *recorder.Recording {
	t.Helper()
	r, err := recorder.Run(nil, func(ctx *pulumi.Context) error {
		route, err := ec2.NewRoute(ctx, "to-the-internet", &ec2.RouteArgs{RouteTableId: pulumi.String("table")})
		if err != nil {
			return err
		}
		args := Args{
			SSHPublicKey:  "ssh-ed25519 AAAA",
			SSHPrivateKey: recorder.SSHKey(),
			Hosts: []Host{
				{
					Name:         "control-plane",
					Roles:        []layout.Role{layout.Edge, layout.ControlPlane},
					InstanceType: "t2.small",
					Address:      "10.0.0.10",
				},
				{Name: "worker-0", Roles: []layout.Role{layout.Worker}, InstanceType: "t2.micro"},
				{Name: "worker-1", Roles: []layout.Role{layout.Worker}, InstanceType: "t2.micro"},
			},
			Egress: Egress{
				NAT: layout.NATInstance, SubnetCIDR: "10.0.1.0/24", VPCCIDR: "10.0.0.0/16",
				RouteTableID: pulumi.String("private-table"),
			},
		}
		if adjust != nil {
			adjust(&args)
		}
		for i, host := range args.Hosts {
			subnet := "private"
			for _, role := range host.Roles {
				if role == layout.Edge {
					subnet = "public"
				}
				args.Hosts[i].SecurityGroupIDs = append(args.Hosts[i].SecurityGroupIDs, pulumi.String(role))
			}
			args.Hosts[i].SubnetID, args.Hosts[i].Ready = pulumi.String(subnet), []pulumi.Resource{route}
		}
		_, err = New(ctx, recorder.Project+"-"+recorder.Stack, args)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestScripts(t *testing.T) {
	t.Parallel()
	scripttest.NewGoldens(t).Compare(t, "nat.sh", record(t, nil).Get(t, "control-plane-nat").Text("create"))
}

// A new instance under the old one's name or address can only come after it.
func TestHostsAreDeletedBeforeTheirReplacement(t *testing.T) {
	t.Parallel()
	for _, instance := range record(t, nil).Of(recorder.Instance) {
		if !instance.RegisterRPC.GetDeleteBeforeReplace() {
			t.Errorf("%s is replaced before it is deleted", instance.Name)
		}
	}
}

func TestHostsAreWhereTheyAreTold(t *testing.T) {
	t.Parallel()
	r := record(t, nil)
	for name, want := range map[string]string{
		"control-plane": "t2.small public 10.0.0.10 edge control-plane",
		"worker-0":      "t2.micro private  worker",
		"worker-1":      "t2.micro private  worker",
	} {
		instance := r.Get(t, "Instance "+name)
		got := append([]string{instance.Text("instanceType"), instance.Text("subnetId"), instance.Text("privateIp")},
			instance.Texts("vpcSecurityGroupIds")...)
		if strings.Join(got, " ") != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

// A prefix of its name lets a new key pair be there before the old one goes.
func TestKeyPairCanBeReplaced(t *testing.T) {
	t.Parallel()
	key := record(t, nil).Get(t, "KeyPair")
	if key.Text("keyName") != "" || key.Text("keyNamePrefix") == "" {
		t.Errorf("the key pair is named %q, with the prefix %q", key.Text("keyName"), key.Text("keyNamePrefix"))
	}
}

// withEdge puts the control plane behind an edge of its own.
func withEdge(args *Args) {
	edge := Host{Name: "edge", Roles: []layout.Role{layout.Edge}, InstanceType: "t2.micro", Address: "10.0.0.12"}
	args.Hosts[0].Roles, args.Hosts[0].Address = []layout.Role{layout.ControlPlane}, ""
	args.Hosts = append([]Host{edge}, args.Hosts...)
}

func TestElasticIPLeadsToTheEdge(t *testing.T) {
	t.Parallel()
	for edge, adjust := range map[string]func(*Args){"control-plane": nil, "edge": withEdge} {
		r := record(t, adjust)
		association := r.Get(t, "EipAssociation edge")
		if host := association.Text("instanceId"); host != r.Get(t, "Instance "+edge).ID {
			t.Errorf("it leads to %q, want %s", host, edge)
		}
		if !slices.Contains(r.Needs(t, "EipAssociation edge"), "Route to-the-internet") {
			t.Error("it does not wait for the route to the internet")
		}
		if needs := r.Needs(t, "Instance worker-0"); slices.Contains(needs, "Route to-the-internet") {
			t.Errorf(
				"the instance waits for the route to the internet, which takes minutes with a NAT gateway: %q",
				needs,
			)
		}
	}
}

// Who is behind the edge is reached through it, and only so.
func TestOthersAreBehindTheEdge(t *testing.T) {
	t.Parallel()
	r := record(t, withEdge)
	public := r.Get(t, "edge-cloud-init").Text("connection.host")
	for _, host := range []string{"control-plane", "worker-0", "worker-1"} {
		up := r.Get(t, host+"-cloud-init")
		if got := up.Text("connection.proxy.host"); got != public || up.Text("connection.host") == public {
			t.Errorf("%s is reached at %q through %q, want through %q", host, up.Text("connection.host"), got, public)
		}
	}
	if step := r.Get(t, "edge-nat"); step.Text("connection.host") != public {
		t.Errorf("the NAT is %q", step.Text("connection.host"))
	}
}

// Without a NAT instance there is no script, and the edge sends from its own address only.
func TestWithoutNATInstance(t *testing.T) {
	t.Parallel()
	for nat, gateway := range map[layout.NAT]string{layout.NATNone: "", layout.NATGateway: "gateway"} {
		r := record(t, func(args *Args) {
			args.Egress.NAT = nat
			if gateway != "" {
				args.Egress.NATGatewayID = pulumi.String(gateway)
			}
		})
		for _, res := range r.Resources {
			if res.Label() == "control-plane-nat" || gateway == "" && res.Label() == "Route private" {
				t.Errorf("%s is there", res.Label())
			}
		}
		if gateway != "" {
			if route := r.Get(t, "Route private"); route.Text("natGatewayId") != gateway ||
				route.Text("networkInterfaceId") != "" {
				t.Errorf(
					"the route leads to %q and %q, want %q",
					route.Text("natGatewayId"),
					route.Text("networkInterfaceId"),
					gateway,
				)
			}
		}
		if check := r.Get(t, "Instance control-plane").Property("sourceDestCheck"); !check.IsBool() ||
			!check.BoolValue() {
			t.Errorf("the source check is %v", check.V)
		}
	}
}

func TestImageIsLookedUpOnlyWhenNoneIsConfigured(t *testing.T) {
	t.Parallel()
	const configured = "ami-0fedcba9876543210"
	for ami, want := range map[string]struct {
		image string
		calls int
	}{"": {"ami-0123456789abcdef0", 1}, configured: {configured, 0}} {
		r := record(t, func(args *Args) { args.AMI = ami })
		if len(r.Calls) != want.calls {
			t.Errorf("with %q: %d look-ups", ami, len(r.Calls))
		}
		for _, instance := range r.Of(recorder.Instance) {
			if got := instance.Text("ami"); got != want.image {
				t.Errorf("with %q: %s has the image %q", ami, instance.Name, got)
			}
		}
	}
}
