package cli

import (
	"context"
	"os"
	"path/filepath"
	"slices"
)

// preview shows the plan of a stack: of one on the sandbox as it is, of any other from nothing, with the sandbox's
// plugins and a throw-away key, so that it needs neither an account nor the stack's secrets.
func preview(ctx context.Context, c *clone, args []string) error {
	local, err := c.local()
	if err != nil {
		return err
	}
	if local {
		if _, err := c.start(ctx); err != nil {
			return err
		}
		return c.pulumi(ctx, append([]string{"preview", "--stack", c.stack}, args...)...)
	}
	return c.fromNothing(ctx, func(away *clone, options []string) error {
		return away.pulumi(ctx, slices.Concat([]string{"preview"}, options, args)...)
	})
}

// fromNothing calls use with a clone in which the stack is new and has a throw-away key, and with the options that
// pulumi needs there. It removes all of that afterwards. Nothing in it needs root, an account or the stack's secrets.
func (c *clone) fromNothing(ctx context.Context, use func(away *clone, options []string) error) error {
	if err := c.toolchain(ctx); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "preview-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	// A project of the same name beside the real one, so that the stack is made without a trace in this folder.
	file := filepath.Join(dir, filepath.Base(c.stackFile()))
	config, err := os.ReadFile(c.stackFile())
	if err != nil {
		return err
	}
	if err := os.WriteFile(file, []byte(withoutSecrets(string(config))), 0o600); err != nil {
		return err
	}
	if err := os.Symlink(filepath.Join(c.root, "Pulumi.yaml"), filepath.Join(dir, "Pulumi.yaml")); err != nil {
		return err
	}
	key, err := newKey()
	if err != nil {
		return err
	}
	away := *c
	away.state = dir
	if _, err := away.ask(ctx, "", "stack", "init", c.stack, "--no-select", "--cwd", dir); err != nil {
		return err
	}
	if err := away.setKey(ctx, key, "--cwd", dir); err != nil {
		return err
	}
	return use(&away, []string{"--stack", c.stack, "--config-file", file})
}
