package compute

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ssm"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// image is a machine image, and whether it was looked up.
type image struct {
	id       pulumi.StringInput
	lookedUp bool
}

func (c *Compute) image(ctx *pulumi.Context, configured string) image {
	if configured != "" {
		return image{id: pulumi.String(configured)}
	}
	parameter := ssm.LookupParameterOutput(ctx, ssm.LookupParameterOutputArgs{Name: pulumi.String(imageParameter)}, pulumi.Parent(c))
	return image{id: parameter.InsecureValue(), lookedUp: true}
}

// instance registers one host; adjust, if any, changes its arguments.
func (c *Compute) instance(
	ctx *pulumi.Context, name string, node Node, image image, key *ec2.KeyPair, identity hostKey, adjust func(*ec2.InstanceArgs),
) (*ec2.Instance, error) {
	tags := pulumi.StringMap{"Name": pulumi.String(name)}
	args := &ec2.InstanceArgs{
		Ami:                 image.id.ToStringOutput().ToStringPtrOutput(),
		InstanceType:        pulumi.String(node.InstanceType),
		KeyName:             key.KeyName,
		SubnetId:            node.SubnetID.ToStringOutput().ToStringPtrOutput(),
		VpcSecurityGroupIds: pulumi.StringArray{node.SecurityGroupID},
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
	if adjust != nil {
		adjust(args)
	}
	// Two hosts cannot have one address, nor two nodes one name: a worker leaves the cluster and goes before the next one
	// joins under its name.
	options := []pulumi.ResourceOption{pulumi.Parent(c), pulumi.DeleteBeforeReplace(true)}
	if image.lookedUp {
		options = append(options, pulumi.IgnoreChanges([]string{"ami"}))
	}
	instance, err := ec2.NewInstance(ctx, name, args, options...)
	if err != nil {
		return nil, fmt.Errorf("instance %s: %w", name, err)
	}
	return instance, nil
}

// volumeGiB is the size of a root volume: the system, Kubernetes and its images need 5 GiB.
const volumeGiB = 12
