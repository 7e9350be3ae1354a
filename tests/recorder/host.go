package recorder

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"hello-kubernetes/internal/layout"
	"hello-kubernetes/internal/remote"
)

// PrivateKey is the text of the key that hosts made by Host are logged in to with.
const PrivateKey = "the stack's private key"

// Host registers an instance and returns the host on it, which further steps can run on: directly, or over bastion.
func Host(ctx *pulumi.Context, name string, bastion *remote.Host, roles ...layout.Role) (remote.Host, error) {
	instance, err := ec2.NewInstance(ctx, Project+"-"+Stack+"-"+name, &ec2.InstanceArgs{})
	if err != nil {
		return remote.Host{}, err
	}
	return remote.Host{
		Name:           name,
		Roles:          roles,
		Address:        instance.PrivateIp,
		PrivateAddress: instance.PrivateIp,
		HostKey:        "ssh-ed25519 key-of-" + name,
		Login: remote.Login{
			User:       "admin",
			PrivateKey: pulumi.ToSecret(pulumi.String(PrivateKey)).(pulumi.StringOutput),
		},
		Bastion:  bastion,
		Instance: instance,
		ID:       instance.ID(),
	}, nil
}
