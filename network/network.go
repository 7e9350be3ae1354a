// Package network builds the VPC: a public and a private subnet, their routes to the internet, and a security group a
// role.
package network

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"hello-kubernetes/internal/layout"
)

// Args is the input of New. Networks are in CIDR notation; a change of one replaces it with all that is in it.
type Args struct {
	VPCCIDR           string     // Required.
	PublicSubnetCIDR  string     // Required.
	PrivateSubnetCIDR string     // Required.
	NAT               layout.NAT // Required. Updated in place
	NATAddress        string     // Required for NATGateway. Its address in the public subnet; a change replaces it
	Mirror            string     // Required for NATNone. Address of the mirror in the VPC. Updated in place
	AdminCIDRs        []string   // Required. Who may reach SSH and the Kubernetes API. Updated in place
	NodePorts         []int      // Optional. Ports of apps on the workers, for the edge. Updated in place
}

// Network is the VPC with its subnets and security groups.
type Network struct {
	pulumi.ResourceState

	Public       Subnet
	Private      Subnet
	NATGatewayID pulumi.StringOutput // with NATGateway only
	GroupIDs     map[layout.Role]pulumi.StringOutput
}

// Subnet is a part of the VPC with a route table of its own.
type Subnet struct {
	ID           pulumi.StringOutput
	RouteTableID pulumi.StringOutput // the private subnet's has no route to the internet yet
	Ready        []pulumi.Resource   // what a host in the subnet waits for before it uses the network
}

// New registers the network.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Network, error) {
	n := &Network{GroupIDs: map[layout.Role]pulumi.StringOutput{}}
	all := flows(args.NAT, args.NodePorts)
	// The flows, and who the administrators are, are among the inputs: so a plan shows what it opens and closes.
	if err := ctx.RegisterComponentResourceV2("hello-kubernetes:network:Network", name, pulumi.ToMap(map[string]any{
		"vpcCidr":           args.VPCCIDR,
		"publicSubnetCidr":  args.PublicSubnetCIDR,
		"privateSubnetCidr": args.PrivateSubnetCIDR,
		"nat":               string(args.NAT),
		"adminCidrs":        args.AdminCIDRs,
		"flows":             all,
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
	// In one availability zone, traffic between the subnets costs nothing.
	available := aws.GetAvailabilityZonesOutputArgs{State: pulumi.String("available")}
	zones := aws.GetAvailabilityZonesOutput(ctx, available, pulumi.Parent(n))
	zone := zones.Names().Index(pulumi.Int(0))
	if n.Public, err = n.subnet(ctx, name+"-public", vpc, args.PublicSubnetCIDR, zone); err != nil {
		return nil, err
	}
	if n.Private, err = n.subnet(ctx, name+"-private", vpc, args.PrivateSubnetCIDR, zone); err != nil {
		return nil, err
	}
	if err := n.routes(ctx, name, vpc, args); err != nil {
		return nil, err
	}
	if err := n.securityGroups(ctx, name, vpc, all, args); err != nil {
		return nil, err
	}
	return n, ctx.RegisterResourceOutputs(n, pulumi.Map{
		"vpcId": vpc.ID(), "publicSubnetId": n.Public.ID, "privateSubnetId": n.Private.ID,
	})
}

func tags(name string) pulumi.StringMap {
	return pulumi.StringMap{"Name": pulumi.String(name)}
}
