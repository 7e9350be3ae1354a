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
}

// Site is one app behind nginx.
type Site struct {
	Name       string          // Required. Of the app; unique
	ServerName string          // Optional. Host name that it answers to. Default: every name
	NodePort   pulumi.IntInput // Required. The app's port on each worker
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
	}, pulumi.Parent(p), pulumi.DependsOn([]pulumi.Resource{installed})); err != nil {
		return nil, err
	}
	return p, ctx.RegisterResourceOutputs(p, pulumi.Map{})
}

// siteParams fills in one site of sites.conf.
type siteParams struct {
	Name, ServerName string
	NodePort         int
}

// sites renders nginx's configuration.
func sites(args Args) pulumi.StringOutput {
	var inputs []any
	for _, site := range args.Sites {
		inputs = append(inputs, site.NodePort)
	}
	for _, worker := range args.Workers {
		inputs = append(inputs, worker)
	}
	return pulumi.All(inputs...).ApplyT(func(v []any) (string, error) {
		params := struct {
			Sites   []siteParams
			Workers []string
		}{}
		for i, site := range args.Sites {
			serverName := site.ServerName
			if serverName == "" {
				serverName = "_"
			}
			params.Sites = append(params.Sites, siteParams{site.Name, serverName, v[i].(int)})
		}
		for _, worker := range v[len(args.Sites):] {
			params.Workers = append(params.Workers, worker.(string))
		}
		return remote.Render(sitesFile, params)
	}).(pulumi.StringOutput)
}
