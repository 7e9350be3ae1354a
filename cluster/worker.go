package cluster

import (
	_ "embed"
	"text/template"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"hello-kubernetes/internal/remote"
)

//go:embed scripts/token.sh
var tokenScript string

//go:embed scripts/join.sh
var joinText string

//go:embed scripts/ready.sh
var readyText string

//go:embed scripts/leave.sh
var leaveText string

var (
	joinScript  = remote.Template("join.sh", joinText)
	readyScript = remote.Template("ready.sh", readyText)
	leaveScript = remote.Template("leave.sh", leaveText)
)

// workerParams fills in the scripts of one worker.
type workerParams struct {
	Name, APIName         string
	IgnorePreflightErrors []string
}

// join registers a worker: prepare → a token of its own → join → Ready. Deleting it drains the node and removes it from
// the cluster. Preparing does not wait for started, the running control plane.
func (c *Cluster) join(ctx *pulumi.Context, worker remote.Host, args Args, started pulumi.Resource) (pulumi.Resource, error) {
	prepared, err := c.prepare(ctx, worker, args)
	if err != nil {
		return nil, err
	}
	text := map[string]pulumi.String{}
	for _, script := range []*template.Template{joinScript, readyScript, leaveScript} {
		rendered, err := remote.Render(script, workerParams{worker.Name, apiName, args.IgnorePreflightErrors})
		if err != nil {
			return nil, err
		}
		text[script.Name()] = pulumi.String(rendered)
	}
	onControlPlane := args.ControlPlane
	onControlPlane.Name = worker.Name
	token, err := remote.Run(ctx, onControlPlane, remote.Step{
		Name:     "token",
		Create:   pulumi.String(tokenScript),
		Triggers: pulumi.Array{worker.ID},
		Timeout:  "5m",
		Secret:   true,
	}, pulumi.Parent(c), pulumi.DependsOn([]pulumi.Resource{started, prepared}))
	if err != nil {
		return nil, err
	}
	joined, err := remote.Run(ctx, worker, remote.Step{
		Name:     "join",
		Create:   text["join.sh"],
		Stdin:    token.Stdout,
		Triggers: pulumi.Array{args.ControlPlane.ID},
		Timeout:  "10m",
	}, pulumi.Parent(c), pulumi.DependsOn([]pulumi.Resource{prepared}))
	if err != nil {
		return nil, err
	}
	return remote.Run(ctx, onControlPlane, remote.Step{
		Name:     "ready",
		Create:   text["ready.sh"],
		Delete:   text["leave.sh"],
		Triggers: pulumi.Array{worker.ID},
		Timeout:  "10m",
	}, pulumi.Parent(c), pulumi.DependsOn([]pulumi.Resource{joined}))
}
