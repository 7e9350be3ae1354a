package cluster

import (
	_ "embed"
	"fmt"

	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"hello-kubernetes/internal/layout"
	"hello-kubernetes/internal/remote"
)

//go:embed scripts/haproxy.cfg
var haproxyText string

//go:embed scripts/api-proxy.sh
var apiProxyText string

var (
	haproxyFile    = remote.Template("haproxy.cfg", haproxyText)
	apiProxyScript = remote.Template("api-proxy.sh", apiProxyText)
)

// apiProxy registers HAProxy on the edge. It passes connections to the API server on as they are, so that clients and
// server check each other's certificates. It returns what clients of the API wait for: nothing where the edge is the
// control plane.
func (c *Cluster) apiProxy(ctx *pulumi.Context, args Args) ([]pulumi.Resource, error) {
	edge := remote.WithRole(args.Hosts, layout.Edge)[0]
	if edge.Name == c.controlPlane.Name {
		return nil, nil
	}
	config := c.controlPlane.PrivateAddress.ApplyT(func(address string) (string, error) {
		return remote.Render(haproxyFile, struct{ Name, Address string }{c.controlPlane.Name, address})
	}).(pulumi.StringOutput)
	script, err := remote.Render(apiProxyScript, nil)
	if err != nil {
		return nil, err
	}
	proxy, err := remote.Run(ctx, edge, remote.Step{
		Name:    "api-proxy",
		Create:  pulumi.String(script),
		Stdin:   config,
		Timeout: "15m",
	}, pulumi.Parent(c))
	return []pulumi.Resource{proxy}, err
}

// provider registers the Kubernetes provider. It asks the API when it is made, and marks the cluster unreachable for
// good if there is no answer.
func (c *Cluster) provider(ctx *pulumi.Context, name string, args Args) error {
	reachable, err := c.apiProxy(ctx, args)
	if err != nil {
		return err
	}
	// In older states the provider is a child of the app: without the alias, Pulumi would replace the app's objects.
	alias := fmt.Sprintf("urn:pulumi:%s::%s::hello-kubernetes:app:App$pulumi:providers:kubernetes::%s",
		ctx.Stack(), ctx.Project(), name)
	c.Provider, err = kubernetes.NewProvider(ctx, name, &kubernetes.ProviderArgs{
		Kubeconfig: c.Kubeconfig.ToStringPtrOutput(),
		// A constant, so that a new kubeconfig is not taken for another cluster, whose objects would have to be made
		// anew.
		ClusterIdentifier: pulumi.String(name),
	}, pulumi.Parent(c), pulumi.DependsOn(reachable), pulumi.Aliases([]pulumi.Alias{{URN: pulumi.URN(alias)}}))
	if err != nil {
		return fmt.Errorf("kubernetes provider: %w", err)
	}
	return nil
}
