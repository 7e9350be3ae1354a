package build

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/modfile"
)

// Without its go.sum a module could not be built where the checksum database does not know it, nor be trusted anywhere.
func TestEveryModuleFolderIsCompleteAndBuilt(t *testing.T) {
	t.Parallel()
	var built []string
	for _, m := range modules {
		built = append(built, filepath.Join("modules", m.name))
	}
	slices.Sort(built)
	dirs, err := filepath.Glob("modules/*")
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(built, dirs) {
		t.Errorf("the modules' folders are\n%q, those built\n%q", dirs, built)
	}
	for _, dir := range dirs {
		for _, name := range []string{"go.mod", "go.sum"} {
			if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Size() == 0 {
				t.Errorf("%s/%s is missing or empty", dir, name)
			}
		}
	}
}

// A staging module of another release would be built in without a word.
func TestKubernetesStagingModulesAreOfItsRelease(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("modules/kubernetes/go.mod")
	if err != nil {
		t.Fatal(err)
	}
	version, err := required(data, "k8s.io/kubernetes")
	if err != nil {
		t.Fatal(err)
	}
	file, err := modfile.Parse("go.mod", data, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(file.Replace) == 0 {
		t.Error("no staging module is replaced")
	}
	for _, r := range file.Replace {
		if want := "v0" + strings.TrimPrefix(version, "v1"); r.New.Version != want {
			t.Errorf("%s is replaced by %s, want %s", r.Old.Path, r.New.Version, want)
		}
	}
}

func TestModuleArgs(t *testing.T) {
	t.Parallel()
	m := module{cgo: true, tags: "seccomp", vars: []string{"a.version=$V", "b.minor=$m"}}
	got := strings.Join(m.args("v1.20.3"), " ")
	want := "build -trimpath -mod=readonly " +
		"-ldflags=-s -w -extldflags -static -X a.version=v1.20.3 -X b.minor=20 -tags=seccomp"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
