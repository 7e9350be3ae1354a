package mirror

import (
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"

	"golang.org/x/mod/modfile"
)

// module is a Go module whose commands are built. Which version and which commands is
// said by modules/NAME/go.mod, in its require and tool directives. Folders named
// NAME-ANYTHING hold further versions.
type module struct {
	name  string
	path  string            // the module whose version is the artifact's
	cgo   bool              // linked statically: it runs whatever the node's libc
	tags  string            //
	vars  map[string]string // -X settings; $V is v1.2.3, $v 1.2.3, $M its 1 and $m its 2
	names map[string]string // commands that have another name than their package
	about string
}

var modules = []module{
	{name: "kubernetes", path: "k8s.io/kubernetes", about: "10 min", vars: map[string]string{
		"k8s.io/component-base/version.gitVersion":   "$V",
		"k8s.io/component-base/version.gitMajor":     "$M",
		"k8s.io/component-base/version.gitMinor":     "$m",
		"k8s.io/component-base/version.gitTreeState": "clean",
	}},
	{name: "etcd", path: "go.etcd.io/etcd/server/v3", names: map[string]string{"server": "etcd"}, about: "1 min"},
	{name: "coredns", path: "github.com/coredns/coredns", about: "3 min"},
	{name: "containerd", path: "github.com/containerd/containerd/v2", about: "2 min", vars: map[string]string{
		"github.com/containerd/containerd/v2/version.Version": "$V",
	}},
	{name: "runc", path: "github.com/opencontainers/runc", cgo: true, tags: "netgo,osusergo,seccomp"},
	{name: "cni", path: "github.com/containernetworking/plugins", vars: map[string]string{
		"github.com/containernetworking/plugins/pkg/utils/buildversion.BuildVersion": "$V",
	}},
	{
		name: "flannel", path: "github.com/flannel-io/flannel", cgo: true, tags: "netgo,osusergo",
		names: map[string]string{"flannel": "flanneld"}, about: "2 min",
		vars: map[string]string{"github.com/flannel-io/flannel/pkg/version.Version": "$V"},
	},
	{name: "flannel-cni", path: "github.com/containernetworking/plugins"},
}

// moduleDirs returns the folders of a module's versions: modules/NAME, and those
// modules/NAME-ANYTHING that are no module of their own.
func moduleDirs(root, name string) ([]string, error) {
	dirs, err := filepath.Glob(filepath.Join(root, name+"*", "go.mod"))
	if err != nil {
		return nil, err
	}
	var own []string
	for _, file := range dirs {
		dir := filepath.Dir(file)
		if base := filepath.Base(dir); base == name || strings.HasPrefix(base, name+"-") && !isModule(base) {
			own = append(own, dir)
		}
	}
	if len(own) == 0 {
		return nil, fmt.Errorf("no folder %s with a go.mod", filepath.Join(root, name))
	}
	return own, nil
}

func isModule(name string) bool {
	for _, m := range modules {
		if m.name == name {
			return true
		}
	}
	return false
}

// artifacts returns one artifact for each version of the module.
func (m module) artifacts(root string) ([]*artifact, error) {
	dirs, err := moduleDirs(root, m.name)
	if err != nil {
		return nil, err
	}
	var all []*artifact
	for _, dir := range dirs {
		a, err := m.artifact(dir)
		if err != nil {
			return nil, err
		}
		all = append(all, a)
	}
	return all, nil
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
	file, err := modfile.Parse(filepath.Join(dir, "go.mod"), mod, nil)
	if err != nil {
		return nil, err
	}
	version := ""
	for _, r := range file.Require {
		if r.Mod.Path == m.path {
			version = r.Mod.Version
		}
	}
	if version == "" {
		return nil, fmt.Errorf("%s/go.mod does not require %s", dir, m.path)
	}
	args := m.args(version)
	var packages []string
	for _, t := range file.Tool {
		packages = append(packages, t.Path)
	}
	return &artifact{
		kind: "bin", name: m.name, version: version, about: m.about,
		recipe: append([]string{string(mod), string(sum)}, args...),
		build: func(ctx context.Context, out string) error {
			return m.goBuild(ctx, dir, out, args, packages)
		},
	}, nil
}

// args returns go build's flags.
func (m module) args(version string) []string {
	ld := []string{"-s", "-w"}
	if m.cgo {
		ld = append(ld, "-extldflags", "-static")
	}
	parts := strings.SplitN(strings.TrimPrefix(version, "v"), ".", 3)
	r := strings.NewReplacer("$V", version, "$v", strings.TrimPrefix(version, "v"), "$M", parts[0], "$m", parts[1])
	for _, name := range sortedKeys(m.vars) {
		ld = append(ld, "-X", name+"="+r.Replace(m.vars[name]))
	}
	args := []string{"build", "-trimpath", "-mod=readonly", "-ldflags=" + strings.Join(ld, " ")}
	if m.tags != "" {
		args = append(args, "-tags="+m.tags)
	}
	return args
}

func (m module) goBuild(ctx context.Context, dir, out string, args, packages []string) error {
	env := []string{"GOWORK=off", "GOFLAGS=-buildvcs=false", "GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=0"}
	if m.cgo {
		env[len(env)-1] = "CGO_ENABLED=1"
	}
	for _, pkg := range packages {
		name := commandName(pkg)
		if other, ok := m.names[name]; ok {
			name = other
		}
		args := append(args[:len(args):len(args)], "-o", filepath.Join(out, name), pkg)
		if _, err := command(ctx, dir, env, "go", args...); err != nil {
			return err
		}
	}
	return nil
}

var majorSuffix = regexp.MustCompile(`^v[0-9]+$`)

// commandName is the name that Go gives to a command: the last element of its package's
// path that is no major version.
func commandName(pkg string) string {
	if base := path.Base(pkg); !majorSuffix.MatchString(base) {
		return base
	}
	return path.Base(path.Dir(pkg))
}
