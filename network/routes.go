package network

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const anywhere = "0.0.0.0/0"

// routes registers the internet gateway, a route table a subnet, and the NAT gateway if there is one.
func (n *Network) routes(ctx *pulumi.Context, name string, vpc *ec2.Vpc, public, private *ec2.Subnet) error {
	gateway, err := ec2.NewInternetGateway(ctx, name, &ec2.InternetGatewayArgs{VpcId: vpc.ID(), Tags: tags(name)}, pulumi.Parent(n))
	if err != nil {
		return fmt.Errorf("internet gateway: %w", err)
	}
	publicTable, err := n.routeTable(ctx, name+"-public", vpc, public)
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
	privateTable, err := n.routeTable(ctx, name+"-private", vpc, private)
	if err != nil {
		return err
	}
	n.PrivateRouteTableID = privateTable.ID().ToStringOutput()
	if n.nat != NATGateway {
		return nil
	}
	return n.natGateway(ctx, name, public, privateTable, out)
}

func (n *Network) routeTable(ctx *pulumi.Context, name string, vpc *ec2.Vpc, subnet *ec2.Subnet) (*ec2.RouteTable, error) {
	table, err := ec2.NewRouteTable(ctx, name, &ec2.RouteTableArgs{VpcId: vpc.ID(), Tags: tags(name)}, pulumi.Parent(n))
	if err != nil {
		return nil, fmt.Errorf("route table %s: %w", name, err)
	}
	_, err = ec2.NewRouteTableAssociation(ctx, name, &ec2.RouteTableAssociationArgs{
		RouteTableId: table.ID(),
		SubnetId:     subnet.ID(),
	}, pulumi.Parent(n), pulumi.DeleteBeforeReplace(true))
	if err != nil {
		return nil, fmt.Errorf("route table %s: %w", name, err)
	}
	return table, nil
}

func (n *Network) natGateway(ctx *pulumi.Context, name string, public *ec2.Subnet, private *ec2.RouteTable, out *ec2.Route) error {
	address, err := ec2.NewEip(ctx, name+"-nat", &ec2.EipArgs{Domain: pulumi.String("vpc"), Tags: tags(name + "-nat")}, pulumi.Parent(n))
	if err != nil {
		return fmt.Errorf("address of the NAT gateway: %w", err)
	}
	// A NAT gateway needs the way out before it starts.
	gateway, err := ec2.NewNatGateway(ctx, name, &ec2.NatGatewayArgs{
		SubnetId:     public.ID(),
		AllocationId: address.ID(),
		Tags:         tags(name),
	}, pulumi.Parent(n), pulumi.DependsOn([]pulumi.Resource{out}))
	if err != nil {
		return fmt.Errorf("NAT gateway: %w", err)
	}
	_, err = ec2.NewRoute(ctx, name+"-private", &ec2.RouteArgs{
		RouteTableId:         private.ID(),
		DestinationCidrBlock: pulumi.String(anywhere),
		NatGatewayId:         gateway.ID(),
	}, pulumi.Parent(n))
	if err != nil {
		return fmt.Errorf("private route: %w", err)
	}
	return nil
}
