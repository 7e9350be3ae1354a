// Package proxy runs nginx at the edge: in front of the app and, where it is needed, of the Kubernetes API.
package proxy

import (
	_ "embed"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"hello-kubernetes/internal/remote"
)

// Args is the input of New.
type Args struct {
	Host       remote.Host           // Required. Where nginx runs
	ServerName string                // Optional. Host name that it answers to. Default: every name. Updated in place
	Workers    []pulumi.StringOutput // Required. Addresses of the nodes that requests go to. Updated in place
	NodePort   pulumi.IntInput       // Required. The app's port on each of them. Updated in place
}

// Proxy is nginx, serving.
type Proxy struct {
	pulumi.ResourceState
}

//go:embed scripts/site.conf
var siteText string

var siteFile = remote.Template("site.conf", siteText)

// siteParams fills in site.conf.
type siteParams struct {
	ServerName string
	Workers    []string
	NodePort   int
}

// New registers the proxy of the app. Its installation waits for the host only, its configuration for the app.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Proxy, error) {
	p := &Proxy{}
	if err := ctx.RegisterComponentResourceV2("hello-kubernetes:proxy:Proxy", name, pulumi.Map{
		"serverName": pulumi.String(args.ServerName),
	}, p, opts...); err != nil {
		return nil, err
	}
	inputs := []any{args.NodePort}
	for _, worker := range args.Workers {
		inputs = append(inputs, worker)
	}
	site := pulumi.All(inputs...).ApplyT(func(v []any) (string, error) {
		params := siteParams{ServerName: args.ServerName, NodePort: v[0].(int)}
		if params.ServerName == "" {
			params.ServerName = "_"
		}
		for _, worker := range v[1:] {
			params.Workers = append(params.Workers, worker.(string))
		}
		return remote.Render(siteFile, params)
	}).(pulumi.StringOutput)
	installed, err := installNginx(ctx, args.Host, "nginx", []string{"nginx"}, pulumi.Parent(p))
	if err != nil {
		return nil, err
	}
	if _, err := configureNginx(ctx, args.Host, "site", "/etc/nginx/conf.d/hello-kubernetes.conf", site, installed, pulumi.Parent(p)); err != nil {
		return nil, err
	}
	return p, ctx.RegisterResourceOutputs(p, pulumi.Map{})
}
