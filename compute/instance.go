package compute

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ssm"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"hello-kubernetes/internal/remote"
)

// image is a machine image, and whether it was looked up.
type image struct {
	id       pulumi.StringInput
	lookedUp bool
}

func (c *Compute) findImage(ctx *pulumi.Context, configured string) image {
	if configured != "" {
		return image{id: pulumi.String(configured)}
	}
	parameter := ssm.LookupParameterOutput(ctx, ssm.LookupParameterOutputArgs{Name: pulumi.String(imageParameter)}, pulumi.Parent(c))
	return image{id: parameter.InsecureValue(), lookedUp: true}
}

// instance registers one host, which is returned without the way to it. It may send from its own address only, unless it
// forwards what others send.
func (c *Compute) instance(ctx *pulumi.Context, hostName string, node Node, forwards bool) (remote.Host, *ec2.Instance, error) {
	name := c.name + "-" + hostName
	identity, err := deriveHostKey(c.stackKey, name)
	if err != nil {
		return remote.Host{}, nil, err
	}
	tags := pulumi.StringMap{"Name": pulumi.String(name)}
	args := &ec2.InstanceArgs{
		Ami:                 c.image.id.ToStringOutput().ToStringPtrOutput(),
		InstanceType:        pulumi.String(node.InstanceType),
		KeyName:             c.key.KeyName,
		SubnetId:            node.SubnetID.ToStringOutput().ToStringPtrOutput(),
		VpcSecurityGroupIds: pulumi.StringArray{node.SecurityGroupID},
		SourceDestCheck:     pulumi.Bool(!forwards),
		// A host takes its key at its first boot only.
		UserData:                pulumi.ToSecret(pulumi.String(identity.userData())).(pulumi.StringOutput).ToStringPtrOutput(),
		UserDataReplaceOnChange: pulumi.Bool(true),
		MetadataOptions: ec2.InstanceMetadataOptionsArgs{
			HttpEndpoint:            pulumi.String("enabled"),
			HttpTokens:              pulumi.String("required"),
			HttpPutResponseHopLimit: pulumi.Int(1),
		},
		RootBlockDevice: ec2.InstanceRootBlockDeviceArgs{
			VolumeType: pulumi.String("gp3"),
			VolumeSize: pulumi.Int(volumeGiB),
			Encrypted:  pulumi.Bool(true),
			Tags:       tags,
		},
		Tags: tags,
	}
	if node.Address != "" {
		args.PrivateIp = pulumi.String(node.Address)
	}
	// Two hosts cannot have one address, nor two nodes one name: a worker leaves the cluster and goes before the next one
	// joins under its name.
	options := []pulumi.ResourceOption{pulumi.Parent(c), pulumi.DeleteBeforeReplace(true)}
	if c.image.lookedUp {
		options = append(options, pulumi.IgnoreChanges([]string{"ami"}))
	}
	instance, err := ec2.NewInstance(ctx, name, args, options...)
	if err != nil {
		return remote.Host{}, nil, fmt.Errorf("instance %s: %w", name, err)
	}
	return remote.Host{
		Name:           hostName,
		PrivateAddress: instance.PrivateIp,
		HostKey:        identity.public,
		Login:          c.login,
		Instance:       instance,
		ID:             instance.ID(),
	}, instance, nil
}

// volumeGiB is the size of a root volume: the system, Kubernetes and its images need 5 GiB.
const volumeGiB = 12
