package program

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"hello-kubernetes/tests/recorder"
	"hello-kubernetes/tests/scripttest"
)

// everyCommand runs check against each command of the program in each variant.
func everyCommand(t *testing.T, check func(t *testing.T, s stack, command *recorder.Resource)) {
	t.Helper()
	inEachVariant(t, func(t *testing.T, s stack) {
		commands := s.Of(recorder.Command)
		if want := 6 + 6*s.config.Workers.Count; len(commands) < want {
			t.Errorf("%d commands, want at least %d", len(commands), want)
		}
		for _, command := range commands {
			check(t, s, command)
		}
	})
}

// waits are the places in a script that give up after a number of seconds.
var waits = regexp.MustCompile(`SECONDS \+ (\d+)|--timeout (\d+)`)

// A script that gives up by itself says why. One that Pulumi ends does not.
func TestCommandsHaveATimeoutLongerThanTheirWaits(t *testing.T) {
	everyCommand(t, func(t *testing.T, _ stack, command *recorder.Resource) {
		timeouts := command.RegisterRPC.GetCustomTimeouts()
		for action, text := range map[string]string{
			"create": timeouts.GetCreate(), "update": timeouts.GetUpdate(), "delete": timeouts.GetDelete(),
		} {
			timeout, err := time.ParseDuration(text)
			if err != nil || timeout <= 0 {
				t.Errorf("%s: the timeout of %s is %q", command.Name, action, text)
				continue
			}
			for _, found := range waits.FindAllStringSubmatch(command.Text("create")+command.Text("delete"), -1) {
				seconds, _ := strconv.Atoi(found[1] + found[2])
				if time.Duration(seconds)*time.Second >= timeout {
					t.Errorf(
						"%s: %s may take %s, but the script waits as long: %q",
						command.Name,
						action,
						timeout,
						found[0],
					)
				}
			}
		}
	})
}

// A command outlives neither its instance nor the instance's replacement.
func TestCommandsBelongToAnInstance(t *testing.T) {
	everyCommand(t, func(t *testing.T, s stack, command *recorder.Resource) {
		i := slices.IndexFunc(
			s.Resources,
			func(res *recorder.Resource) bool { return res.URN == command.RegisterRPC.GetDeletedWith() },
		)
		if i < 0 || s.Resources[i].TypeToken != recorder.Instance {
			t.Errorf("%s is deleted with %q, want an instance", command.Name, command.RegisterRPC.GetDeletedWith())
			return
		}
		if instance := s.Resources[i].ID; !slices.Contains(command.Texts("triggers"), instance) {
			t.Errorf("%s: triggers are %q, want its instance %s among them",
				command.Name, command.Texts("triggers"), instance)
		}
		// What is done for a worker is done again for a worker on a new instance, wherever the command runs.
		if worker := regexp.MustCompile(`^worker-\d+`).FindString(command.Name); worker != "" {
			instance := s.Get(t, "Instance "+worker).ID
			if !slices.Contains(command.Texts("triggers"), instance) {
				t.Errorf("%s: triggers are %q, want %s among them", command.Name, command.Texts("triggers"), instance)
			}
		}
	})
}

// A replacement creates before it deletes, and the old delete would undo the new create.
func TestCommandsThatUndoAreDeletedBeforeTheirReplacement(t *testing.T) {
	everyCommand(t, func(t *testing.T, _ stack, command *recorder.Resource) {
		if undoes := command.Text("delete") != ""; undoes && !command.RegisterRPC.GetDeleteBeforeReplace() {
			t.Errorf("%s has a delete, and its replacement comes first", command.Name)
		}
	})
}

// The environment needs AcceptEnv in sshd, and the previous output as a part of it is a secret in the clear.
func TestCommandsLeaveTheEnvironmentAlone(t *testing.T) {
	everyCommand(t, func(t *testing.T, _ stack, command *recorder.Resource) {
		if previous := command.Property("addPreviousOutputInEnv"); !previous.IsBool() || previous.BoolValue() {
			t.Errorf("%s: addPreviousOutputInEnv is %v, want false", command.Name, previous.V)
		}
		if command.Inputs.HasValue("environment") {
			t.Errorf("%s sets an environment", command.Name)
		}
	})
}

func TestScriptsStopAtErrorsAndShowNothing(t *testing.T) {
	everyCommand(t, func(t *testing.T, _ stack, command *recorder.Resource) {
		for _, text := range []string{command.Text("create"), command.Text("delete"), command.Text("update")} {
			if text == "" {
				continue
			}
			if !strings.HasPrefix(text, "set -Eeuo pipefail\n") {
				t.Errorf("%s: a script does not begin with set -Eeuo pipefail:\n%s", command.Name, text)
			}
			if regexp.MustCompile(`\bset -\w*x|-o xtrace`).MatchString(text) {
				t.Errorf("%s: a script shows its commands, and with them what is secret", command.Name)
			}
		}
	})
}

func TestConnectionsAreFoundByAddressAndWaitForTheHost(t *testing.T) {
	everyCommand(t, func(t *testing.T, _ stack, command *recorder.Resource) {
		for _, connection := range []string{"connection", "connection.proxy"} {
			if command.Property(connection).IsNull() && connection == "connection.proxy" {
				continue
			}
			if host := command.Text(connection + ".host"); host == "" {
				t.Errorf("%s: %s leads nowhere", command.Name, connection)
			}
			if limit := command.Property(connection + ".dialErrorLimit"); !limit.IsNumber() ||
				limit.NumberValue() < 60 {
				t.Errorf("%s: %s gives up after %v errors, want 60 or more", command.Name, connection, limit.V)
			}
		}
		inPublic := command.Text("connection.host") == "203.0.113.10"
		if hasProxy := !command.Property("connection.proxy").IsNull(); hasProxy == inPublic {
			t.Errorf("%s: over a bastion: %v, to a public address: %v", command.Name, hasProxy, inPublic)
		}
	})
}

func TestEveryWorkerGetsTheSameSteps(t *testing.T) {
	inEachVariant(t, func(t *testing.T, s stack) {
		for i := range s.config.Workers.Count {
			for _, step := range []string{"listening", "cloud-init", "prepare", "token", "join", "ready"} {
				s.Get(t, fmt.Sprintf("worker-%d-%s", i, step))
			}
		}
	})
}

// Every text that a script is rendered to in any variant is one that bash and shellcheck accept.
func TestScriptsAreLinted(t *testing.T) {
	t.Parallel()
	scripts := map[string]string{}
	for variant, recording := range recordings {
		s, err := recording()
		if err != nil {
			t.Fatal(err)
		}
		for _, command := range s.Of(recorder.Command) {
			for _, input := range []string{"create", "update", "delete"} {
				if text := command.Text(input); text != "" {
					scripts[text] = command.Name + " " + input + " with " + variant
				}
			}
		}
	}
	for text, name := range scripts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scripttest.Lint(t, text)
		})
	}
}
