package recorder

import (
	"fmt"
	"slices"
	"testing"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// record runs a program with one dependency of each kind: an input, an option, a provider, and a parent.
func record(t *testing.T) *Recording {
	t.Helper()
	r, err := Run(nil, func(ctx *pulumi.Context) error {
		provider, err := aws.NewProvider(ctx, "provider", &aws.ProviderArgs{Region: pulumi.String("us-east-1")})
		if err != nil {
			return err
		}
		parent := &pulumi.ResourceState{}
		err = ctx.RegisterComponentResourceV2(
			"test:index:Parent", "parent", pulumi.Map{}, parent, pulumi.Providers(provider))
		if err != nil {
			return err
		}
		address, err := ec2.NewEip(ctx, "address", &ec2.EipArgs{}, pulumi.Parent(parent))
		if err != nil {
			return err
		}
		instance, err := ec2.NewInstance(
			ctx,
			"instance",
			&ec2.InstanceArgs{PrivateIp: address.PublicIp},
			pulumi.Parent(parent),
		)
		if err != nil {
			return err
		}
		_, err = ec2.NewVpc(ctx, "last", &ec2.VpcArgs{
			CidrBlock: pulumi.String("in the clear: hunter2"),
			Tags:      pulumi.StringMap{"a": pulumi.ToSecret(pulumi.String("hunter2")).(pulumi.StringOutput)},
		}, pulumi.Parent(parent), pulumi.DependsOn([]pulumi.Resource{instance}))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestNeedsFollowsEveryKindOfDependency(t *testing.T) {
	t.Parallel()
	r := record(t)
	for label, want := range map[string][]string{
		"Parent parent":     {},
		"Instance instance": {"Eip address", "aws provider"},
		"Vpc last":          {"Eip address", "Instance instance", "aws provider"},
	} {
		if got := r.Needs(t, label); !slices.Equal(got, want) {
			t.Errorf("%s needs %q, want %q", label, got, want)
		}
	}
}

func TestHoldingTellsSecretsApart(t *testing.T) {
	t.Parallel()
	got := fmt.Sprintf("%v", func() (places []string) {
		for _, place := range record(t).Holding("hunter2") {
			places = append(places, fmt.Sprint(place, " ", place.Secret))
		}
		return places
	}())
	if want := "[Vpc last: cidrBlock false Vpc last: tags.a true]"; got != want {
		t.Errorf("held by %s, want %s", got, want)
	}
}
