package command

import (
	"context"
	"fmt"
	"os"
	"slices"
	"sync"
	"testing"

	provider "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	host "github.com/pulumi/pulumi/sdk/v3/go/pulumi/provider"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"
)

func TestMain(m *testing.M) {
	_ = os.Unsetenv("SSH_AUTH_SOCK") // the tests bring their own agent
	os.Exit(m.Run())
}

const urn = "urn:pulumi:test::hello::" + token + "::step"

// values are the properties of a resource.
type values = map[string]any

// A bench is the plugin behind its protocol, and an engine that keeps what the plugin logs.
type bench struct {
	pulumirpc.UnimplementedEngineServer
	t      *testing.T
	plugin pulumirpc.ResourceProviderServer

	mutex  sync.Mutex
	logged []*pulumirpc.LogRequest
	lines  chan string // the messages, for who waits for one
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t, lines: make(chan string, 1000)}
	stop := make(chan bool)
	engine, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{Cancel: stop, Init: func(s *grpc.Server) error {
		pulumirpc.RegisterEngineServer(s, b)
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	client, err := host.NewHostClient(fmt.Sprintf("127.0.0.1:%d", engine.Port))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = client.Close()
		close(stop)
	})
	b.plugin, err = provider.RawServer(name, Version, newProvider())(client)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *bench) Log(_ context.Context, req *pulumirpc.LogRequest) (*emptypb.Empty, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.logged = append(b.logged, req)
	b.lines <- req.GetMessage()
	return &emptypb.Empty{}, nil
}

// messages returns what the plugin has logged.
func (b *bench) messages() []string {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	var all []string
	for _, req := range b.logged {
		all = append(all, req.GetMessage())
	}
	return all
}

// waitFor waits until the plugin logs message.
func (b *bench) waitFor(message string) {
	b.t.Helper()
	for {
		select {
		case line := <-b.lines:
			if line == message {
				return
			}
		case <-b.t.Context().Done():
			b.t.Fatalf("%q is not logged", message)
		}
	}
}

// A step is a resource as the engine keeps it.
type step struct {
	id            string
	inputs, state *structpb.Struct
}

func marshal(t *testing.T, v resource.PropertyMap) *structpb.Struct {
	t.Helper()
	s, err := plugin.MarshalProperties(v, plugin.MarshalOptions{KeepSecrets: true, KeepUnknowns: true})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func unmarshal(t *testing.T, s *structpb.Struct) resource.PropertyMap {
	t.Helper()
	m, err := plugin.UnmarshalProperties(s, plugin.MarshalOptions{KeepSecrets: true, KeepUnknowns: true})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// check returns the inputs with defaults and secrets.
func (b *bench) check(inputs values) *structpb.Struct {
	b.t.Helper()
	checked, err := b.plugin.Check(b.t.Context(), &pulumirpc.CheckRequest{
		Urn: urn, News: marshal(b.t, resource.NewPropertyMapFromMap(inputs)),
	})
	if err != nil || len(checked.GetFailures()) > 0 {
		b.t.Fatalf("check: %v %v", err, checked.GetFailures())
	}
	return checked.GetInputs()
}

// try creates a step, within timeout seconds if that is not 0.
func (b *bench) try(inputs values, timeout float64) (step, error) {
	b.t.Helper()
	checked := b.check(inputs)
	created, err := b.plugin.Create(
		b.t.Context(),
		&pulumirpc.CreateRequest{Urn: urn, Properties: checked, Timeout: timeout},
	)
	return step{created.GetId(), checked, created.GetProperties()}, err
}

func (b *bench) create(inputs values) step {
	b.t.Helper()
	s, err := b.try(inputs, 0)
	if err != nil {
		b.t.Fatalf("create: %v", err)
	}
	return s
}

func (b *bench) diff(old step, inputs values) *pulumirpc.DiffResponse {
	b.t.Helper()
	diff, err := b.plugin.Diff(b.t.Context(), &pulumirpc.DiffRequest{
		Id: old.id, Urn: urn, Olds: old.state, OldInputs: old.inputs, News: b.check(inputs),
	})
	if err != nil {
		b.t.Fatalf("diff: %v", err)
	}
	slices.Sort(diff.Diffs)
	return diff
}

func (b *bench) update(old step, inputs values, preview bool) step {
	b.t.Helper()
	checked := b.check(inputs)
	updated, err := b.plugin.Update(b.t.Context(), &pulumirpc.UpdateRequest{
		Id: old.id, Urn: urn, Olds: old.state, OldInputs: old.inputs, News: checked, Preview: preview,
	})
	if err != nil {
		b.t.Fatalf("update: %v", err)
	}
	return step{old.id, checked, updated.GetProperties()}
}

func (b *bench) delete(old step) {
	b.t.Helper()
	_, err := b.plugin.Delete(
		b.t.Context(),
		&pulumirpc.DeleteRequest{Id: old.id, Urn: urn, Properties: old.state, OldInputs: old.inputs},
	)
	if err != nil {
		b.t.Fatalf("delete: %v", err)
	}
}

// outputs returns the step's stdout and stderr.
func (b *bench) outputs(s step) (stdout, stderr string) {
	b.t.Helper()
	state := unmarshal(b.t, s.state)
	return state["stdout"].StringValue(), state["stderr"].StringValue()
}
