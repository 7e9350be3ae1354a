package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// preview shows the plan of a stack: of one on the sandbox as it is, of any other from nothing, with the sandbox's
// plug-ins and a throw-away key, so that it needs neither an account nor the stack's secrets.
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
// Pulumi needs there. All of it is gone afterwards; nothing in it needs root, an account or the stack's secrets.
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
	if err := c.withoutSecrets(file); err != nil {
		return err
	}
	project, err := os.ReadFile(filepath.Join(c.root, "Pulumi.yaml"))
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "Pulumi.yaml"), project, 0o600); err != nil {
		return err
	}
	key, err := newKey("")
	if err != nil {
		return err
	}
	away := *c
	away.state = dir
	if _, err := away.ask(ctx, "", "stack", "init", c.stack, "--no-select", "--cwd", dir); err != nil {
		return err
	}
	if _, err := away.ask(ctx, key, "config", "set", "--secret", "sshPrivateKey", "--stack", c.stack, "--cwd", dir); err != nil {
		return err
	}
	return use(&away, []string{"--stack", c.stack, "--config-file", file})
}

// withoutSecrets writes the stack file without what only its owners can decrypt.
func (c *clone) withoutSecrets(to string) error {
	data, err := os.ReadFile(c.stackFile())
	if err != nil {
		return err
	}
	var content map[string]any
	if err := yaml.Unmarshal(data, &content); err != nil {
		return fmt.Errorf("read %s: %w", filepath.Base(c.stackFile()), err)
	}
	for _, key := range []string{"encryptionsalt", "encryptedkey", "secretsprovider"} {
		delete(content, key)
	}
	if config, ok := content["config"].(map[string]any); ok {
		for key := range config {
			if strings.HasSuffix(key, ":sshPrivateKey") {
				delete(config, key)
			}
		}
	}
	if data, err = yaml.Marshal(content); err != nil {
		return err
	}
	return os.WriteFile(to, data, 0o600)
}
