package compute

import (
	_ "embed"
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"hello-kubernetes/internal/remote"
)

// edge gives a host the Elastic IP, once what is in ready is there, and makes it the way out of those behind it. The address
// has a name that does not depend on the host: it stays when another host becomes the edge.
func (c *Compute) edge(ctx *pulumi.Context, host remote.Host, instance *ec2.Instance, ready []pulumi.Resource, wayOut *WayOut) error {
	address, err := ec2.NewEip(ctx, c.name+"-edge", &ec2.EipArgs{
		Domain: pulumi.String("vpc"),
		Tags:   pulumi.StringMap{"Name": pulumi.String(c.name + "-edge")},
	}, pulumi.Parent(c))
	if err != nil {
		return fmt.Errorf("elastic IP: %w", err)
	}
	// An address cannot lead into a network that has no way to the internet yet.
	association, err := ec2.NewEipAssociation(ctx, c.name+"-edge", &ec2.EipAssociationArgs{
		AllocationId: address.ID().ToStringOutput().ToStringPtrOutput(),
		InstanceId:   instance.ID().ToStringOutput().ToStringPtrOutput(),
	}, pulumi.Parent(c), pulumi.DependsOn(ready), pulumi.DeleteBeforeReplace(true))
	if err != nil {
		return fmt.Errorf("elastic IP: %w", err)
	}
	c.PublicIP = address.PublicIp
	// Through the association, so that no connection starts before the address leads to the host.
	host.Address = pulumi.All(address.PublicIp, association.ID()).ApplyT(func(v []any) string { return v[0].(string) }).(pulumi.StringOutput)
	booted, err := remote.WaitForSSH(ctx, host, pulumi.Parent(c))
	if err != nil {
		return err
	}
	host.Ready = []pulumi.Resource{booted}
	c.Edge = host
	if wayOut == nil {
		return nil
	}
	return c.routeOut(ctx, *wayOut, instance)
}

//go:embed nat.sh
var natText string

//go:embed nat-off.sh
var natOffScript string

var natScript = remote.Template("nat.sh", natText)

// routeOut routes the subnet through the NAT gateway or, made to masquerade, the edge.
func (c *Compute) routeOut(ctx *pulumi.Context, wayOut WayOut, edge *ec2.Instance) error {
	args := &ec2.RouteArgs{
		RouteTableId:         wayOut.RouteTableID,
		DestinationCidrBlock: pulumi.String("0.0.0.0/0"),
	}
	if wayOut.masquerades() {
		text, err := remote.Render(natScript, wayOut)
		if err != nil {
			return err
		}
		masquerade, err := remote.Run(ctx, c.Edge, remote.Step{
			Name:    "nat",
			Create:  pulumi.String(text),
			Delete:  pulumi.String(natOffScript),
			Timeout: "15m",
		}, pulumi.Parent(c))
		if err != nil {
			return err
		}
		c.wayOut = append(c.wayOut, masquerade)
		args.NetworkInterfaceId = edge.PrimaryNetworkInterfaceId
	} else {
		args.NatGatewayId = wayOut.NATGatewayID.ToStringOutput().ToStringPtrOutput()
	}
	route, err := ec2.NewRoute(ctx, c.name+"-private", args, pulumi.Parent(c), pulumi.DeleteBeforeReplace(true))
	if err != nil {
		return fmt.Errorf("route out of the private subnet: %w", err)
	}
	c.wayOut = append(c.wayOut, route)
	return nil
}
