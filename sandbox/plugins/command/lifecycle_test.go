package command

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// connection is how the tests reach s, with changes.
func (s *server) connection(changes ...values) values {
	v := values{"host": "127.0.0.1", "port": float64(s.port), "privateKey": s.user.private, "dialErrorLimit": 2}
	for _, change := range changes {
		maps.Copy(v, change)
	}
	return v
}

// command is the input of a step on s.
func (s *server) command(more values) values {
	v := values{"connection": s.connection()}
	maps.Copy(v, more)
	return v
}

func TestLifecycle(t *testing.T) {
	t.Parallel()
	s, b := newServer(t), newBench(t)
	log := filepath.Join(t.TempDir(), "log")
	script := func(what string) string { return fmt.Sprintf("echo %s | tee -a %s; echo problem >&2", what, log) }
	ran := func() string {
		text, _ := os.ReadFile(log)
		_ = os.Remove(log)
		return strings.TrimSpace(string(text))
	}
	expect := func(what string, s step, stdout string) {
		t.Helper()
		got, problem := b.outputs(s)
		if got != stdout || problem != "problem" {
			t.Errorf("%s: stdout %q, stderr %q", what, got, problem)
		}
		if r := ran(); r != stdout {
			t.Errorf("%s: ran %q", what, r)
		}
	}

	created := b.create(s.command(values{"create": script("create"), "delete": script("delete")}))
	expect("create", created, "create")
	if !strings.HasPrefix(created.id, "step") || len(created.id) != len("step")+8 {
		t.Errorf("ID %q", created.id)
	}
	again := b.update(created, s.command(values{"create": script("create again"), "delete": script("delete")}), false)
	expect("update without update", again, "create again")
	updated := b.update(
		again,
		s.command(values{"create": script("create"), "update": script("update"), "delete": script("delete")}),
		false,
	)
	expect("update", updated, "update")
	b.delete(updated)
	if r := ran(); r != "delete" {
		t.Errorf("delete: ran %q", r)
	}

	kept := b.update(updated, s.command(values{"delete": script("delete")}), false)
	if stdout, _ := b.outputs(kept); stdout != "update" || ran() != "" {
		t.Errorf("update with nothing to run: stdout %q", stdout)
	}
	before := s.connections.Load()
	b.delete(b.create(s.command(nil)))
	if s.connections.Load() != before {
		t.Error("a command with nothing to run connects")
	}
}

// TestDiff shows that only triggers replace. The plugin itself says so when they come or go; for an element of them the
// SDK does, by its option replaceOnChanges.
func TestDiff(t *testing.T) {
	t.Parallel()
	s, b := newServer(t), newBench(t)
	inputs := values{
		"create": "cat", "update": "true", "delete": "true", "stdin": "in", "environment": values{}, "logging": "none",
		"addPreviousOutputInEnv": false, "triggers": []any{"a", 1.0},
	}
	old := b.create(s.command(inputs))
	if diff := b.diff(old, s.command(inputs)); diff.GetChanges() != pulumirpc.DiffResponse_DIFF_NONE {
		t.Errorf("same inputs: %v", diff)
	}
	for property, change := range map[string]any{
		"create": "cat -", "update": "false", "delete": "false", "stdin": "", "environment": values{"A": "b"}, "logging": "stdout",
		"addPreviousOutputInEnv": true, "triggers": nil, "connection": s.connection(values{"user": "admin"}),
	} {
		t.Run(property, func(t *testing.T) {
			t.Parallel()
			changed := s.command(inputs)
			changed[property] = change
			diff := b.diff(old, changed)
			if diff.GetChanges() != pulumirpc.DiffResponse_DIFF_SOME || diff.GetDeleteBeforeReplace() {
				t.Errorf("%v", diff)
			}
			if replaces := len(diff.GetReplaces()) > 0; replaces != (property == "triggers") {
				t.Errorf("replaces %v", diff)
			}
		})
	}
	changed := s.command(inputs)
	changed["triggers"] = []any{"a", 2.0}
	if diff := b.diff(old, changed); !slices.Equal(diff.GetDiffs(), []string{"triggers"}) {
		t.Errorf("a trigger: %v", diff)
	}
}

