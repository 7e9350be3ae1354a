package scripttest

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A Host is a fake host that scripts run on: a directory is its root, and only the commands of the directory bin exist.
// What goes to /etc, /run and /var with sudo goes below the root, and without it nowhere. The commands that would
// change a host only note that they were called.
type Host struct {
	t    *testing.T
	Root string
}

// real are the machine's own commands that scripts may use. They touch nothing but the files they are told.
var real = []string{
	"base64", "bash", "cat", "cmp", "cp", "env", "find", "head", "install", "mkdir", "mktemp",
	"mv", "rm", "sha256sum", "tee", "test", "touch",
}

const (
	// user is a real command as a user has it: the system's files are not theirs.
	user = `for argument; do
	case $argument in /etc/*|/run/*|/var/*) echo "${0##*/}: $argument: permission denied: use sudo" >&2; exit 1 ;; esac
done
exec "$ROOT/real/${0##*/}" "$@"
`
	// sudo is a command with the system's files below the root.
	sudo = `for argument; do
	case $argument in /etc/*|/run/*|/var/*) argument=$ROOT$argument ;; esac
	set -- "$@" "$argument"
	shift
done
if [ -e "$ROOT/real/$1" ]; then exec "$ROOT/real/$1" "${@:2}"; fi
exec "$@"
`
)

// NewHost returns a host with stubs, the commands that it pretends to have, each with its script for bash: "" succeeds
// and prints nothing. Every call is noted.
func NewHost(t *testing.T, stubs map[string]string) *Host {
	t.Helper()
	h := &Host{t, t.TempDir()}
	for _, dir := range []string{"bin", "real", "tmp", "etc", "run"} {
		if err := os.Mkdir(filepath.Join(h.Root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range real {
		path, err := exec.LookPath(name)
		if err == nil {
			err = os.Symlink(path, h.path("real/"+name))
		}
		if err != nil {
			t.Fatal(err)
		}
		h.command(name, user)
	}
	h.command("sudo", sudo)
	for name, script := range stubs {
		h.Stub(name, script)
	}
	return h
}

// Stub makes or changes a command of the host.
func (h *Host) Stub(name, script string) {
	h.t.Helper()
	h.command(name, "echo \"${0##*/} $*\" >>\"$ROOT/calls\"\n"+script+"\n")
}

func (h *Host) command(name, script string) {
	h.t.Helper()
	h.write("bin/"+name, "#!"+h.path("real/bash")+"\n"+script)
}

func (h *Host) path(name string) string { return filepath.Join(h.Root, name) }

func (h *Host) write(name, text string) {
	h.t.Helper()
	if err := os.WriteFile(h.path(name), []byte(text), 0o755); err != nil {
		h.t.Fatal(err)
	}
}

// Run runs a script and returns whether it succeeded, what it printed and which stubs it called with what.
func (h *Host) Run(script, stdin string) (succeeded bool, output string, calls []string) {
	h.t.Helper()
	if err := os.RemoveAll(h.path("calls")); err != nil {
		h.t.Fatal(err)
	}
	run := exec.CommandContext(h.t.Context(), h.path("real/bash"), "-c", script)
	run.Env = []string{"PATH=" + h.path("bin"), "ROOT=" + h.Root, "TMPDIR=" + h.path("tmp")}
	run.Stdin = strings.NewReader(stdin)
	printed, err := run.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		h.t.Fatal(err)
	}
	if strings.Contains(string(printed), "command not found") {
		h.t.Fatalf("the script uses a command that the host does not have: add it to real, or a stub:\n%s", printed)
	}
	return err == nil, string(printed), slices.Collect(lines(h.Read("calls")))
}

// Read returns the text of a file of the host, or "" if there is none. Paths in it are the host's.
func (h *Host) Read(name string) string {
	h.t.Helper()
	text, err := os.ReadFile(h.path(name))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		h.t.Fatal(err)
	}
	return strings.ReplaceAll(string(text), h.Root, "")
}

// Write makes a file of the host.
func (h *Host) Write(name, text string) {
	h.t.Helper()
	if err := os.MkdirAll(filepath.Dir(h.path(name)), 0o755); err != nil {
		h.t.Fatal(err)
	}
	h.write(name, text)
}

// Exists tells whether the host has a file.
func (h *Host) Exists(name string) bool {
	_, err := os.Stat(h.path(name))
	return err == nil
}

// Left returns the names of the files in the host's directory for temporary ones.
func (h *Host) Left() []string {
	h.t.Helper()
	entries, err := os.ReadDir(h.path("tmp"))
	if err != nil {
		h.t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

func lines(text string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for line := range strings.Lines(text) {
			if !yield(strings.TrimSuffix(line, "\n")) {
				return
			}
		}
	}
}
