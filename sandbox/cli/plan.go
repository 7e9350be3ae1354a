package cli

import (
	"context"
	"fmt"
	"os"
	"slices"

	"hello-kubernetes/sandbox/run"
	"hello-kubernetes/sandbox/summary"
)

// madeHere tells the readers of a plan that was made from nothing what it is.
const madeHere = "Planned from nothing and without an account: everything is new here, whatever is running already."

// prPreview writes to standard output what the stack's plan says, in Markdown for a pull request. The plan is made from
// nothing or, when running is set, for the stack as it is, and has Pulumi's own diff then. It fails where there is no
// plan; what it has written says why.
func prPreview(ctx context.Context, c *clone, running bool) error {
	var plan *summary.Plan
	var diff, how string
	var err error
	if running {
		plan, diff, err = c.planRunning(ctx)
		fmt.Fprint(os.Stderr, diff) // the document may have a part of it only
	} else {
		how = madeHere
		err = c.fromNothing(ctx, func(away *clone, options []string) error {
			say("Planning the stack %s", c.stack)
			plan, _, err = planned(ctx, away.here(), c.path("bin", "pulumi"), options...)
			return err
		})
	}
	switch {
	case ctx.Err() != nil:
	case err != nil:
		fmt.Print(summary.Failure(c.stack, err.Error()))
	default:
		fmt.Print(summary.Markdown(plan, how, diff))
	}
	return err
}

// planRunning plans for the stack as it is: one on the sandbox with the clone's pulumi, any other with the user's.
func (c *clone) planRunning(ctx context.Context) (plan *summary.Plan, diff string, err error) {
	local, err := c.local()
	if err != nil {
		return nil, "", err
	}
	if local {
		return planned(ctx, c.here(), c.path("bin", "pulumi"), "--stack", c.stack)
	}
	return planned(ctx, run.With{Dir: c.root}, "pulumi", "--stack", c.stack)
}

// planned runs pulumi preview and returns its plan and the diff that it shows. It fails with what pulumi says when that
// fails.
func planned(ctx context.Context, with run.With, pulumi string, options ...string) (*summary.Plan, string, error) {
	events, err := os.CreateTemp("", "events-")
	if err != nil {
		return nil, "", err
	}
	defer os.Remove(events.Name())
	defer events.Close()
	with.Env = append(with.Env, "PULUMI_DEBUG_COMMANDS=true") // without it there is no --event-log
	diff, failure := with.Output(ctx, pulumi, slices.Concat([]string{
		"preview", "--diff", "--suppress-outputs", "--non-interactive", "--color=never", "--event-log=" + events.Name(),
	}, options)...)
	log, err := os.ReadFile(events.Name())
	if err != nil {
		return nil, "", err
	}
	plan, err := summary.Parse(log)
	switch {
	case err == nil && plan.Err() != nil:
		err = plan.Err()
	case failure != nil:
		err = failure
	}
	return plan, diff, err
}
