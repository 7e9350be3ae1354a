package command

import (
	"context"

	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// Command is a command on a remote host: it runs when the resource is created and when its input changes.
type Command struct{}

var (
	_ infer.CustomResource[Args, State] = (*Command)(nil)
	_ infer.CustomUpdate[Args, State]   = (*Command)(nil)
	_ infer.CustomDelete[State]         = (*Command)(nil)
)

// Create runs the create command, if any. A preview runs nothing.
func (*Command) Create(ctx context.Context, req infer.CreateRequest[Args]) (infer.CreateResponse[State], error) {
	state := State{Args: req.Inputs}
	id, err := resource.NewUniqueHex(req.Name, 8, 0)
	if err == nil && !req.DryRun {
		err = state.run(ctx, state.Create)
	}
	return infer.CreateResponse[State]{ID: id, Output: state}, err
}

// Update runs the update command, or the create command if there is none. Without either, the output stays.
func (*Command) Update(ctx context.Context, req infer.UpdateRequest[Args, State]) (infer.UpdateResponse[State], error) {
	state := State{Args: req.Inputs, Stdout: req.State.Stdout, Stderr: req.State.Stderr}
	script := state.Update
	if script == nil {
		script = state.Create
	}
	var err error
	if !req.DryRun {
		err = state.run(ctx, script)
	}
	return infer.UpdateResponse[State]{Output: state}, err
}

// Delete runs the delete command, if any.
func (*Command) Delete(ctx context.Context, req infer.DeleteRequest[State]) (infer.DeleteResponse, error) {
	return infer.DeleteResponse{}, req.State.run(ctx, req.State.Delete)
}
