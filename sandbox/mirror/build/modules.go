package build

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/modfile"

	"hello-kubernetes/sandbox/run"
)

// module is a Go module whose commands are built. The go.mod in modules/NAME pins its version, by require, and lists
// the commands, by tool.
type module struct {
	name  string
	path  string
	cgo   bool              // linked statically, to run whatever the node's libc is
	tags  string            // build tags
	vars  []string          // variables that the linker sets, in order; $V is v1.37.2, $M its 1 and $m its 37
	names map[string]string // commands that get another name than go gives them
	about string            // see artifact
}

var modules = []module{
	{name: "kubernetes", path: "k8s.io/kubernetes", about: "10 min", vars: []string{
		"k8s.io/component-base/version.gitMajor=$M",
		"k8s.io/component-base/version.gitMinor=$m",
		"k8s.io/component-base/version.gitTreeState=clean",
		"k8s.io/component-base/version.gitVersion=$V",
	}},
	{name: "etcd", path: "go.etcd.io/etcd/server/v3", names: map[string]string{"server": "etcd"}, about: "1 min"},
	{name: "coredns", path: "github.com/coredns/coredns", about: "3 min"},
	{name: "containerd", path: "github.com/containerd/containerd/v2", about: "2 min", vars: []string{
		"github.com/containerd/containerd/v2/version.Version=$V",
	}},
	{name: "runc", path: "github.com/opencontainers/runc", cgo: true, tags: "netgo,osusergo,seccomp"},
	{name: "cni", path: "github.com/containernetworking/plugins", vars: []string{
		"github.com/containernetworking/plugins/pkg/utils/buildversion.BuildVersion=$V",
	}},
	{
		name: "flannel", path: "github.com/flannel-io/flannel", cgo: true, tags: "netgo,osusergo",
		names: map[string]string{"flannel": "flanneld"}, about: "2 min",
		vars: []string{"github.com/flannel-io/flannel/pkg/version.Version=$V"},
	},
	{name: "flannel-cni", path: "github.com/containernetworking/plugins"},
}

// binaries returns the commands of all modules, by the module's name, and pause.
func binaries(o Options) (map[string]*artifact, error) {
	bins := map[string]*artifact{}
	for _, m := range modules {
		a, err := m.artifact(o.folder("modules", m.name))
		if err != nil {
			return nil, fmt.Errorf("read the module %s: %w", m.name, err)
		}
		bins[m.name] = a
	}
	source, err := os.ReadFile(o.folder("pause", "main.go"))
	if err != nil {
		return nil, fmt.Errorf("read the source of pause: %w", err)
	}
	bins["pause"] = &artifact{
		kind: "bin", name: "pause", version: pauseVersion, recipe: []string{string(source)},
		build: func(ctx context.Context, out string) error {
			return goBuild(ctx, o.folder(), "0", "build", "-trimpath", "-ldflags=-s -w", "-o", out+"/", "./pause")
		},
	}
	return bins, nil
}

func (m module) artifact(dir string) (*artifact, error) {
	mod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil {
		return nil, err
	}
	sum, err := os.ReadFile(filepath.Join(dir, "go.sum"))
	if err != nil {
		return nil, err
	}
	version, err := required(mod, m.path)
	if err != nil {
		return nil, err
	}
	args := m.args(version)
	return &artifact{
		kind: "bin", name: m.name, version: version, about: m.about,
		recipe: append([]string{string(mod), string(sum)}, args...),
		build: func(ctx context.Context, out string) error {
			cgo := "0"
			if m.cgo {
				cgo = "1"
			}
			err := goBuild(ctx, dir, cgo, append(args, "-o", out+"/", "tool")...)
			for from, to := range m.names {
				err = errors.Join(err, os.Rename(filepath.Join(out, from), filepath.Join(out, to)))
			}
			return err
		},
	}, nil
}

// required returns the version in which a go.mod requires a module.
func required(mod []byte, path string) (string, error) {
	file, err := modfile.Parse("go.mod", mod, nil)
	if err != nil {
		return "", err
	}
	for _, r := range file.Require {
		if r.Mod.Path == path {
			return r.Mod.Version, nil
		}
	}
	return "", errors.New("its go.mod does not require " + path)
}

// args returns the go command's arguments. They are part of the binaries' key.
func (m module) args(version string) []string {
	flags := "-s -w"
	if m.cgo {
		flags += " -extldflags -static"
	}
	numbers := strings.SplitN(strings.TrimPrefix(version, "v"), ".", 3)
	values := strings.NewReplacer("$V", version, "$M", numbers[0], "$m", numbers[1])
	for _, setting := range m.vars {
		flags += " -X " + values.Replace(setting)
	}
	args := []string{"build", "-trimpath", "-mod=readonly", "-ldflags=" + flags}
	if m.tags != "" {
		args = append(args, "-tags="+m.tags)
	}
	return args
}

func goBuild(ctx context.Context, dir, cgo string, args ...string) error {
	env := []string{"GOWORK=off", "GOFLAGS=-buildvcs=false", "GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=" + cgo}
	return run.With{Dir: dir, Env: env}.Run(ctx, "go", args...)
}
