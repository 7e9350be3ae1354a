package run

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestOutput(t *testing.T) {
	t.Parallel()
	var said strings.Builder
	dir := t.TempDir()
	with := With{Dir: dir, Env: []string{"HOME=here"}, Stdin: strings.NewReader("in"), Stderr: &said}
	out, err := with.Output(t.Context(), "sh", "-c", `echo progress >&2; cat; echo " $HOME $PWD $PATH"`)
	if want := "in here " + dir + " " + os.Getenv("PATH") + "\n"; err != nil || out != want {
		t.Errorf("the output is %q (%v), want %q", out, err, want)
	}
	if said.String() != "progress\n" {
		t.Errorf("the progress is %q", said.String())
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"standard error comes first":        {[]string{"sh", "-c", "echo out; echo why >&2; exit 3"}, "exit status 3: why"},
		"standard output where that is all": {[]string{"sh", "-c", "echo out; exit 3"}, "exit status 3: out"},
		"the end of many words":             {[]string{"sh", "-c", "seq 9999 >&2; exit 1"}, "9998\n9999"},
		"a long list is cut":                {[]string{"false", "a", "b", "c", "d"}, "false a b … d: exit status 1"},
		"no such program":                   {[]string{"no-such-program"}, "no-such-program: exec: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := With{}.Output(t.Context(), test.args[0], test.args[1:]...)
			if err == nil || !strings.Contains(err.Error(), test.want) || len(err.Error()) > 5000 {
				t.Errorf("the error is %v, want %q in it", err, test.want)
			}
		})
	}
}

// When its context ends, a program and those that it has started are interrupted, and may clean up.
func TestInterrupt(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("enough")
	ready := filepath.Join(t.TempDir(), "ready")
	go func() {
		for {
			if _, err := os.Stat(ready); err == nil {
				cancel(cause)
				return
			}
			time.Sleep(5 * time.Millisecond) // the interval of the look
		}
	}()
	out, err := With{}.Output(ctx, "sh", "-c", `trap 'echo cleaned; exit 1' INT; : >"$0"; sleep 60`, ready)
	if out != "cleaned\n" || !errors.Is(err, cause) {
		t.Errorf("the output is %q, the error %v", out, err)
	}
}

// What runs ends with a process that is killed.
func TestOrphan(t *testing.T) {
	t.Parallel()
	if ready := os.Getenv("RUN_TEST_ORPHAN"); ready != "" {
		script := `trap 'echo gone >>"$0"; exit' INT; echo up >"$0"; while :; do sleep 0.01; done`
		_, _ = With{}.Output(t.Context(), "sh", "-c", script, ready)
		return
	}
	file := filepath.Join(t.TempDir(), "file")
	parent := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestOrphan$")
	parent.Env = append(os.Environ(), "RUN_TEST_ORPHAN="+file)
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	await(t, file, "up\n")
	if err := parent.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait()
	await(t, file, "up\ngone\n")
}

// await waits until a file has a content.
func await(t *testing.T, file, want string) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		got, _ := os.ReadFile(file)
		if string(got) == want {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s has %q, want %q", file, got, want)
		}
	}
}

func TestAttached(t *testing.T) {
	t.Parallel()
	for script, want := range map[string]error{"exit 0": nil, "exit 3": ExitCode(3), "kill -9 $$": ExitCode(1)} {
		if err := (With{}).Attached(t.Context(), "sh", "-c", script); !errors.Is(err, want) {
			t.Errorf("%s: the error is %v, want %v", script, err, want)
		}
	}
	err := With{}.Attached(t.Context(), "no-such-program")
	if err == nil || !strings.Contains(err.Error(), "no-such-program") {
		t.Errorf("no such program: the error is %v", err)
	}
}

func TestMissing(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	got := Missing(Need{"sh", "dash"}, Need{"no-such-program", "one"}, Need{file, "two"}, Need{file + "-not", "three"})
	if want := []string{"one", "three"}; !slices.Equal(got, want) {
		t.Errorf("missing is %q, want %q", got, want)
	}
}
