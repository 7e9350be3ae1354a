package cli

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestDocument(t *testing.T) {
	t.Parallel()
	const (
		good = `{"steps": [{"op": "create", "urn": "urn:pulumi:dev::p::pulumi:pulumi:Stack::p-dev", "newState": {"type": "pulumi:pulumi:Stack"}}]}`
		bad  = `{"diagnostics": [{"severity": "info", "message": "hello"}, {"severity": "error", "message": "adminCidrs: empty"}]}`
	)
	cases := map[string]struct {
		plan  string
		want  string
		fails bool
	}{
		"a plan":             {good, "## Preview of stack `dev`\n\n**1 to create.** How.\n", false},
		"a plan with errors": {bad, "## Preview of stack `dev` failed\n", true},
		"the error":          {bad, "```\nadminCidrs: empty\n```", true},
		"no plan":            {"error: no such stack", "## Preview of stack `dev` failed\n", true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "plan.json")
			if err := os.WriteFile(file, []byte(c.plan), 0o600); err != nil {
				t.Fatal(err)
			}
			plan, err := readPlan(file)
			text, err := document("dev", plan, err, "How.")
			if !strings.Contains(text, c.want) || (err != nil) != c.fails {
				t.Errorf("the error is %v, the document\n%s\nwant %q", err, text, c.want)
			}
		})
	}
}

func TestReadPlanNeedsTheFile(t *testing.T) {
	t.Parallel()
	if _, err := readPlan(filepath.Join(t.TempDir(), "none.json")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the error is %v", err)
	}
}
