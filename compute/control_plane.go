package compute

import (
	_ "embed"
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"hello-kubernetes/internal/remote"
)

// controlPlane registers the control plane's host with its Elastic IP and, if wanted, makes it the NAT.
func (c *Compute) controlPlane(ctx *pulumi.Context, name string, args Args, image image, key *ec2.KeyPair, login remote.Login) error {
	name += "-control-plane"
	identity, err := deriveHostKey(args.SSHPrivateKey, name)
	if err != nil {
		return err
	}
	instance, err := c.instance(ctx, name, args.ControlPlane, image, key, identity, func(i *ec2.InstanceArgs) {
		i.PrivateIp = pulumi.String(args.Address)
		i.SourceDestCheck = pulumi.Bool(args.NAT == nil)
	})
	if err != nil {
		return err
	}
	address, err := ec2.NewEip(ctx, name, &ec2.EipArgs{
		Domain: pulumi.String("vpc"),
		Tags:   pulumi.StringMap{"Name": pulumi.String(name)},
	}, pulumi.Parent(c))
	if err != nil {
		return fmt.Errorf("elastic IP: %w", err)
	}
	// An address cannot lead into a network that has no way to the internet yet.
	association, err := ec2.NewEipAssociation(ctx, name, &ec2.EipAssociationArgs{
		AllocationId: address.ID().ToStringOutput().ToStringPtrOutput(),
		InstanceId:   instance.ID().ToStringOutput().ToStringPtrOutput(),
	}, pulumi.Parent(c), pulumi.DependsOn(args.ControlPlane.Ready), pulumi.DeleteBeforeReplace(true))
	if err != nil {
		return fmt.Errorf("elastic IP: %w", err)
	}
	c.PublicIP = address.PublicIp
	c.ControlPlane = remote.Host{
		Name: "control-plane",
		// Through the association, so that no connection starts before the address leads to the host.
		Address:        pulumi.All(address.PublicIp, association.ID()).ApplyT(func(v []any) string { return v[0].(string) }).(pulumi.StringOutput),
		PrivateAddress: instance.PrivateIp,
		HostKey:        identity.public,
		Login:          login,
		Instance:       instance,
		ID:             instance.ID(),
	}
	booted, err := remote.WaitForSSH(ctx, c.ControlPlane, pulumi.Parent(c))
	if err != nil {
		return err
	}
	c.ControlPlane.Ready = []pulumi.Resource{booted}
	if args.NAT == nil {
		return nil
	}
	return c.masquerade(ctx, name, *args.NAT, instance)
}

//go:embed nat.sh
var natText string

var natScript = remote.Template("nat.sh", natText)

// masquerade makes the control plane's host the NAT, and routes the subnet through it.
func (c *Compute) masquerade(ctx *pulumi.Context, name string, nat NAT, instance *ec2.Instance) error {
	text, err := remote.Render(natScript, nat)
	if err != nil {
		return err
	}
	masquerade, err := remote.Run(ctx, c.ControlPlane, remote.Step{
		Name:    "nat",
		Create:  pulumi.String(text),
		Timeout: "15m",
	}, pulumi.Parent(c))
	if err != nil {
		return err
	}
	route, err := ec2.NewRoute(ctx, name+"-nat", &ec2.RouteArgs{
		RouteTableId:         nat.RouteTableID,
		DestinationCidrBlock: pulumi.String("0.0.0.0/0"),
		NetworkInterfaceId:   instance.PrimaryNetworkInterfaceId,
	}, pulumi.Parent(c), pulumi.DeleteBeforeReplace(true))
	if err != nil {
		return fmt.Errorf("route through the NAT: %w", err)
	}
	c.workersReady = []pulumi.Resource{masquerade, route}
	return nil
}
