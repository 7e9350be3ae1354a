package golang

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/provider"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// program writes a program of Go to directory and returns a request to run it.
func program(t *testing.T, directory, body string) *pulumirpc.RunRequest {
	t.Helper()
	if err := os.MkdirAll(directory, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"go.mod":  "module hello\n\ngo 1.26\n\nrequire example.com/direct v1.2.3\n\nrequire example.com/indirect v0.1.0 // indirect\n",
		"main.go": "package main\n\nimport \"os\"\n\nfunc main() {\n" + body + "\n}\n",
	} {
		if err := os.WriteFile(filepath.Join(directory, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return &pulumirpc.RunRequest{
		Pwd:  directory,
		Info: &pulumirpc.ProgramInfo{RootDirectory: directory, ProgramDirectory: directory, EntryPoint: "."},
	}
}

func hostOf(t *testing.T, e *engine) *host {
	t.Helper()
	client, err := provider.NewHostClient(e.address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return newHost(t.Context(), e.address, client)
}

const succeeds = `_ = os.WriteFile("ran", nil, 0o600)`

// TestBuild runs two clones of a program: each is built in its own place, once.
func TestBuild(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	h, root := hostOf(t, e), t.TempDir()
	binaries := map[string]os.FileInfo{}
	for _, clone := range []string{"a/program", "b/program", "a/program"} {
		directory := filepath.Join(root, clone)
		req := program(t, directory, succeeds)
		response, err := h.Run(t.Context(), req)
		if err != nil || response.GetError() != "" {
			t.Fatalf("%v %v", response, err)
		}
		if err := os.Remove(filepath.Join(directory, "ran")); err != nil {
			t.Errorf("%s has not run: %v", clone, err)
		}
		binary, started, err := h.build(t.Context(), directory)
		if err != nil {
			t.Fatal(err)
		}
		started()
		info, err := os.Stat(binary)
		if err != nil {
			t.Fatal(err)
		}
		if before := binaries[binary]; before != nil && !os.SameFile(before, info) {
			t.Error("a program that has not changed is linked again")
		}
		binaries[binary] = info
	}
	if len(binaries) != 2 {
		t.Errorf("two clones, binaries %v", binaries)
	}
	if len(e.logged) < 2 || !strings.HasPrefix(e.logged[0], "Compiling") ||
		!strings.HasPrefix(e.logged[1], "Compiled the program in ") {
		t.Errorf("logged %q", e.logged)
	}
}

// TestBuildFailure shows that the error says once what is wrong.
func TestBuildFailure(t *testing.T) {
	t.Parallel()
	h := hostOf(t, newEngine(t))
	response, err := h.Run(t.Context(), program(t, filepath.Join(t.TempDir(), "p"), "os.Nonsense()"))
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"exit status 1", "undefined: os.Nonsense"} {
		if strings.Count(response.GetError(), part) != 1 {
			t.Errorf("%q is not once in %q", part, response.GetError())
		}
	}
}

// TestBuildAtOnce runs a program several times at once, of which none is built yet.
func TestBuildAtOnce(t *testing.T) {
	t.Parallel()
	h, directory := hostOf(t, newEngine(t)), filepath.Join(t.TempDir(), "p")
	req := program(t, directory, succeeds)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			if response, err := h.Run(t.Context(), req); err != nil || response.GetError() != "" {
				t.Errorf("%v %v", response, err)
			}
		})
	}
	all.Wait()
}

// TestAbout covers what pulumi about asks.
func TestAbout(t *testing.T) {
	t.Parallel()
	h := hostOf(t, newEngine(t))
	info := program(t, filepath.Join(t.TempDir(), "p"), succeeds).GetInfo()
	about, err := h.About(t.Context(), &pulumirpc.AboutRequest{Info: info})
	if err != nil || !strings.HasPrefix(about.GetVersion(), "go version go") {
		t.Errorf("%v %v", about, err)
	}
	for transitive, want := range map[bool]int{false: 1, true: 2} {
		got, err := h.GetProgramDependencies(
			t.Context(),
			&pulumirpc.GetProgramDependenciesRequest{Info: info, TransitiveDependencies: transitive},
		)
		if err != nil || len(got.GetDependencies()) != want || got.GetDependencies()[0].GetVersion() != "v1.2.3" {
			t.Errorf("transitive %v: %v %v", transitive, got, err)
		}
	}
	packages, err := h.GetRequiredPackages(t.Context(), &pulumirpc.GetRequiredPackagesRequest{Info: info})
	if err != nil || len(packages.GetPackages()) > 0 {
		t.Errorf("packages %v %v", packages, err)
	}
}
