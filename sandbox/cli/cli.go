// Package cli is the command line of the sandbox, and its entry as Pulumi plug-ins.
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

// Main runs the command, or the plug-in whose name this program was started under.
func Main() {
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
		Use: "sandbox", Short: "A region on one Linux machine, and the program on it",
		SilenceErrors: true, SilenceUsage: true,
	}
	command.PersistentFlags().StringVarP(&stack, "stack", "s", "local", "the stack, of Pulumi.STACK.yaml")
	add := func(use, short string, args cobra.PositionalArgs, do func(context.Context, *clone, []string) error) {
		command.AddCommand(&cobra.Command{Use: use, Short: short, Args: args, RunE: func(c *cobra.Command, args []string) error {
			found, err := findClone(stack)
			if err != nil {
				return err
			}
			return do(c.Context(), found, args)
		}})
	}
	add("up", "bring the stack up", cobra.ArbitraryArgs, up)
	add("down", "take the stack and the region down", cobra.NoArgs, down)
	add("preview", "show what up would do", cobra.ArbitraryArgs, preview)
	add("pr-preview [PLAN]", "the same in Markdown, for a pull request", cobra.MaximumNArgs(1), prPreview)
	add("graph", "draw docs/architecture.svg from the preview", cobra.NoArgs, graph)
	add("status", "show what there is", cobra.NoArgs, status)
	add("ssh NODE [COMMAND...]", "log in to a node", cobra.MinimumNArgs(1), secureShell)
	add("env", "print what makes pulumi, kubectl and ssh work", cobra.NoArgs, printEnvironment)
	add("prepare", "install and build what up and the tests need", cobra.NoArgs, prepareTests)
	add("internet", "serve the sandbox's internet (up starts it)", cobra.NoArgs, serveInternet)
	command.CompletionOptions.DisableDefaultCmd = true
	return command
}
