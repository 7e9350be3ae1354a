package mirror

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/modfile"
)

// Without its go.sum a module could not be built where the checksum database does not
// know it, and not be trusted anywhere.
func TestEveryModuleFolderIsComplete(t *testing.T) {
	t.Parallel()
	dirs, err := filepath.Glob("modules/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range dirs {
		for _, name := range []string{"go.mod", "go.sum"} {
			if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Size() == 0 {
				t.Errorf("%s/%s is missing or empty", dir, name)
			}
		}
	}
}

func TestEveryModuleFolderIsBuilt(t *testing.T) {
	t.Parallel()
	var built []string
	for _, m := range modules {
		dirs, err := moduleDirs("modules", m.name)
		if err != nil {
			t.Fatal(err)
		}
		built = append(built, dirs...)
		all, err := m.artifacts("modules")
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range all {
			if !strings.HasPrefix(a.version, "v") {
				t.Errorf("%s has version %q", a.name, a.version)
			}
		}
	}
	slices.Sort(built)
	dirs, err := filepath.Glob("modules/*")
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(built, dirs) {
		t.Errorf("the modules' folders are\n%q, those built\n%q", dirs, built)
	}
}

// A staging module of another release would be built in without a word.
func TestKubernetesStagingModulesAreOfItsRelease(t *testing.T) {
	t.Parallel()
	dirs, err := moduleDirs("modules", "kubernetes")
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range dirs {
		data, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err != nil {
			t.Fatal(err)
		}
		file, err := modfile.Parse("go.mod", data, nil)
		if err != nil {
			t.Fatal(err)
		}
		want := ""
		for _, r := range file.Require {
			if r.Mod.Path == "k8s.io/kubernetes" {
				want = "v0" + strings.TrimPrefix(r.Mod.Version, "v1")
			}
		}
		if len(file.Replace) == 0 {
			t.Errorf("%s replaces no staging module", dir)
		}
		for _, r := range file.Replace {
			if r.New.Version != want {
				t.Errorf("%s: %s is replaced by %s, want %s", dir, r.Old.Path, r.New.Version, want)
			}
		}
	}
}

func TestCommandName(t *testing.T) {
	t.Parallel()
	for pkg, want := range map[string]string{
		"k8s.io/kubernetes/cmd/kubeadm":    "kubeadm",
		"go.etcd.io/etcd/server/v3":        "server",
		"github.com/coredns/coredns":       "coredns",
		"example.com/cmd/shim-v2":          "shim-v2",
		"github.com/opencontainers/runc/v": "v",
	} {
		if got := commandName(pkg); got != want {
			t.Errorf("commandName(%q) = %q, want %q", pkg, got, want)
		}
	}
}

func TestModuleArgs(t *testing.T) {
	t.Parallel()
	m := module{cgo: true, tags: "seccomp", vars: map[string]string{"b.minor": "$m", "a.version": "$V"}}
	got := strings.Join(m.args("v1.37.2"), " ")
	want := "build -trimpath -mod=readonly -ldflags=-s -w -extldflags -static -X a.version=v1.37.2 -X b.minor=37 -tags=seccomp"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
