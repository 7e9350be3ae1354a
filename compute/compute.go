// Package compute builds the hosts: instances, of which the edge has the Elastic IP and all others are reached through
// it.
package compute

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"hello-kubernetes/internal/layout"
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
	AMI           string // Optional. A change replaces every instance. Default: the newest Debian 13, for new ones
	Hosts         []Host // Required. Exactly one is the edge
	Egress        Egress // Required. Of the hosts in the private subnet
}

// Host is what one host is made of.
type Host struct {
	Name             string               // Required. Unique; a change replaces the host
	Roles            []layout.Role        // Required. Updated in place
	InstanceType     string               // Required. Updated by a stop and a start
	SubnetID         pulumi.StringInput   // Required. A change replaces the host
	SecurityGroupIDs []pulumi.StringInput // Required. Updated in place
	Address          string               // Optional. Private; a change replaces the host. Default: a free one
	Ready            []pulumi.Resource    // Optional. What the host's steps wait for, though not the instance
}

// Egress is the private subnet's route to the internet. A change of it is made in place.
type Egress struct {
	NAT          layout.NAT         // Required. With NATInstance the edge masquerades, with NATNone there is no route
	RouteTableID pulumi.StringInput // Required. The subnet's route table
	NATGatewayID pulumi.StringInput // Required for NATGateway
	SubnetCIDR   string             // Required. The private subnet's
	VPCCIDR      string             // Required. What the subnet reaches without NAT
}

// Compute is the hosts, ready for remote scripts.
type Compute struct {
	pulumi.ResourceState

	PublicIP pulumi.StringOutput // the Elastic IP, of the edge
	Hosts    []remote.Host       // in the order of Args.Hosts

	name     string
	key      *ec2.KeyPair
	ami      pulumi.StringInput
	newest   bool   // whether ami was looked up, and may be another one tomorrow
	stackKey string // a secret
	login    remote.Login
}

// New registers the hosts: instances → the edge's address → the private subnet's egress → hosts behind the edge.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Compute, error) {
	key := pulumi.ToSecret(pulumi.String(args.SSHPrivateKey)).(pulumi.StringOutput)
	c := &Compute{name: name, stackKey: args.SSHPrivateKey, login: remote.Login{User: user, PrivateKey: key}}
	if err := ctx.RegisterComponentResourceV2("hello-kubernetes:compute:Compute", name, pulumi.Map{
		"hosts": pulumi.Int(len(args.Hosts)),
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
	c.ami, c.newest = c.image(ctx, args.AMI), args.AMI == ""
	instances := make([]*ec2.Instance, len(args.Hosts))
	for i, host := range args.Hosts {
		if instances[i], err = c.instance(ctx, host, args.Egress.NAT); err != nil {
			return nil, err
		}
	}
	if err := c.connect(ctx, args, instances); err != nil {
		return nil, err
	}
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{"publicIp": c.PublicIP})
}

// connect registers the ways to the hosts: the edge's address, the private subnet's route, and the jump over the edge.
func (c *Compute) connect(ctx *pulumi.Context, args Args, instances []*ec2.Instance) error {
	c.Hosts = make([]remote.Host, len(args.Hosts))
	e := slices.IndexFunc(args.Hosts, func(host Host) bool { return slices.Contains(host.Roles, layout.Edge) })
	edge, err := c.edge(ctx, e, args.Hosts[e], instances)
	if err != nil {
		return err
	}
	c.Hosts[e] = edge
	egress, err := c.egress(ctx, edge, instances[e], args.Egress)
	if err != nil {
		return err
	}
	for i, spec := range args.Hosts {
		if i == e {
			continue
		}
		host, err := c.host(spec, instances[i])
		if err != nil {
			return err
		}
		host.Address, host.Bastion = host.PrivateAddress, &c.Hosts[e]
		up, err := remote.WaitForSSH(ctx, host, pulumi.Parent(c))
		if err != nil {
			return err
		}
		host.Ready = slices.Concat([]pulumi.Resource{up}, spec.Ready, egress)
		c.Hosts[i] = host
	}
	return nil
}
