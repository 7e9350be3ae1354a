package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hello-kubernetes/sandbox/run"
)

// fakePulumi is a program that writes a log of events and a diff, as pulumi preview does.
func fakePulumi(t *testing.T, events, script string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pulumi")
	text := `#!/bin/sh
for option; do case $option in --event-log=*) echo '` + events + `' >"${option#*=}";; esac; done
` + script
	if err := os.WriteFile(path, []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

// It is not parallel: a program that is written while another test starts one cannot run.
func TestPlanned(t *testing.T) {
	const (
		good = `{"resourcePreEvent": {"metadata": {"op": "create", "urn": "urn:pulumi:dev::p::pulumi:pulumi:Stack::p-dev"}}}`
		bad  = `{"diagnosticEvent": {"severity": "error", "message": "adminCidrs: empty"}}`
	)
	for name, test := range map[string]struct {
		events, script string
		want           string // in the error, "" for none
	}{
		"a plan":               {good, "echo the diff; test $PULUMI_DEBUG_COMMANDS", ""},
		"the program's error":  {bad, "exit 255", "adminCidrs: empty"},
		"pulumi's own error":   {"", "echo error: no stack named dev >&2; exit 255", "no stack named dev"},
		"a failure at the end": {good, "echo out of memory; exit 2", "out of memory"},
		"something else's log": {"hello", "", "read pulumi's events"},
		"a preview of nothing": {"", "", "no resource"},
	} {
		t.Run(name, func(t *testing.T) {
			_, diff, err := planned(t.Context(), run.With{}, fakePulumi(t, test.events, test.script))
			if (err != nil) != (test.want != "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("the error is %v, want %q", err, test.want)
			}
			if test.want == "" && diff != "the diff\n" {
				t.Errorf("the diff is %q", diff)
			}
		})
	}
}