func TestPreview(t *testing.T) {
	t.Parallel()
	s, b := newServer(t), newBench(t)
	unknown := resource.MakeComputed(resource.NewProperty(""))
	inputs := b.check(values{
		"connection": values{
			"host":       unknown,
			"privateKey": unknown,
		}, "create": unknown, "triggers": []any{unknown}, "logging": "none",
	})
	created, err := b.plugin.Create(t.Context(), &pulumirpc.CreateRequest{Urn: urn, Properties: inputs, Preview: true})
	if err != nil {
		t.Fatal(err)
	}
	state := unmarshal(t, created.GetProperties())
	for _, property := range []resource.PropertyKey{"stdout", "stderr", "create"} {
		if !state[property].IsComputed() {
			t.Errorf("create: %s is %v", property, state[property])
		}
	}
	if state["logging"].StringValue() != "none" {
		t.Errorf("create: logging is %v", state["logging"])
	}

	old := b.create(s.command(values{"create": "echo old"}))
	before := s.connections.Load()
	state = unmarshal(t, b.update(old, s.command(values{"create": "echo new"}), true).state)
	if !state["stdout"].IsComputed() || state["create"].StringValue() != "echo new" {
		t.Errorf("update: %v", state)
	}
	if s.connections.Load() != before {
		t.Error("a preview connects")
	}
}

// TestRefresh shows that reading changes nothing, as nothing can be read.
func TestRefresh(t *testing.T) {
	t.Parallel()
	s, b := newServer(t), newBench(t)
	old := b.create(s.command(values{"create": "echo 1"}))
	read, err := b.plugin.Read(
		t.Context(),
		&pulumirpc.ReadRequest{Id: old.id, Urn: urn, Properties: old.state, Inputs: old.inputs},
	)
	if err != nil {
		t.Fatal(err)
	}
	if read.GetId() != old.id || read.GetProperties().String() != old.state.String() ||
		read.GetInputs().String() != old.inputs.String() {
		t.Errorf("read %v", read)
	}
}

func TestDefaultsAndSecrets(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	checked := unmarshal(t, b.check(values{
		"connection": values{
			"host":       "a",
			"privateKey": "k",
			"proxy":      values{"host": "b", "password": "p"},
		}, "create": "true",
	}))
	if !checked["connection"].IsSecret() {
		t.Fatal("connection is no secret")
	}
	if checked["create"].IsSecret() {
		t.Error("create is a secret")
	}
	connection := checked["connection"].SecretValue().Element.ObjectValue()
	for _, endpoint := range []resource.PropertyMap{connection, connection["proxy"].ObjectValue()} {
		for property, value := range map[resource.PropertyKey]any{"port": 22.0, "user": "root", "dialErrorLimit": 10.0, "perDialTimeout": 15.0} {
			if endpoint[property].V != value {
				t.Errorf("%s of %v is %v", property, endpoint["host"], endpoint[property])
			}
		}
	}
}

// TestOthersAreRefused shows that what only the official plugin has is refused by name, before a plan is made.
func TestOthersAreRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	_, err := b.plugin.Check(
		t.Context(),
		&pulumirpc.CheckRequest{Urn: "urn:pulumi:test::hello::command:remote:CopyToRemote::copy"},
	)
	if err == nil || !strings.Contains(err.Error(), "command:remote:CopyToRemote is not emulated") {
		t.Errorf("resource: %v", err)
	}
	_, err = b.plugin.Invoke(t.Context(), &pulumirpc.InvokeRequest{Tok: "command:local:run"})
	if err == nil || !strings.Contains(err.Error(), "command:local:run is not emulated") {
		t.Errorf("function: %v", err)
	}
	failed, err := b.plugin.Check(
		t.Context(),
		&pulumirpc.CheckRequest{Urn: urn, News: marshal(t, resource.PropertyMap{})},
	)
	if err != nil ||
		!slices.ContainsFunc(
			failed.GetFailures(),
			func(f *pulumirpc.CheckFailure) bool { return f.GetProperty() == "connection" },
		) {
		t.Errorf("no connection: %v %v", failed, err)
	}
}
