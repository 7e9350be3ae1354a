package golang

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"

	"hello-kubernetes/sandbox/run"
)

// TestMain is the plugin itself when a test starts it as one. Else programs are built below a directory of its own.
func TestMain(m *testing.M) {
	if os.Getenv("PLUGIN_UNDER_TEST") != "" {
		Main()
		return
	}
	cache, err := os.MkdirTemp("", "programs")
	if err != nil {
		panic(err)
	}
	gocache, err := run.With{}.Output(context.Background(), "go", "env", "GOCACHE")
	if err != nil {
		panic(err)
	}
	_ = os.Setenv("GOCACHE", strings.TrimSpace(gocache))
	_ = os.Setenv("XDG_CACHE_HOME", cache)
	code := m.Run()
	_ = os.RemoveAll(cache)
	os.Exit(code)
}

// An engine keeps what its plugins log.
type engine struct {
	pulumirpc.UnimplementedEngineServer
	mutex   sync.Mutex
	logged  []string
	address string
	stop    func()
}

func (e *engine) Log(_ context.Context, req *pulumirpc.LogRequest) (*emptypb.Empty, error) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	e.logged = append(e.logged, req.GetMessage())
	return &emptypb.Empty{}, nil
}

func newEngine(t *testing.T) *engine {
	t.Helper()
	e, stop := &engine{}, make(chan bool)
	server, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{Cancel: stop, Init: func(s *grpc.Server) error {
		pulumirpc.RegisterEngineServer(s, e)
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	e.address = fmt.Sprintf("127.0.0.1:%d", server.Port)
	e.stop = sync.OnceFunc(func() { close(stop) })
	t.Cleanup(e.stop)
	return e
}

// A plugin is the language host in a process of its own.
type plugin struct {
	pulumirpc.LanguageRuntimeClient
	command *exec.Cmd
	lines   *bufio.Scanner // what it writes after its port
	ended   chan error
}

func start(t *testing.T, e *engine) *plugin {
	t.Helper()
	p := &plugin{command: exec.Command(os.Args[0], "--logtostderr", "-v=9", e.address), ended: make(chan error, 1)}
	p.command.Env = append(os.Environ(), "PLUGIN_UNDER_TEST=yes")
	stdout, err := p.command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.command.Process.Kill() })
	p.lines = bufio.NewScanner(stdout)
	if !p.lines.Scan() {
		t.Fatal("the host writes no port")
	}
	conn, err := grpc.NewClient("127.0.0.1:"+p.lines.Text(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	p.LanguageRuntimeClient = pulumirpc.NewLanguageRuntimeClient(conn)
	return p
}

// wait returns how the process ended, if it does within limit.
func (p *plugin) wait(limit time.Duration) error {
	go func() { p.ended <- p.command.Wait() }()
	select {
	case err := <-p.ended:
		return err
	case <-time.After(limit):
		return errors.New("still running")
	}
}

// script returns a request to run a shell script as the prebuilt program.
func script(t *testing.T, text string) *pulumirpc.RunRequest {
	t.Helper()
	directory := t.TempDir()
	path := filepath.Join(directory, "program")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	options, err := structpb.NewStruct(map[string]any{"binary": path})
	if err != nil {
		t.Fatal(err)
	}
	return &pulumirpc.RunRequest{
		Project: "hello", Stack: "test", Organization: "organization", MonitorAddress: "monitor:1", Parallel: 16, DryRun: true,
		Config: map[string]string{"hello:word": "a b"}, ConfigSecretKeys: []string{"hello:key"}, Pwd: directory,
		Info: &pulumirpc.ProgramInfo{
			RootDirectory:    "/root/directory",
			ProgramDirectory: directory,
			EntryPoint:       ".",
			Options:          options,
		},
	}
}

// TestProgramEnvironment shows what a program is told, and that its output is the host's.
func TestProgramEnvironment(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	p := start(t, e)
	req := script(t, "pwd; env; echo end; echo problem >&2")
	response, err := p.Run(t.Context(), req)
	if err != nil || response.GetError() != "" || response.GetBail() {
		t.Fatalf("%v %v", response, err)
	}
	var lines []string
	for p.lines.Scan() && p.lines.Text() != "end" {
		lines = append(lines, p.lines.Text())
	}
	for _, want := range []string{
		req.GetPwd(), "PULUMI_ORGANIZATION=organization", "PULUMI_PROJECT=hello", "PULUMI_STACK=test", "PULUMI_ROOT_DIRECTORY=/root/directory",
		`PULUMI_CONFIG={"hello:word":"a b"}`, `PULUMI_CONFIG_SECRET_KEYS=["hello:key"]`, "PULUMI_DRY_RUN=true", "PULUMI_PARALLEL=16",
		"PULUMI_MONITOR=monitor:1", "PULUMI_ENGINE=" + e.address,
	} {
		if !slices.Contains(lines, want) {
			t.Errorf("%q is missing in %q", want, lines)
		}
	}
}

func TestProgramEnd(t *testing.T) {
	t.Parallel()
	h := newHost(t.Context(), "", nil)
	for text, want := range map[string]*pulumirpc.RunResponse{
		"exit 0":        {},
		"exit 32":       {Bail: true},
		"exit 7":        {Error: "program exited with non-zero exit code: 7"},
		"kill -KILL $$": {Error: "the program did not run to its end: signal: killed"},
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			response, err := h.Run(t.Context(), script(t, text))
			if err != nil || response.GetBail() != want.GetBail() || response.GetError() != want.GetError() {
				t.Errorf("%v %v", response, err)
			}
		})
	}
	missing := script(t, "")
	_ = os.Remove(filepath.Join(missing.GetPwd(), "program"))
	if response, err := h.Run(t.Context(), missing); err != nil ||
		!strings.Contains(response.GetError(), "unable to find program") {
		t.Errorf("no binary: %v %v", response, err)
	}
	debug := script(t, "")
	debug.AttachDebugger = true
	if response, err := h.Run(t.Context(), debug); err != nil ||
		!strings.Contains(response.GetError(), "attaches no debugger") {
		t.Errorf("debugger: %v %v", response, err)
	}
}

