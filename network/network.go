// Package network builds the VPC: a public and a private subnet, the way to the internet, and one security group a role.
package network

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Topology is who lives in which subnet.
type Topology string

const (
	// Public has the control plane in the public subnet, where its host is the edge, too, and the workers in the private one.
	Public Topology = "public"
	// Private has all nodes in the private subnet, behind an edge of its own.
	Private Topology = "private"
)

// NAT is the way of the private subnet to the internet.
type NAT string

const (
	// NATInstance sends the private subnet's traffic through the edge.
	NATInstance NAT = "instance"
	// NATGateway sends it through a NAT gateway.
	NATGateway NAT = "gateway"
	// NATNone lets it reach no more than a mirror in the VPC.
	NATNone NAT = "none"
)

// Args is the input of New. Networks are in CIDR notation; a change of one replaces it with all that is in it.
type Args struct {
	VPCCIDR           string   // Required.
	PublicSubnetCIDR  string   // Required.
	PrivateSubnetCIDR string   // Required.
	Topology          Topology // Required. Updated in place
	NAT               NAT      // Required. Updated in place
	NATAddress        string   // Required for NATGateway. Its address in the public subnet; a change replaces it
	Mirror            string   // Required for NATNone. Address of the mirror in the VPC. Updated in place
	AdminCIDRs        []string // Required. Who may reach SSH and the Kubernetes API. Updated in place
}

// Network is the VPC with its subnets and security groups.
type Network struct {
	pulumi.ResourceState

	PublicSubnetID      pulumi.StringOutput
	PrivateSubnetIDs    []pulumi.StringInput // workers are spread over them
	PublicReady         []pulumi.Resource    // what a host of the public subnet waits for before it uses the internet
	PrivateReady        []pulumi.Resource    // the same for the private subnet, beside the way out of PrivateRouteTableID
	PrivateRouteTableID pulumi.StringOutput  // has no route to the internet yet
	NATGatewayID        pulumi.StringOutput  // with NATGateway only
	EdgeGroupID         pulumi.StringOutput  // with Private only
	ControlPlaneGroupID pulumi.StringOutput
	WorkerGroupID       pulumi.StringOutput
}

// New registers the network.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Network, error) {
	n := &Network{}
	if err := ctx.RegisterComponentResourceV2("hello-kubernetes:network:Network", name, pulumi.ToMap(map[string]any{
		"vpcCidr":           args.VPCCIDR,
		"publicSubnetCidr":  args.PublicSubnetCIDR,
		"privateSubnetCidr": args.PrivateSubnetCIDR,
		"topology":          string(args.Topology),
		"nat":               string(args.NAT),
	}), n, opts...); err != nil {
		return nil, err
	}
	vpc, err := ec2.NewVpc(ctx, name, &ec2.VpcArgs{
		CidrBlock:          pulumi.String(args.VPCCIDR),
		EnableDnsSupport:   pulumi.Bool(true),
		EnableDnsHostnames: pulumi.Bool(true),
		Tags:               tags(name),
	}, pulumi.Parent(n))
	if err != nil {
		return nil, fmt.Errorf("vpc: %w", err)
	}
	public, private, err := n.subnets(ctx, name, vpc, args)
	if err != nil {
		return nil, err
	}
	if err := n.routes(ctx, name, vpc, public, private, args); err != nil {
		return nil, err
	}
	if err := n.securityGroups(ctx, name, vpc, args); err != nil {
		return nil, err
	}
	n.PublicSubnetID = public.ID().ToStringOutput()
	n.PrivateSubnetIDs = []pulumi.StringInput{private.ID().ToStringOutput()}
	return n, ctx.RegisterResourceOutputs(n, pulumi.Map{"vpcId": vpc.ID(), "publicSubnetId": public.ID(), "privateSubnetId": private.ID()})
}

// subnets registers the two subnets in one availability zone, so that traffic between them costs nothing.
func (n *Network) subnets(ctx *pulumi.Context, name string, vpc *ec2.Vpc, args Args) (public, private *ec2.Subnet, err error) {
	zones := aws.GetAvailabilityZonesOutput(ctx, aws.GetAvailabilityZonesOutputArgs{State: pulumi.String("available")}, pulumi.Parent(n))
	subnet := func(role, cidr string) (*ec2.Subnet, error) {
		return ec2.NewSubnet(ctx, name+"-"+role, &ec2.SubnetArgs{
			VpcId:            vpc.ID(),
			CidrBlock:        pulumi.String(cidr),
			AvailabilityZone: zones.Names().Index(pulumi.Int(0)),
			Tags:             tags(name + "-" + role),
		}, pulumi.Parent(n), pulumi.DeleteBeforeReplace(true), pulumi.IgnoreChanges([]string{"availabilityZone"}))
	}
	if public, err = subnet("public", args.PublicSubnetCIDR); err != nil {
		return nil, nil, fmt.Errorf("public subnet: %w", err)
	}
	if private, err = subnet("private", args.PrivateSubnetCIDR); err != nil {
		return nil, nil, fmt.Errorf("private subnet: %w", err)
	}
	return public, private, nil
}

func tags(name string) pulumi.StringMap {
	return pulumi.StringMap{"Name": pulumi.String(name)}
}
