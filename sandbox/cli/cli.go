// Package cli is the command line of the sandbox, and its entry as Pulumi plugins.
package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/spf13/cobra"

	"hello-kubernetes/sandbox/run"
)

// Main runs the command, or the plugin whose name this program was started under.
func Main() {
	syscall.Umask(0o022) // what is written is for whom its mode says, whatever the user's own mask is
	if plugin := plugins[filepath.Base(os.Args[0])]; plugin != nil {
		plugin()
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := root().ExecuteContext(ctx); err != nil {
		if exit, failed := errors.AsType[run.ExitCode](err); failed {
			os.Exit(int(exit))
		}
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func root() *cobra.Command {
	var stack string
	command := &cobra.Command{
		Use: "sandbox", Short: "A region on one Linux machine, and the stacks on it",
		SilenceErrors: true, SilenceUsage: true,
	}
	command.PersistentFlags().StringVarP(&stack, "stack", "s", "local", "the stack, of Pulumi.STACK.yaml")
	type do func(ctx context.Context, c *clone, args []string) error
	add := func(use, short string, args cobra.PositionalArgs, do do) *cobra.Command {
		added := &cobra.Command{Use: use, Short: short, Args: args, RunE: func(c *cobra.Command, args []string) error {
			found, err := findClone(stack)
			if err != nil {
				return err
			}
			return do(c.Context(), found, args)
		}}
		command.AddCommand(added)
		return added
	}
	add("up", "bring the stack up", cobra.ArbitraryArgs, up)
	add("down", "take the stack and the region down", cobra.NoArgs, down)
	add("preview", "show what up would do", cobra.ArbitraryArgs, preview)
	var running bool
	add("pr-preview", "write a plan in Markdown", cobra.NoArgs, func(ctx context.Context, c *clone, _ []string) error {
		return prPreview(ctx, c, running)
	}).Flags().BoolVar(&running, "running", false, "plan for the stack as it is, not from nothing")
	add("status", "show what there is", cobra.NoArgs, status)
	add("ssh HOST [COMMAND...]", "log in to a host", cobra.MinimumNArgs(1), secureShell)
	add("env", "print what makes pulumi, kubectl and ssh work", cobra.NoArgs, printEnvironment)
	add("prepare", "install and build what up and the tests need", cobra.NoArgs, prepareTests)
	add("internet", "serve the sandbox's internet (up starts it)", cobra.NoArgs, serveInternet)
	command.CompletionOptions.DisableDefaultCmd = true
	return command
}