// TestInterruption ends a program in each way that the engine has.
func TestInterruption(t *testing.T) {
	t.Parallel()
	for name, interrupt := range map[string]func(p *plugin, stopCall func()) error{
		"cancel": func(p *plugin, _ func()) error {
			_, err := p.Cancel(context.Background(), &emptypb.Empty{})
			return err
		},
		"the call ends":     func(_ *plugin, stopCall func()) error { stopCall(); return nil },
		"the host is ended": func(p *plugin, _ func()) error { return p.command.Process.Signal(syscall.SIGTERM) },
		"the host's ctrl-c": func(p *plugin, _ func()) error { return p.command.Process.Signal(os.Interrupt) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := start(t, newEngine(t))
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			done := make(chan struct{})
			go func() {
				defer close(done)
				_, _ = p.Run(
					ctx,
					script(t, "trap 'echo interrupted; exit 1' INT; echo begun; while :; do sleep 0.05; done"),
				)
			}()
			for _, want := range []string{"begun", "interrupted"} {
				if !p.lines.Scan() || p.lines.Text() != want {
					t.Fatalf("%q instead of %s", p.lines.Text(), want)
				}
				if want == "begun" {
					if err := interrupt(p, stop); err != nil {
						t.Fatal(err)
					}
				}
			}
			<-done
		})
	}
}

func TestHostEnds(t *testing.T) {
	t.Parallel()
	t.Run("with the engine", func(t *testing.T) {
		t.Parallel()
		e := newEngine(t)
		p := start(t, e)
		e.stop()
		if err := p.wait(enginePoll + 5*time.Second); err != nil {
			t.Error(err)
		}
	})
	t.Run("when told", func(t *testing.T) {
		t.Parallel()
		p := start(t, newEngine(t))
		_ = p.command.Process.Signal(os.Interrupt)
		if err := p.wait(2 * time.Second); err != nil {
			t.Error(err)
		}
	})
}
