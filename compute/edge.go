package compute

import (
	_ "embed"
	"fmt"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"hello-kubernetes/internal/layout"
	"hello-kubernetes/internal/remote"
)

// edge gives the host at place e the Elastic IP. The address has a name that does not depend on the host: it stays when
// another host becomes the edge.
func (c *Compute) edge(ctx *pulumi.Context, e int, spec Host, instances []*ec2.Instance) (remote.Host, error) {
	host, err := c.host(spec, instances[e])
	if err != nil {
		return host, err
	}
	address, err := ec2.NewEip(ctx, c.name+"-edge", &ec2.EipArgs{
		Domain: pulumi.String("vpc"),
		Tags:   pulumi.StringMap{"Name": pulumi.String(c.name + "-edge")},
	}, pulumi.Parent(c))
	if err != nil {
		return host, fmt.Errorf("elastic IP: %w", err)
	}
	// AWS refuses the association in a VPC without an internet gateway. It also waits for the other instances: if one
	// of them was the edge before and is replaced in the same update, its nodes are drained over this address until it
	// is gone.
	ready := slices.Clone(spec.Ready)
	for i, instance := range instances {
		if i != e {
			ready = append(ready, instance)
		}
	}
	association, err := ec2.NewEipAssociation(ctx, c.name+"-edge", &ec2.EipAssociationArgs{
		AllocationId: address.ID().ToStringOutput().ToStringPtrOutput(),
		InstanceId:   instances[e].ID().ToStringOutput().ToStringPtrOutput(),
	}, pulumi.Parent(c), pulumi.DependsOn(ready), pulumi.DeleteBeforeReplace(true))
	if err != nil {
		return host, fmt.Errorf("elastic IP: %w", err)
	}
	c.PublicIP = address.PublicIp
	// Through the association, so that no connection starts before the address leads to the host.
	host.Address = pulumi.All(address.PublicIp, association.ID()).ApplyT(func(v []any) string {
		return v[0].(string)
	}).(pulumi.StringOutput)
	up, err := remote.WaitForSSH(ctx, host, pulumi.Parent(c))
	host.Ready = []pulumi.Resource{up}
	return host, err
}

//go:embed nat.sh
var natText string

//go:embed nat-off.sh
var natOffScript string

var natScript = remote.Template("nat.sh", natText)

// egress routes the private subnet through the NAT gateway or, made to masquerade, the edge. It returns what hosts in
// the subnet wait for before they use the internet.
func (c *Compute) egress(
	ctx *pulumi.Context, edge remote.Host, instance *ec2.Instance, egress Egress,
) ([]pulumi.Resource, error) {
	args := &ec2.RouteArgs{RouteTableId: egress.RouteTableID, DestinationCidrBlock: pulumi.String("0.0.0.0/0")}
	var ready []pulumi.Resource
	switch egress.NAT {
	case layout.NATNone:
		return nil, nil
	case layout.NATGateway:
		args.NatGatewayId = egress.NATGatewayID.ToStringOutput().ToStringPtrOutput()
	case layout.NATInstance:
		text, err := remote.Render(natScript, egress)
		if err != nil {
			return nil, err
		}
		masquerade, err := remote.Run(ctx, edge, remote.Step{
			Name:    "nat",
			Create:  pulumi.String(text),
			Delete:  pulumi.String(natOffScript),
			Timeout: "15m",
		}, pulumi.Parent(c))
		if err != nil {
			return nil, err
		}
		ready = append(ready, masquerade)
		args.NetworkInterfaceId = instance.PrimaryNetworkInterfaceId
	}
	route, err := ec2.NewRoute(ctx, c.name+"-private", args, pulumi.Parent(c), pulumi.DeleteBeforeReplace(true))
	if err != nil {
		return nil, fmt.Errorf("route to the internet of the private subnet: %w", err)
	}
	return append(ready, route), nil
}
