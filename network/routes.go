package network

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const anywhere = "0.0.0.0/0"

// routes registers the internet gateway, a route table a subnet, and the NAT gateway if there is one. The private subnet's
// route to the internet comes with the hosts, one of which may be its target.
func (n *Network) routes(ctx *pulumi.Context, name string, vpc *ec2.Vpc, public, private *ec2.Subnet, args Args) error {
	gateway, err := ec2.NewInternetGateway(ctx, name, &ec2.InternetGatewayArgs{VpcId: vpc.ID(), Tags: tags(name)}, pulumi.Parent(n))
	if err != nil {
		return fmt.Errorf("internet gateway: %w", err)
	}
	publicTable, publicAssociation, err := n.routeTable(ctx, name+"-public", vpc, public)
	if err != nil {
		return err
	}
	out, err := ec2.NewRoute(ctx, name+"-public", &ec2.RouteArgs{
		RouteTableId:         publicTable.ID(),
		DestinationCidrBlock: pulumi.String(anywhere),
		GatewayId:            gateway.ID(),
	}, pulumi.Parent(n))
	if err != nil {
		return fmt.Errorf("public route: %w", err)
	}
	n.PublicReady = []pulumi.Resource{publicAssociation, out}
	privateTable, privateAssociation, err := n.routeTable(ctx, name+"-private", vpc, private)
	if err != nil {
		return err
	}
	n.PrivateReady = []pulumi.Resource{privateAssociation}
	n.PrivateRouteTableID = privateTable.ID().ToStringOutput()
	if args.NAT != NATGateway {
		return nil
	}
	return n.natGateway(ctx, name, args.NATAddress, public)
}

// routeTable registers a route table and makes it the subnet's.
func (n *Network) routeTable(ctx *pulumi.Context, name string, vpc *ec2.Vpc, subnet *ec2.Subnet) (*ec2.RouteTable, pulumi.Resource, error) {
	table, err := ec2.NewRouteTable(ctx, name, &ec2.RouteTableArgs{VpcId: vpc.ID(), Tags: tags(name)}, pulumi.Parent(n))
	if err != nil {
		return nil, nil, fmt.Errorf("route table %s: %w", name, err)
	}
	association, err := ec2.NewRouteTableAssociation(ctx, name, &ec2.RouteTableAssociationArgs{
		RouteTableId: table.ID(),
		SubnetId:     subnet.ID(),
	}, pulumi.Parent(n), pulumi.DeleteBeforeReplace(true))
	if err != nil {
		return nil, nil, fmt.Errorf("route table %s: %w", name, err)
	}
	return table, association, nil
}

func (n *Network) natGateway(ctx *pulumi.Context, name, privateAddress string, public *ec2.Subnet) error {
	address, err := ec2.NewEip(ctx, name+"-nat", &ec2.EipArgs{Domain: pulumi.String("vpc"), Tags: tags(name + "-nat")}, pulumi.Parent(n))
	if err != nil {
		return fmt.Errorf("address of the NAT gateway: %w", err)
	}
	// A NAT gateway needs the way out before it starts. Left alone, it could take a host's address.
	gateway, err := ec2.NewNatGateway(ctx, name, &ec2.NatGatewayArgs{
		SubnetId:     public.ID(),
		AllocationId: address.ID(),
		PrivateIp:    pulumi.String(privateAddress),
		Tags:         tags(name),
	}, pulumi.Parent(n), pulumi.DependsOn(n.PublicReady), pulumi.DeleteBeforeReplace(true))
	if err != nil {
		return fmt.Errorf("NAT gateway: %w", err)
	}
	n.NATGatewayID = gateway.ID().ToStringOutput()
	return nil
}
