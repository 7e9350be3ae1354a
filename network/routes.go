package network

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"hello-kubernetes/internal/layout"
)

const anywhere = "0.0.0.0/0"

// subnet registers a subnet and its route table. Its zone is chosen once: AWS may list other zones later.
func (n *Network) subnet(
	ctx *pulumi.Context, name string, vpc *ec2.Vpc, cidr string, zone pulumi.StringInput,
) (Subnet, error) {
	subnet, err := ec2.NewSubnet(ctx, name, &ec2.SubnetArgs{
		VpcId:            vpc.ID(),
		CidrBlock:        pulumi.String(cidr),
		AvailabilityZone: zone.ToStringOutput().ToStringPtrOutput(),
		Tags:             tags(name),
	}, pulumi.Parent(n), pulumi.DeleteBeforeReplace(true), pulumi.IgnoreChanges([]string{"availabilityZone"}))
	if err != nil {
		return Subnet{}, fmt.Errorf("subnet %s: %w", name, err)
	}
	table, err := ec2.NewRouteTable(ctx, name, &ec2.RouteTableArgs{VpcId: vpc.ID(), Tags: tags(name)}, pulumi.Parent(n))
	if err != nil {
		return Subnet{}, fmt.Errorf("route table %s: %w", name, err)
	}
	association, err := ec2.NewRouteTableAssociation(ctx, name, &ec2.RouteTableAssociationArgs{
		RouteTableId: table.ID(),
		SubnetId:     subnet.ID(),
	}, pulumi.Parent(n), pulumi.DeleteBeforeReplace(true))
	if err != nil {
		return Subnet{}, fmt.Errorf("route table %s: %w", name, err)
	}
	return Subnet{subnet.ID().ToStringOutput(), table.ID().ToStringOutput(), []pulumi.Resource{association}}, nil
}

// routes registers the internet gateway, the public subnet's route to it, and the NAT gateway if there is one. The
// private subnet's route to the internet comes with the hosts, because one of them may be its target.
func (n *Network) routes(ctx *pulumi.Context, name string, vpc *ec2.Vpc, args Args) error {
	inVPC := &ec2.InternetGatewayArgs{VpcId: vpc.ID(), Tags: tags(name)}
	gateway, err := ec2.NewInternetGateway(ctx, name, inVPC, pulumi.Parent(n))
	if err != nil {
		return fmt.Errorf("internet gateway: %w", err)
	}
	route, err := ec2.NewRoute(ctx, name+"-public", &ec2.RouteArgs{
		RouteTableId:         n.Public.RouteTableID,
		DestinationCidrBlock: pulumi.String(anywhere),
		GatewayId:            gateway.ID(),
	}, pulumi.Parent(n))
	if err != nil {
		return fmt.Errorf("public route: %w", err)
	}
	n.Public.Ready = append(n.Public.Ready, route)
	if args.NAT != layout.NATGateway {
		return nil
	}
	return n.natGateway(ctx, name, args.NATAddress)
}

func (n *Network) natGateway(ctx *pulumi.Context, name, privateAddress string) error {
	elastic := &ec2.EipArgs{Domain: pulumi.String("vpc"), Tags: tags(name + "-nat")}
	address, err := ec2.NewEip(ctx, name+"-nat", elastic, pulumi.Parent(n))
	if err != nil {
		return fmt.Errorf("address of the NAT gateway: %w", err)
	}
	// AWS starts a NAT gateway only where its subnet has a route to the internet. Its address is fixed, because AWS
	// could give it the one of a host.
	gateway, err := ec2.NewNatGateway(ctx, name, &ec2.NatGatewayArgs{
		SubnetId:     n.Public.ID,
		AllocationId: address.ID(),
		PrivateIp:    pulumi.String(privateAddress),
		Tags:         tags(name),
	}, pulumi.Parent(n), pulumi.DependsOn(n.Public.Ready), pulumi.DeleteBeforeReplace(true))
	if err != nil {
		return fmt.Errorf("NAT gateway: %w", err)
	}
	n.NATGatewayID = gateway.ID().ToStringOutput()
	return nil
}
