package remote_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"hello-kubernetes/internal/remote"
	"hello-kubernetes/tests/recorder"
	"hello-kubernetes/tests/scripttest"
)

// record runs program with a host "edge" that is reached directly and a host "inner" behind it.
func record(t *testing.T, program func(ctx *pulumi.Context, edge, inner remote.Host) error) *recorder.Recording {
	t.Helper()
	r, err := recorder.Run(nil, func(ctx *pulumi.Context) error {
		edge, err := recorder.Host(ctx, "edge", nil)
		if err != nil {
			return err
		}
		ready, err := remote.Run(ctx, edge, remote.Step{Name: "ready", Create: pulumi.String("true"), Timeout: "1m"})
		if err != nil {
			return err
		}
		edge.Ready = []pulumi.Resource{ready}
		inner, err := recorder.Host(ctx, "inner", &edge)
		if err != nil {
			return err
		}
		return program(ctx, edge, inner)
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// recordStep runs one step on the host "edge".
func recordStep(t *testing.T, step remote.Step, opts ...pulumi.ResourceOption) *recorder.Resource {
	t.Helper()
	return record(t, func(ctx *pulumi.Context, edge, _ remote.Host) error {
		_, err := remote.Run(ctx, edge, step, opts...)
		return err
	}).Get(t, "edge-"+step.Name)
}

// edgeID is the ID of the instance that the steps run on.
var edgeID = recorder.IDOf(recorder.Instance, "hello-kubernetes-test-edge")

func TestRunOfThePlainestStep(t *testing.T) {
	t.Parallel()
	step := recordStep(t, remote.Step{Name: "step", Create: pulumi.String("echo"), Timeout: "3m"})
	options := step.RegisterRPC
	if timeouts := options.GetCustomTimeouts(); timeouts.GetCreate() != "3m" || timeouts.GetUpdate() != "3m" ||
		timeouts.GetDelete() != "3m" {
		t.Errorf("timeouts are %v", timeouts)
	}
	if got := step.Texts("triggers"); !slices.Equal(got, []string{edgeID}) {
		t.Errorf("triggers are %q, want the instance", got)
	}
	if !strings.HasSuffix(options.GetDeletedWith(), "::hello-kubernetes-test-edge") {
		t.Errorf("deleted with %q, want the instance", options.GetDeletedWith())
	}
	if options.GetDeleteBeforeReplace() {
		t.Error("deleted before its replacement, with nothing to undo")
	}
	if secrets := options.GetAdditionalSecretOutputs(); slices.Contains(secrets, "stdout") ||
		step.Text("logging") != "stdoutAndStderr" {
		t.Errorf("logging is %q and secret are %q, want everything in the log", step.Text("logging"), secrets)
	}
	for _, absent := range []string{"delete", "update", "stdin", "environment", "connection.proxy"} {
		if !step.Property(absent).IsNull() {
			t.Errorf("%s is %v", absent, step.Property(absent).V)
		}
	}
}

func TestRunOfAStepWithEverything(t *testing.T) {
	t.Parallel()
	step := recordStep(t, remote.Step{
		Name:     "step",
		Create:   pulumi.String("create"),
		Delete:   pulumi.String("delete"),
		Stdin:    pulumi.ToSecret(pulumi.String("hunter2")).(pulumi.StringOutput),
		Triggers: pulumi.Array{pulumi.String("trigger")},
		Timeout:  "3m",
		Secret:   true,
	})
	if got := step.Texts("triggers"); !slices.Equal(got, []string{edgeID, "trigger"}) {
		t.Errorf("triggers are %q", got)
	}
	if !step.RegisterRPC.GetDeleteBeforeReplace() {
		t.Error("the old delete would undo the new create")
	}
	if step.Text("create") != "create" || step.Text("delete") != "delete" || step.Text("stdin") != "hunter2" {
		t.Errorf("inputs are %v", step.Inputs)
	}
	if !step.Inputs["stdin"].ContainsSecrets() {
		t.Error("the standard input is no secret any more")
	}
	if step.Text("logging") != "none" {
		t.Errorf("logging is %q", step.Text("logging"))
	}
	for _, output := range []string{"stdout", "stderr"} {
		if !slices.Contains(step.RegisterRPC.GetAdditionalSecretOutputs(), output) {
			t.Errorf("%s is no secret", output)
		}
	}
}

func TestRunWaitsForTheHostAndForItsOptions(t *testing.T) {
	t.Parallel()
	r := record(t, func(ctx *pulumi.Context, edge, _ remote.Host) error {
		before, err := remote.Run(ctx, edge, remote.Step{Name: "before", Create: pulumi.String("true"), Timeout: "1m"})
		if err != nil {
			return err
		}
		_, err = remote.Run(ctx, edge, remote.Step{Name: "after", Create: pulumi.String("true"), Timeout: "1m"},
			pulumi.DependsOn([]pulumi.Resource{before}))
		return err
	})
	if got, want := r.Needs(t, "edge-after"), []string{"Instance edge", "edge-before", "edge-ready"}; !slices.Equal(
		got,
		want,
	) {
		t.Errorf("it waits for %q, want %q", got, want)
	}
}

func TestConnections(t *testing.T) {
	t.Parallel()
	r := record(t, func(ctx *pulumi.Context, edge, inner remote.Host) error {
		for _, host := range []remote.Host{edge, inner} {
			if _, err := remote.Run(ctx, host, remote.Step{Name: "step", Create: pulumi.String("true"), Timeout: "1m"}); err != nil {
				return err
			}
		}
		return nil
	})
	keys := map[string]string{
		"edge-step connection":        "ssh-ed25519 key-of-edge",
		"inner-step connection":       "ssh-ed25519 key-of-inner",
		"inner-step connection.proxy": "ssh-ed25519 key-of-edge",
	}
	for _, label := range []string{"edge-step", "inner-step"} {
		for _, connection := range []string{"connection", "connection.proxy"} {
			step := r.Get(t, label)
			if label == "edge-step" && connection == "connection.proxy" {
				continue
			}
			if step.Text(connection+".user") != "admin" || step.Text(connection+".privateKey") != recorder.PrivateKey {
				t.Errorf("%s: %s is %v", label, connection, step.Property(connection))
			}
			if key, want := step.Text(connection+".hostKey"), keys[label+" "+connection]; key != want {
				t.Errorf("%s: %s insists on the host key %q, want %q", label, connection, key, want)
			}
			if limit := step.Property(connection + ".dialErrorLimit"); limit.V != 60.0 {
				t.Errorf("%s: %s gives up after %v errors", label, connection, limit.V)
			}
		}
	}
	for _, place := range r.Holding(recorder.PrivateKey) {
		if !place.Secret {
			t.Errorf("%s: the key is no secret", place)
		}
	}
}

func TestWaitForSSHOfAHostReachedDirectly(t *testing.T) {
	t.Parallel()
	r := record(t, func(ctx *pulumi.Context, edge, _ remote.Host) error {
		_, err := remote.WaitForSSH(ctx, edge)
		return err
	})
	if got, want := r.Needs(t, "edge-cloud-init"), []string{"Instance edge", "edge-ready"}; !slices.Equal(got, want) {
		t.Errorf("it waits for %q, want %q", got, want)
	}
	if commands := len(r.Of(recorder.Command)); commands != 2 {
		t.Errorf("%d commands, want that of this test and cloud-init", commands)
	}
}

// Through a bastion a failed handshake is final, so the bastion itself looks for the host first.
func TestWaitForSSHOfAHostBehindABastion(t *testing.T) {
	t.Parallel()
	r := record(t, func(ctx *pulumi.Context, _, inner remote.Host) error {
		_, err := remote.WaitForSSH(ctx, inner)
		return err
	})
	gate, up := r.Get(t, "inner-listening"), r.Get(t, "inner-cloud-init")
	if !slices.Contains(r.Needs(t, "inner-cloud-init"), "inner-listening") ||
		!slices.Contains(r.Needs(t, "inner-listening"), "edge-ready") {
		t.Errorf("cloud-init waits for %q, want listening, which waits for the bastion", r.Needs(t, "inner-cloud-init"))
	}
	if !gate.Property("connection.proxy").IsNull() || up.Property("connection.proxy").IsNull() {
		t.Error("want listening on the bastion, and cloud-init through it")
	}
	want := []string{r.Get(t, "Instance edge").ID, r.Get(t, "Instance inner").ID}
	if got := gate.Texts("triggers"); !slices.Equal(got, want) {
		t.Errorf(
			"listening runs again on changes of %q, want %q: the bastion, and the host that it looks for",
			got,
			want,
		)
	}
}

func TestScripts(t *testing.T) {
	t.Parallel()
	r := record(t, func(ctx *pulumi.Context, _, inner remote.Host) error {
		_, err := remote.WaitForSSH(ctx, inner)
		return err
	})
	scripttest.NewGoldens(t).Compare(t, "listening.sh", r.Get(t, "inner-listening").Text("create"))
}
