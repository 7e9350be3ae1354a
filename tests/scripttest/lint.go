package scripttest

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// Lint checks a script with bash and with shellcheck. The scripts have no shebang, as SSH hands them to the login
// shell.
func Lint(t *testing.T, script string) {
	t.Helper()
	Tool(t, "bash", "bash")
	Tool(t, "shellcheck", "shellcheck")
	for _, command := range [][]string{{"bash", "-n"}, {"shellcheck", "-s", "bash", "-"}} {
		check := exec.CommandContext(t.Context(), command[0], command[1:]...)
		check.Stdin = strings.NewReader(script)
		if output, err := check.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", strings.Join(command, " "), err, output)
		}
	}
}

// Tool returns the path of a command that the test needs. Without it the test is skipped, but fails in CI: there a test
// that never runs would go unnoticed.
func Tool(t *testing.T, name, debianPackage string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	switch {
	case err == nil:
		return path
	case os.Getenv("CI") == "true":
		t.Fatalf("%s is missing: CI has to install it: apt-get install %s", name, debianPackage)
	default:
		t.Skipf("%s is missing: apt-get install %s, or your system's equivalent", name, debianPackage)
	}
	return ""
}

// Documents returns the documents of a YAML text.
func Documents[T any](t testing.TB, text string) []T {
	t.Helper()
	var documents []T
	for decoder := yaml.NewDecoder(bytes.NewBufferString(text)); ; {
		var document T
		switch err := decoder.Decode(&document); {
		case errors.Is(err, io.EOF):
			return documents
		case err != nil:
			t.Fatalf("%v in\n%s", err, text)
		}
		documents = append(documents, document)
	}
}
