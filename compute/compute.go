// Package compute builds the hosts: a control plane in the public subnet and workers in the private one.
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

	ControlPlane Node   // Required.
	Address      string // Required. The control plane's private address; a change replaces it
	Workers      []Node // Required. A host each, named by its index

	NAT *NAT // Optional. Makes the control plane's host the NAT of a subnet
}

// NAT is a subnet whose traffic to the internet the control plane's host masquerades.
type NAT struct {
	SubnetCIDR   string             // Required. Updated in place
	VPCCIDR      string             // Required. What the subnet reaches without NAT; updated in place
	RouteTableID pulumi.StringInput // Required. The subnet's route table
}

// Node is what one host is made of.
type Node struct {
	InstanceType    string             // Required. Updated by a stop and a start
	SubnetID        pulumi.StringInput // Required. A change replaces the host
	SecurityGroupID pulumi.StringInput // Required. Updated in place
	Ready           []pulumi.Resource  // Optional. The subnet's way to the internet: the host's steps wait for it, the host does not
}

// Compute is the hosts, ready for remote scripts.
type Compute struct {
	pulumi.ResourceState

	PublicIP     pulumi.StringOutput // the control plane's Elastic IP
	ControlPlane remote.Host
	Workers      []remote.Host
	workersReady []pulumi.Resource // the NAT, if a host is it
}

// New registers the hosts.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Compute, error) {
	c := &Compute{}
	if err := ctx.RegisterComponentResourceV2("hello-kubernetes:compute:Compute", name, pulumi.Map{
		"workers": pulumi.Int(len(args.Workers)),
	}, c, opts...); err != nil {
		return nil, err
	}
	key, err := ec2.NewKeyPair(ctx, name, &ec2.KeyPairArgs{
		KeyNamePrefix: pulumi.String(name + "-"),
		PublicKey:     pulumi.String(args.SSHPublicKey),
		Tags:          pulumi.StringMap{"Name": pulumi.String(name)},
	}, pulumi.Parent(c))
	if err != nil {
		return nil, fmt.Errorf("key pair: %w", err)
	}
	image := c.image(ctx, args.AMI)
	login := remote.Login{User: user, PrivateKey: pulumi.ToSecret(pulumi.String(args.SSHPrivateKey)).(pulumi.StringOutput)}
	if err := c.controlPlane(ctx, name, args, image, key, login); err != nil {
		return nil, err
	}
	for i, node := range args.Workers {
		if err := c.worker(ctx, name, i, node, image, key, args.SSHPrivateKey, login); err != nil {
			return nil, err
		}
	}
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{"publicIp": c.PublicIP})
}

// worker registers the worker with the given index.
func (c *Compute) worker(
	ctx *pulumi.Context, name string, index int, node Node, image image, key *ec2.KeyPair, stackKey string, login remote.Login,
) error {
	name = fmt.Sprintf("%s-worker-%d", name, index)
	identity, err := deriveHostKey(stackKey, name)
	if err != nil {
		return err
	}
	instance, err := c.instance(ctx, name, node, image, key, identity, nil)
	if err != nil {
		return err
	}
	host := remote.Host{
		Name:           fmt.Sprintf("worker-%d", index),
		Address:        instance.PrivateIp,
		PrivateAddress: instance.PrivateIp,
		HostKey:        identity.public,
		Login:          login,
		Bastion:        &c.ControlPlane,
		Instance:       instance,
		ID:             instance.ID(),
	}
	booted, err := remote.WaitForSSH(ctx, host, pulumi.Parent(c))
	if err != nil {
		return err
	}
	host.Ready = slices.Concat([]pulumi.Resource{booted}, node.Ready, c.workersReady)
	c.Workers = append(c.Workers, host)
	return nil
}
