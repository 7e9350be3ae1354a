package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"hello-kubernetes/sandbox/summary"
)

// madeHere tells the readers of a plan that was made from nothing what it is.
const madeHere = "Planned from nothing, with stand-ins for AWS and without an account: everything is new here, whatever is running already."

// prPreview writes to standard output what the stack's preview says, in Markdown for a pull request: of the plan in a
// file ("-" is standard input), or of one that is made here from nothing.
func prPreview(ctx context.Context, c *clone, args []string) error {
	var plan *summary.Plan
	var err error
	how := ""
	if len(args) > 0 {
		plan, err = readPlan(args[0])
	} else {
		plan, err = c.plan(ctx)
		how = madeHere
	}
	if ctx.Err() != nil {
		return err
	}
	text, err := document(c.stack, plan, err, how)
	fmt.Print(text)
	return err
}

// document is what people are told of a plan, or of the reason that there is none; that one is an error too.
func document(stack string, plan *summary.Plan, err error, how string) (string, error) {
	if err != nil {
		return summary.Failure(stack, err.Error()), err
	}
	if reason := plan.Errors(); reason != "" {
		return summary.Failure(stack, reason), errors.New("there is no plan: the document says why")
	}
	return summary.Markdown(plan, how), nil
}

// readPlan reads what `pulumi preview --json` has written.
func readPlan(path string) (*summary.Plan, error) {
	if path == "-" {
		path = "/dev/stdin"
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return summary.Parse(data)
}

// plan returns what Pulumi plans for the stack from nothing. A plan that ends with errors is one too.
func (c *clone) plan(ctx context.Context) (*summary.Plan, error) {
	var plan *summary.Plan
	return plan, c.fromNothing(ctx, func(away *clone, options []string) error {
		say("Planning the stack %s", c.stack)
		with := away.here()
		with.Stderr = os.Stderr
		text, failure := with.Output(ctx, c.path("bin", "pulumi"), slices.Concat(
			[]string{"preview", "--json", "--show-sames", "--show-replacement-steps", "--non-interactive"}, options)...)
		var err error
		if plan, err = summary.Parse([]byte(text)); err != nil || plan.Errors() == "" {
			return errors.Join(failure, err)
		}
		return nil
	})
}
