// The Pulumi program: from an empty AWS account to hello-hapi on Kubernetes behind nginx.
package main

import (
	_ "embed"
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"hello-kubernetes/app"
	"hello-kubernetes/cluster"
	"hello-kubernetes/compute"
	"hello-kubernetes/config"
	"hello-kubernetes/network"
	"hello-kubernetes/proxy"
)

// projectFile has the configuration's schema: keys, types, defaults and descriptions.
//
//go:embed Pulumi.yaml
var projectFile []byte

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		c, err := config.Load(ctx, projectFile)
		if err != nil {
			return fmt.Errorf("the configuration of stack %s:\n%w", ctx.Stack(), err)
		}
		exports, err := deploy(ctx, c)
		if err != nil {
			return err
		}
		for name, value := range exports {
			ctx.Export(name, value)
		}
		return nil
	})
}

// deploy registers everything, from the network up, and returns the stack's outputs.
func deploy(ctx *pulumi.Context, c *config.Config) (pulumi.Map, error) {
	name := ctx.Project() + "-" + ctx.Stack()
	provider, err := aws.NewProvider(ctx, "aws", &aws.ProviderArgs{
		Region: pulumi.String(c.Region),
		DefaultTags: aws.ProviderDefaultTagsArgs{Tags: pulumi.StringMap{
			"project": pulumi.String(ctx.Project()),
			"stack":   pulumi.String(ctx.Stack()),
		}},
	})
	if err != nil {
		return nil, fmt.Errorf("aws provider: %w", err)
	}
	onAWS := pulumi.Providers(provider)
	net, err := network.New(ctx, name, networkArgs(c), onAWS)
	if err != nil {
		return nil, fmt.Errorf("network: %w", err)
	}
	hosts, err := compute.New(ctx, name, computeArgs(c, net), onAWS)
	if err != nil {
		return nil, fmt.Errorf("compute: %w", err)
	}
	kube, err := cluster.New(ctx, name, clusterArgs(c, hosts))
	if err != nil {
		return nil, fmt.Errorf("cluster: %w", err)
	}
	hello, err := app.New(ctx, name, appArgs(c, kube))
	if err != nil {
		return nil, fmt.Errorf("app: %w", err)
	}
	if _, err := proxy.New(ctx, name, proxyArgs(c, hosts, hello)); err != nil {
		return nil, fmt.Errorf("proxy: %w", err)
	}
	return outputs(c, hosts, kube, hello), nil
}
