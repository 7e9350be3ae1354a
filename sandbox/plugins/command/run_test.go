package command

import (
	"slices"
	"strings"
	"testing"
	"time"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/emptypb"
)

func TestOutputAndInput(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		create, stdin, stdout, stderr string
	}{
		"one newline is cut": {"printf 'a\\n\\n'; printf 'b\\r\\n' >&2", "", "a\n", "b\r"},
		"no newline":         {"printf a", "", "a", ""},
		"stdin":              {"cat", "two\nlines\n", "two\nlines", ""},
		"stdin ends":         {"cat; echo done", "", "done", ""},
		"a long line":        {"head -c 200000 /dev/zero | tr '\\0' x", "", strings.Repeat("x", 200_000), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, b := newServer(t), newBench(t)
			stdout, stderr := b.outputs(b.create(s.command(values{"create": c.create, "stdin": c.stdin})))
			if stdout != c.stdout || stderr != c.stderr {
				t.Errorf("stdout %.100q, stderr %.100q", stdout, stderr)
			}
		})
	}
}

func TestLogging(t *testing.T) {
	t.Parallel()
	for logging, want := range map[string][]string{
		"":                {"err", "out", "rest"},
		"stdoutAndStderr": {"err", "out", "rest"},
		"stdout":          {"out", "rest"},
		"stderr":          {"err"},
		"none":            nil,
	} {
		t.Run("logging "+logging, func(t *testing.T) {
			t.Parallel()
			s, b := newServer(t), newBench(t)
			inputs := values{"create": "echo out; echo err >&2; printf rest"}
			if logging != "" {
				inputs["logging"] = logging
			}
			stdout, stderr := b.outputs(b.create(s.command(inputs)))
			if stdout != "out\nrest" || stderr != "err" {
				t.Errorf("stdout %q, stderr %q", stdout, stderr)
			}
			if got := slices.Sorted(slices.Values(b.messages())); !slices.Equal(got, want) {
				t.Errorf("logged %q", got)
			}
			for _, message := range b.logged {
				if !message.GetEphemeral() || message.GetSeverity() != pulumirpc.LogSeverity_INFO ||
					message.GetUrn() != urn {
					t.Errorf("logged as %v", message)
				}
			}
		})
	}
}

// TestLinesAreLoggedWhileTheyCome runs a command that ends only after its first line was seen.
func TestLinesAreLoggedWhileTheyCome(t *testing.T) {
	t.Parallel()
	s, b := newServer(t), newBench(t)
	seen := t.TempDir() + "/seen"
	done := make(chan step)
	go func() {
		done <- b.create(s.command(values{"create": "echo first; until [ -e " + seen + " ]; do sleep 0.01; done"}))
	}()
	b.waitFor("first")
	b.create(s.command(values{"create": "touch " + seen}))
	<-done
}

func TestEnvironment(t *testing.T) {
	t.Parallel()
	t.Run("accepted", func(t *testing.T) {
		t.Parallel()
		s, b := newServer(t, "GREETING"), newBench(t)
		stdout, _ := b.outputs(
			b.create(s.command(values{"create": "echo $GREETING", "environment": values{"GREETING": "hello"}})),
		)
		if stdout != "hello" {
			t.Errorf("stdout %q", stdout)
		}
	})
	t.Run("refused is an error", func(t *testing.T) {
		t.Parallel()
		s, b := newServer(t), newBench(t)
		_, err := b.try(s.command(values{"create": "true", "environment": values{"GREETING": "hello"}}), 0)
		if err == nil || !strings.Contains(err.Error(), `could not set environment variable "GREETING"`) {
			t.Errorf("%v", err)
		}
		if got := b.messages(); len(got) != 1 || !strings.Contains(got[0], "AcceptEnv") {
			t.Errorf("logged %q", got)
		}
	})
}

func TestPreviousOutput(t *testing.T) {
	t.Parallel()
	inputs := func(create string) values {
		return values{"create": create, "delete": "true", "logging": "none"}
	}
	t.Run("accepted", func(t *testing.T) {
		t.Parallel()
		s, b := newServer(t, "PULUMI_COMMAND_STDOUT", "PULUMI_COMMAND_STDERR"), newBench(t)
		old := b.create(s.command(inputs("echo out; echo err >&2")))
		stdout, _ := b.outputs(
			b.update(old, s.command(inputs("echo $PULUMI_COMMAND_STDOUT $PULUMI_COMMAND_STDERR")), false),
		)
		if stdout != "out err" {
			t.Errorf("stdout %q", stdout)
		}
	})
	t.Run("refused is a warning", func(t *testing.T) {
		t.Parallel()
		s, b := newServer(t), newBench(t)
		b.delete(b.create(s.command(inputs("echo out; echo err >&2"))))
		if len(b.logged) != 2 || b.logged[0].GetSeverity() != pulumirpc.LogSeverity_WARNING {
			t.Errorf("logged %v", b.logged)
		}
	})
	t.Run("off", func(t *testing.T) {
		t.Parallel()
		s, b := newServer(t), newBench(t)
		off := inputs("echo out; echo err >&2")
		off["addPreviousOutputInEnv"] = false
		b.delete(b.create(s.command(off)))
		if len(s.variables) > 0 || len(b.logged) > 0 {
			t.Errorf("set %q, logged %q", s.variables, b.messages())
		}
	})
}

// TestFailure shows that a failure carries the command and all of its output, and keeps a step that was there before.
func TestFailure(t *testing.T) {
	t.Parallel()
	s, b := newServer(t), newBench(t)
	_, err := b.try(s.command(values{"create": "echo out; echo err >&2; exit 3", "logging": "none"}), 0)
	if err == nil {
		t.Fatal("no error")
	}
	for _, part := range []string{"Process exited with status 3", `running "echo out; echo err >&2; exit 3"`, "out\n", "err\n"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q is not in %q", part, err)
		}
	}
}

// TestInterruption ends a command early, directly and over a bastion: by the engine's Cancel and by the resource's
// timeout.
func TestInterruption(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		bastion bool
		timeout float64
		want    string
	}{
		"cancel":               {false, 0, "context canceled"},
		"cancel over bastion":  {true, 0, "context canceled"},
		"timeout":              {false, 1, "context deadline exceeded"},
		"timeout over bastion": {true, 1, "context deadline exceeded"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, bastion, b := newServer(t), newServer(t), newBench(t)
			inputs := s.command(values{"create": "echo begun; sleep 60"})
			if c.bastion {
				inputs["connection"] = s.connection(values{"proxy": bastion.connection()})
			}
			result := make(chan error, 1)
			go func() {
				_, err := b.try(inputs, c.timeout)
				result <- err
			}()
			b.waitFor("begun")
			begin := time.Now()
			if c.timeout == 0 {
				if _, err := b.plugin.Cancel(t.Context(), &emptypb.Empty{}); err != nil {
					t.Fatal(err)
				}
			}
			err := <-result
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "begun") {
				t.Errorf("%v", err)
			}
			if took := time.Since(begin); took > 2*time.Second {
				t.Errorf("took %v", took)
			}
			if command := <-s.abandoned; !strings.Contains(command, "sleep 60") {
				t.Errorf("abandoned %q", command)
			}
		})
	}
}
