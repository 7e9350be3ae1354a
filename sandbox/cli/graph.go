package cli

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"

	"hello-kubernetes/sandbox/run"
	"hello-kubernetes/sandbox/summary"
)

// The files that graph makes, in the project.
const (
	recordFile = "sandbox/summary/testdata/dev.json"
	dotFile    = "docs/architecture.dot"
	svgFile    = "docs/architecture.svg"
)

// graph draws the program's components from the stack's plan, and records the plan for the tests.
func graph(ctx context.Context, c *clone, _ []string) error {
	if err := needDot(ctx); err != nil {
		return err
	}
	plan, err := c.plan(ctx)
	if err != nil {
		return err
	}
	if text := plan.Errors(); text != "" {
		return errors.New(text)
	}
	record, err := summary.Record(plan)
	if err != nil {
		return err
	}
	for name, content := range map[string][]byte{recordFile: record, dotFile: []byte(summary.Graph(plan))} {
		path := filepath.Join(c.root, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, content, 0o644)); err != nil {
			return err
		}
		say("Wrote %s", name)
	}
	if err := (run.With{Dir: c.root}).Run(ctx, "dot", "-Tsvg", "-o", svgFile, dotFile); err != nil {
		return err
	}
	say("Wrote %s", svgFile)
	return nil
}

// needDot installs graphviz, if root asks, or says how to.
func needDot(ctx context.Context) error {
	if _, err := exec.LookPath("dot"); err == nil {
		return nil
	}
	if os.Geteuid() != 0 {
		return errors.New("there is no dot to draw with: install graphviz (sudo apt-get install graphviz)")
	}
	return installPackages(ctx, []string{"graphviz"})
}
