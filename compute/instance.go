package compute

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ssm"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"hello-kubernetes/internal/layout"
	"hello-kubernetes/internal/remote"
)

// image returns the AMI for new instances: the configured one, or the newest there is.
func (c *Compute) image(ctx *pulumi.Context, configured string) pulumi.StringInput {
	if configured != "" {
		return pulumi.String(configured)
	}
	name := ssm.LookupParameterOutputArgs{Name: pulumi.String(imageParameter)}
	return ssm.LookupParameterOutput(ctx, name, pulumi.Parent(c)).InsecureValue()
}

// instance registers the EC2 instance of a host. Only a host that forwards what others send may send from addresses
// that are not its own: the edge, if it is the NAT.
func (c *Compute) instance(ctx *pulumi.Context, host Host, nat layout.NAT) (*ec2.Instance, error) {
	name := c.name + "-" + host.Name
	identity, err := deriveHostKey(c.stackKey, name)
	if err != nil {
		return nil, err
	}
	userData := pulumi.ToSecret(pulumi.String(identity.userData())).(pulumi.StringOutput)
	forwards := nat == layout.NATInstance && slices.Contains(host.Roles, layout.Edge)
	tags := pulumi.StringMap{"Name": pulumi.String(name)}
	args := &ec2.InstanceArgs{
		Ami:                 c.ami.ToStringOutput().ToStringPtrOutput(),
		InstanceType:        pulumi.String(host.InstanceType),
		KeyName:             c.key.KeyName,
		SubnetId:            host.SubnetID.ToStringOutput().ToStringPtrOutput(),
		VpcSecurityGroupIds: pulumi.StringArray(host.SecurityGroupIDs),
		SourceDestCheck:     pulumi.Bool(!forwards),
		// cloud-init installs the host key at the first boot only.
		UserData:                userData.ToStringPtrOutput(),
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
	if host.Address != "" {
		args.PrivateIp = pulumi.String(host.Address)
	}
	// Two hosts cannot have one address, nor two nodes one name: a worker leaves the cluster, and its instance goes,
	// before the next one joins under its name.
	options := []pulumi.ResourceOption{pulumi.Parent(c), pulumi.DeleteBeforeReplace(true)}
	if c.newest {
		options = append(options, pulumi.IgnoreChanges([]string{"ami"}))
	}
	instance, err := ec2.NewInstance(ctx, name, args, options...)
	if err != nil {
		return nil, fmt.Errorf("instance %s: %w", name, err)
	}
	return instance, nil
}

// host returns the host on an instance, without the way to it.
func (c *Compute) host(spec Host, instance *ec2.Instance) (remote.Host, error) {
	identity, err := deriveHostKey(c.stackKey, c.name+"-"+spec.Name)
	return remote.Host{
		Name:           spec.Name,
		Roles:          spec.Roles,
		PrivateAddress: instance.PrivateIp,
		HostKey:        identity.public,
		Login:          c.login,
		Instance:       instance,
		ID:             instance.ID(),
	}, err
}

// volumeGiB is the size of a root volume: the system, Kubernetes and its images need 5 GiB.
const volumeGiB = 12
