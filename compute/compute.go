// Package compute builds the hosts: the edge, which has the Elastic IP, a control plane, which can be the edge itself, and
// workers.
package compute

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"hello-kubernetes/internal/remote"
)

// user is the login name, and imageParameter the SSM parameter of the newest image, of Debian 13:
// https://wiki.debian.org/Cloud/AmazonEC2Image/Trixie
const (
	user           = "admin"
	imageParameter = "/aws/service/debian/release/13/latest/amd64"
)

// Args is the input of New.
type Args struct {
	SSHPublicKey  string // Required. In authorized_keys format; a change replaces every host
	SSHPrivateKey string // Required. A secret; the hosts' own keys are derived from it: a change replaces every host
	AMI           string // Optional. Machine image; a change replaces every host. Default: the newest Debian 13, for new hosts only

	Edge         *Node  // Optional. In a public subnet. Default: the control plane is the edge
	ControlPlane Node   // Required.
	Workers      []Node // Required. A host each, named by its index

	WayOut *WayOut // Optional. Of the hosts behind the edge. Default: they have none
}

// Node is what one host is made of.
type Node struct {
	InstanceType    string             // Required. Updated by a stop and a start
	SubnetID        pulumi.StringInput // Required. A change replaces the host
	SecurityGroupID pulumi.StringInput // Required. Updated in place
	Address         string             // Optional. Private address; a change replaces the host. Default: one that is free
	Ready           []pulumi.Resource  // Optional. The subnet's way to the internet: the host's steps wait for it, the host does not
}

// WayOut is a private subnet's way to the internet. From one target to another it changes in place.
type WayOut struct {
	RouteTableID pulumi.StringInput // Required. The subnet's route table
	NATGatewayID pulumi.StringInput // Optional. Default: the edge masquerades
	SubnetCIDR   string             // Required. Updated in place
	VPCCIDR      string             // Required. What the subnet reaches without NAT; updated in place
}

// masquerades tells whether the edge does.
func (w *WayOut) masquerades() bool { return w != nil && w.NATGatewayID == nil }

// Compute is the hosts, ready for remote scripts.
type Compute struct {
	pulumi.ResourceState

	PublicIP     pulumi.StringOutput // the Elastic IP, of the edge
	Edge         remote.Host         // the only one that the internet reaches: all others are behind it
	ControlPlane remote.Host         // the same as Edge if it has no host of its own
	Workers      []remote.Host

	name     string
	key      *ec2.KeyPair
	image    image
	stackKey string // a secret
	login    remote.Login
	wayOut   []pulumi.Resource // what the hosts behind the edge wait for
}

// New registers the hosts.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Compute, error) {
	c := &Compute{
		name:     name,
		stackKey: args.SSHPrivateKey,
		login:    remote.Login{User: user, PrivateKey: pulumi.ToSecret(pulumi.String(args.SSHPrivateKey)).(pulumi.StringOutput)},
	}
	if err := ctx.RegisterComponentResourceV2("hello-kubernetes:compute:Compute", name, pulumi.Map{
		"workers": pulumi.Int(len(args.Workers)),
	}, c, opts...); err != nil {
		return nil, err
	}
	var err error
	c.key, err = ec2.NewKeyPair(ctx, name, &ec2.KeyPairArgs{
		KeyNamePrefix: pulumi.String(name + "-"),
		PublicKey:     pulumi.String(args.SSHPublicKey),
		Tags:          pulumi.StringMap{"Name": pulumi.String(name)},
	}, pulumi.Parent(c))
	if err != nil {
		return nil, fmt.Errorf("key pair: %w", err)
	}
	c.image = c.findImage(ctx, args.AMI)
	if err := c.hosts(ctx, args); err != nil {
		return nil, err
	}
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{"publicIp": c.PublicIP})
}

// All returns every host once, the edge first.
func (c *Compute) All() []remote.Host {
	all := append([]remote.Host{c.ControlPlane}, c.Workers...)
	if c.ControlPlane.Bastion != nil {
		all = append([]remote.Host{c.Edge}, all...)
	}
	return all
}

// hosts registers the edge and, behind it, the others.
func (c *Compute) hosts(ctx *pulumi.Context, args Args) error {
	forwards := args.WayOut.masquerades() // the edge does
	controlPlane, instance, err := c.instance(ctx, "control-plane", args.ControlPlane, forwards && args.Edge == nil)
	if err != nil {
		return err
	}
	if args.Edge == nil {
		if err := c.edge(ctx, controlPlane, instance, args.ControlPlane.Ready, args.WayOut); err != nil {
			return err
		}
		c.ControlPlane = c.Edge
	} else {
		edge, edgeInstance, err := c.instance(ctx, "edge", *args.Edge, forwards)
		if err != nil {
			return err
		}
		// A control plane that was the edge is left over the address, which must not go before.
		ready := append(slices.Clone(args.Edge.Ready), instance)
		if err := c.edge(ctx, edge, edgeInstance, ready, args.WayOut); err != nil {
			return err
		}
		if c.ControlPlane, err = c.behind(ctx, controlPlane, args.ControlPlane); err != nil {
			return err
		}
	}
	for i, node := range args.Workers {
		host, _, err := c.instance(ctx, fmt.Sprintf("worker-%d", i), node, false)
		if err != nil {
			return err
		}
		worker, err := c.behind(ctx, host, node)
		if err != nil {
			return err
		}
		c.Workers = append(c.Workers, worker)
	}
	return nil
}

// behind makes a host one that is reached through the edge.
func (c *Compute) behind(ctx *pulumi.Context, host remote.Host, node Node) (remote.Host, error) {
	host.Address, host.Bastion = host.PrivateAddress, &c.Edge
	booted, err := remote.WaitForSSH(ctx, host, pulumi.Parent(c))
	if err != nil {
		return host, err
	}
	host.Ready = slices.Concat([]pulumi.Resource{booted}, node.Ready, c.wayOut)
	return host, nil
}
