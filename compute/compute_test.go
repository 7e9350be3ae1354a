package compute

import (
	"crypto/ed25519"
	"encoding/pem"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"golang.org/x/crypto/ssh"

	"hello-kubernetes/tests/recorder"
	"hello-kubernetes/tests/scripttest"
)

// record runs the component with two workers.
func record(t *testing.T, adjust func(args *Args)) *recorder.Recording {
	t.Helper()
	r, err := recorder.Run(nil, func(ctx *pulumi.Context) error {
		way, err := ec2.NewRoute(ctx, "way-out", &ec2.RouteArgs{RouteTableId: pulumi.String("table")})
		if err != nil {
			return err
		}
		node := func(kind, subnet string) Node {
			return Node{
				InstanceType:    kind,
				SubnetID:        pulumi.String(subnet),
				SecurityGroupID: pulumi.String(subnet + "-group"),
				Ready:           []pulumi.Resource{way},
			}
		}
		args := Args{
			SSHPublicKey:  "ssh-ed25519 AAAA",
			SSHPrivateKey: stackKey,
			ControlPlane:  node("t2.small", "public"),
			Workers:       []Node{node("t2.micro", "private"), node("t2.micro", "private")},
			WayOut:        &WayOut{SubnetCIDR: "10.0.1.0/24", VPCCIDR: "10.0.0.0/16", RouteTableID: pulumi.String("private-table")},
		}
		args.ControlPlane.Address = "10.0.0.10"
		if adjust != nil {
			adjust(&args)
		}
		_, err = New(ctx, recorder.Project+"-"+recorder.Stack, args)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// stackKey is one of the stack's, written anew.
var stackKey = func() string {
	block, err := ssh.MarshalPrivateKey(ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)), "")
	if err != nil {
		panic(err)
	}
	return string(pem.EncodeToMemory(block))
}()

func TestScripts(t *testing.T) {
	t.Parallel()
	goldens := scripttest.NewGoldens(t)
	nat := record(t, nil).Get(t, "control-plane-nat")
	for name, text := range map[string]string{"nat.sh": nat.Text("create"), "nat-off.sh": nat.Text("delete")} {
		goldens.Compare(t, name, text)
		t.Run(name, func(t *testing.T) { scripttest.Lint(t, text) })
	}
}

// A new machine under the old one's name or address can only come after it.
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
		"control-plane": "t2.small public public-group 10.0.0.10",
		"worker-0":      "t2.micro private private-group ",
		"worker-1":      "t2.micro private private-group ",
	} {
		instance := r.Get(t, "Instance "+name)
		got := []string{instance.Text("instanceType"), instance.Text("subnetId"), instance.Texts("vpcSecurityGroupIds")[0], instance.Text("privateIp")}
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
	front := args.ControlPlane
	front.InstanceType = "t2.micro"
	args.Edge = &front
	args.ControlPlane = args.Workers[0]
	args.ControlPlane.InstanceType = "t2.small"
}

func TestElasticIPLeadsToTheEdge(t *testing.T) {
	t.Parallel()
	for edge, adjust := range map[string]func(*Args){"control-plane": nil, "edge": withEdge} {
		r := record(t, adjust)
		association := r.Get(t, "EipAssociation edge")
		if host := association.Text("instanceId"); host != r.Get(t, "Instance "+edge).Name+"-id" {
			t.Errorf("it leads to %q, want %s", host, edge)
		}
		if !slices.Contains(r.Needs(t, "EipAssociation edge"), "Route way-out") {
			t.Error("it does not wait for the way out")
		}
		if needs := r.Needs(t, "Instance worker-0"); slices.Contains(needs, "Route way-out") {
			t.Errorf("the host itself waits for the way out, which takes minutes with a NAT gateway: %q", needs)
		}
	}
}

// Who is behind the edge is reached through it, and only so.
func TestOthersAreBehindTheEdge(t *testing.T) {
	t.Parallel()
	r := record(t, withEdge)
	public := r.Get(t, "edge-booted").Text("connection.host")
	for _, host := range []string{"control-plane", "worker-0", "worker-1"} {
		booted := r.Get(t, host+"-booted")
		if got := booted.Text("connection.proxy.host"); got != public || booted.Text("connection.host") == public {
			t.Errorf("%s is reached at %q through %q, want through %q", host, booted.Text("connection.host"), got, public)
		}
	}
	if step := r.Get(t, "edge-nat"); step.Text("connection.host") != public {
		t.Errorf("the NAT is %q", step.Text("connection.host"))
	}
}

// Without NAT on a host there is no script, and the host checks what it forwards.
func TestWithoutNATInstance(t *testing.T) {
	t.Parallel()
	for target, adjust := range map[string]func(*Args){
		"":        func(args *Args) { args.WayOut = nil },
		"gateway": func(args *Args) { args.WayOut.NATGatewayID = pulumi.String("gateway") },
	} {
		r := record(t, adjust)
		for _, res := range r.Resources {
			if res.Label() == "control-plane-nat" || target == "" && res.Label() == "Route private" {
				t.Errorf("%s is there", res.Label())
			}
		}
		if target != "" {
			if route := r.Get(t, "Route private"); route.Text("natGatewayId") != target || route.Text("networkInterfaceId") != "" {
				t.Errorf("the route leads to %q and %q, want %q", route.Text("natGatewayId"), route.Text("networkInterfaceId"), target)
			}
		}
		if check := r.Get(t, "Instance control-plane").Property("sourceDestCheck"); !check.IsBool() || !check.BoolValue() {
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
