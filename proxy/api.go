package proxy

import (
	_ "embed"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"hello-kubernetes/internal/remote"
)

// APIArgs is the input of NewAPI.
type APIArgs struct {
	Host         remote.Host         // Required. Where nginx runs
	ControlPlane pulumi.StringOutput // Required. Address of the API server. Updated in place
}

// API is nginx, passing connections on to the API server as they are: the cluster's certificates go from end to end.
type API struct {
	pulumi.ResourceState

	Ready pulumi.Resource // what a client of the API waits for
}

//go:embed scripts/api.conf
var apiText string

var apiFile = remote.Template("api.conf", apiText)

// NewAPI registers the proxy of the Kubernetes API, port 6443. It needs the hosts only, not the cluster.
func NewAPI(ctx *pulumi.Context, name string, args APIArgs, opts ...pulumi.ResourceOption) (*API, error) {
	a := &API{}
	if err := ctx.RegisterComponentResourceV2("hello-kubernetes:proxy:API", name, pulumi.Map{}, a, opts...); err != nil {
		return nil, err
	}
	config := args.ControlPlane.ApplyT(func(address string) (string, error) {
		return remote.Render(apiFile, struct{ ControlPlane string }{address})
	}).(pulumi.StringOutput)
	installed, err := installNginx(ctx, args.Host, "nginx-stream", []string{"nginx", "libnginx-mod-stream"}, pulumi.Parent(a))
	if err != nil {
		return nil, err
	}
	// Of the folders that nginx.conf includes, only this one is outside its http block; files come in order, the module's first.
	const file = "/etc/nginx/modules-enabled/90-hello-kubernetes-api.conf"
	if a.Ready, err = configureNginx(ctx, args.Host, "api", file, config, installed, pulumi.Parent(a)); err != nil {
		return nil, err
	}
	return a, ctx.RegisterResourceOutputs(a, pulumi.Map{})
}
