package cluster

import (
	_ "embed"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"hello-kubernetes/internal/remote"
)

//go:embed scripts/init.sh
var initScript string

//go:embed scripts/kubeadm.yaml
var kubeadmText string

//go:embed scripts/network.sh
var networkScript string

//go:embed scripts/kubeconfig.sh
var kubeconfigScript string

var (
	kubeadmFile  = remote.Template("kubeadm.yaml", kubeadmText)
	serverPrefix = "https://" + apiName
)

// kubeadmParams fills in kubeadm.yaml.
type kubeadmParams struct {
	Name, Address, PublicAddress, Version, APIName, PodCIDR, ServiceCIDR string
	IgnorePreflightErrors                                                []string
}

// start registers the first control plane and the pods' network.
func (c *Cluster) start(ctx *pulumi.Context, args Args, prepared pulumi.Resource) (pulumi.Resource, error) {
	config := pulumi.All(c.controlPlane.PrivateAddress, args.PublicAddress).ApplyT(func(v []any) (string, error) {
		return remote.Render(kubeadmFile, kubeadmParams{
			Name:                  c.controlPlane.Name,
			Address:               v[0].(string),
			PublicAddress:         v[1].(string),
			Version:               args.KubernetesVersion,
			APIName:               apiName,
			PodCIDR:               args.PodCIDR,
			ServiceCIDR:           args.ServiceCIDR,
			IgnorePreflightErrors: args.IgnorePreflightErrors,
		})
	}).(pulumi.StringOutput)
	initialized, err := remote.Run(ctx, c.controlPlane, remote.Step{
		Name:    "init",
		Create:  pulumi.String(initScript),
		Stdin:   config,
		Timeout: "15m",
	}, pulumi.Parent(c), pulumi.DependsOn([]pulumi.Resource{prepared}))
	if err != nil {
		return nil, err
	}
	manifest, err := flannel(flannelFile, args.PodCIDR)
	if err != nil {
		return nil, err
	}
	return remote.Run(ctx, c.controlPlane, remote.Step{
		Name:    "network",
		Create:  pulumi.String(networkScript),
		Stdin:   pulumi.String(manifest),
		Timeout: "5m",
	}, pulumi.Parent(c), pulumi.DependsOn([]pulumi.Resource{initialized}))
}

// kubeconfig registers the administrator's kubeconfig, once every node is ready.
func (c *Cluster) kubeconfig(ctx *pulumi.Context, args Args, ready []pulumi.Resource) error {
	read, err := remote.Run(ctx, c.controlPlane, remote.Step{
		Name:    "kubeconfig",
		Create:  pulumi.String(kubeconfigScript),
		Timeout: "5m",
		Secret:  true,
	}, pulumi.Parent(c), pulumi.DependsOn(ready))
	if err != nil {
		return err
	}
	kubeconfig := pulumi.All(read.Stdout, args.PublicAddress).ApplyT(func(v []any) string {
		return strings.ReplaceAll(v[0].(string), serverPrefix, "https://"+v[1].(string))
	})
	c.Kubeconfig = pulumi.ToSecret(kubeconfig).(pulumi.StringOutput)
	return nil
}
