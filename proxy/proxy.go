// Package proxy runs nginx at the edge, in front of apps.
package proxy

import (
	_ "embed"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"hello-kubernetes/internal/remote"
)

// Args is the input of New.
type Args struct {
	Host    remote.Host           // Required. Where nginx runs
	Workers []pulumi.StringOutput // Required. Addresses of the nodes that requests go to. Updated in place
	Sites   []Site                // Required. The first also gets requests for names that no site has. Updated in place
	Ready   []pulumi.Resource     // Required. What the configuration waits for: the apps, on workers that have joined
}

// Site is one app behind nginx.
type Site struct {
	Name       string // Required. Of the app; unique
	ServerName string // Optional. Host name that it answers to. Default: every name
	NodePort   int    // Required. The app's port on each worker
}

// Proxy is nginx, serving.
type Proxy struct {
	pulumi.ResourceState
}

//go:embed scripts/install.sh
var installText string

//go:embed scripts/configure.sh
var configureScript string

//go:embed scripts/sites.conf
var sitesText string

var (
	installScript = remote.Template("install.sh", installText)
	sitesFile     = remote.Template("sites.conf", sitesText)
)

// New registers the proxy. Its installation waits for the host only, its configuration for the apps.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Proxy, error) {
	p := &Proxy{}
	if err := ctx.RegisterComponentResourceV2("hello-kubernetes:proxy:Proxy", name, pulumi.Map{
		"sites": pulumi.Int(len(args.Sites)),
	}, p, opts...); err != nil {
		return nil, err
	}
	script, err := remote.Render(installScript, nil)
	if err != nil {
		return nil, err
	}
	installed, err := remote.Run(ctx, args.Host, remote.Step{
		Name:    "nginx",
		Create:  pulumi.String(script),
		Timeout: "15m",
	}, pulumi.Parent(p))
	if err != nil {
		return nil, err
	}
	if _, err := remote.Run(ctx, args.Host, remote.Step{
		Name:    "site",
		Create:  pulumi.String(configureScript),
		Stdin:   sites(args),
		Timeout: "5m",
	}, pulumi.Parent(p), pulumi.DependsOn(append([]pulumi.Resource{installed}, args.Ready...))); err != nil {
		return nil, err
	}
	return p, ctx.RegisterResourceOutputs(p, pulumi.Map{})
}

// sites renders nginx's configuration.
func sites(args Args) pulumi.StringOutput {
	return pulumi.ToStringArrayOutput(args.Workers).ApplyT(func(workers []string) (string, error) {
		return remote.Render(sitesFile, struct {
			Sites   []Site
			Workers []string
		}{args.Sites, workers})
	}).(pulumi.StringOutput)
}
