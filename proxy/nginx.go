package proxy

import (
	_ "embed"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"hello-kubernetes/internal/remote"
)

//go:embed scripts/install.sh
var installText string

//go:embed scripts/configure.sh
var configureText string

var (
	installScript   = remote.Template("install.sh", installText)
	configureScript = remote.Template("configure.sh", configureText)
)

// installNginx registers the step that installs Debian's packages of nginx on host.
func installNginx(ctx *pulumi.Context, host remote.Host, name string, packages []string, opts ...pulumi.ResourceOption) (pulumi.Resource, error) {
	text, err := remote.Render(installScript, struct{ Packages []string }{packages})
	if err != nil {
		return nil, err
	}
	return remote.Run(ctx, host, remote.Step{Name: name, Create: pulumi.String(text), Timeout: "15m"}, opts...)
}

// configureNginx registers the step that gives nginx on host one file of its configuration.
func configureNginx(
	ctx *pulumi.Context, host remote.Host, name, file string, content pulumi.StringInput, installed pulumi.Resource, opts ...pulumi.ResourceOption,
) (pulumi.Resource, error) {
	text, err := remote.Render(configureScript, struct{ File string }{file})
	if err != nil {
		return nil, err
	}
	return remote.Run(ctx, host, remote.Step{
		Name:    name,
		Create:  pulumi.String(text),
		Stdin:   content,
		Timeout: "5m",
	}, slices.Concat(opts, []pulumi.ResourceOption{pulumi.DependsOn([]pulumi.Resource{installed})})...)
}
