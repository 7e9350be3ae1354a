package cluster

import (
	_ "embed"
	"text/template"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"hello-kubernetes/internal/remote"
)

//go:embed scripts/token.sh
var tokenText string

//go:embed scripts/join.sh
var joinText string

//go:embed scripts/ready.sh
var readyText string

//go:embed scripts/leave.sh
var leaveText string

var (
	tokenScript = remote.Template("token.sh", tokenText)
	joinScript  = remote.Template("join.sh", joinText)
	readyScript = remote.Template("ready.sh", readyText)
	leaveScript = remote.Template("leave.sh", leaveText)
)

// workerParams fills in the scripts of one worker. Its Node is labelled with the instance's ID, which tells it from a
// Node that another instance has left under the same name.
type workerParams struct {
	Name, APIName, Instance string
	IgnorePreflightErrors   []string
}

// join registers a worker: prepare → a token of its own → join → Ready. Deleting it drains the node and removes it from
// the cluster. Preparing does not wait for started, the running control plane.
func (c *Cluster) join(
	ctx *pulumi.Context, worker remote.Host, args Args, started pulumi.Resource,
) (pulumi.Resource, error) {
	prepared, err := c.prepare(ctx, worker, args)
	if err != nil {
		return nil, err
	}
	text := func(script *template.Template) pulumi.StringInput {
		return worker.ID.ApplyT(func(id pulumi.ID) (string, error) {
			return remote.Render(script, workerParams{worker.Name, apiName, string(id), args.IgnorePreflightErrors})
		}).(pulumi.StringOutput)
	}
	token, err := remote.Run(ctx, c.controlPlane, remote.Step{
		Name:    "token",
		For:     &worker,
		Create:  text(tokenScript),
		Timeout: "5m",
		Secret:  true,
	}, pulumi.Parent(c), pulumi.DependsOn([]pulumi.Resource{started, prepared}))
	if err != nil {
		return nil, err
	}
	joined, err := remote.Run(ctx, worker, remote.Step{
		Name:     "join",
		Create:   text(joinScript),
		Stdin:    token.Stdout,
		Triggers: pulumi.Array{c.controlPlane.ID},
		Timeout:  "10m",
	}, pulumi.Parent(c), pulumi.DependsOn([]pulumi.Resource{prepared}))
	if err != nil {
		return nil, err
	}
	return remote.Run(ctx, c.controlPlane, remote.Step{
		Name:    "ready",
		For:     &worker,
		Create:  text(readyScript),
		Delete:  text(leaveScript),
		Timeout: "10m",
	}, pulumi.Parent(c), pulumi.DependsOn([]pulumi.Resource{joined}))
}
