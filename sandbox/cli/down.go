package cli

import (
	"context"
	"errors"
	"os"
)

// down destroys the stack and, when no other stack of the clone is on it, removes the region with all that it made.
func down(ctx context.Context, c *clone, _ []string) error {
	if err := c.lock(ctx); err != nil {
		return err
	}
	if err := checkMachine(c.cache); err != nil {
		return err
	}
	if exists(ownerFile) {
		if err := c.claim(); err != nil {
			return err
		}
	}
	if err := c.destroy(ctx); err != nil {
		return err
	}
	states, err := c.checkpoints()
	if err != nil {
		return err
	}
	for name, state := range states {
		if len(state.Deployment.Resources) > 0 {
			say("The region stays: the stack %s is on it", name)
			return nil
		}
	}
	say("Removing the region")
	return raze(ctx)
}

// destroy ends the stack. A region that is broken does not keep it from being forgotten.
func (c *clone) destroy(ctx context.Context) error {
	if err := c.unlock(ctx); err != nil {
		return err
	}
	states, err := c.checkpoints()
	if err != nil {
		return err
	}
	state := states[c.stack]
	if state == nil {
		return c.forgetSecrets()
	}
	if len(state.Deployment.Resources) > 0 {
		say("Destroying the stack %s", c.stack)
		if err := c.pulumi(ctx, "destroy", "--yes", "--skip-preview", "--stack", c.stack); err != nil {
			if ctx.Err() != nil || len(states) > 1 {
				return err
			}
			say("The stack cannot be destroyed in good order: it goes with the region")
		}
	}
	if _, err := c.ask(ctx, "", "stack", "rm", "--yes", "--force", "--preserve-config", "--stack", c.stack); err != nil {
		return err
	}
	var errs []error
	for _, name := range []string{"key-", "kubeconfig-", "ssh_config-", "known_hosts-"} {
		errs = append(errs, os.RemoveAll(c.path(name+c.stack)))
	}
	return errors.Join(append(errs, c.forgetSecrets())...)
}
