package mirror

import (
	"bytes"
	"cmp"
	"context"
	"embed"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/template"

	"golang.org/x/mod/semver"
)

const (
	kubernetesHost = "pkgs.k8s.io"
	dockerHost     = "download.docker.com"
)

// packages/NAME is what a package holds beside binaries: its control files in DEBIAN,
// unit files, configuration.
//
//go:embed all:packages
var packageFiles embed.FS

// deb is a Debian package made of packages/NAME and of binaries.
type deb struct {
	name, version string
	bins          map[string]*artifact // a path in the package, or a folder of it, to what fills it
}

// repository is an apt repository.
type repository struct {
	location string // host and path, as a sources.list has it
	artifact *artifact
}

// repositories returns Kubernetes' repositories, one for each minor version, and Docker's.
func repositories(cache string, bins map[string][]*artifact, key *signingKey) ([]repository, error) {
	cni := newest(bins["cni"])
	minors := map[string][]deb{}
	for _, k := range bins["kubernetes"] {
		minor := semver.MajorMinor(k.version)
		for _, name := range []string{"kubeadm", "kubelet", "kubectl"} {
			minors[minor] = append(minors[minor], deb{
				name: name, version: strings.TrimPrefix(k.version, "v") + "-1.1",
				bins: map[string]*artifact{"usr/bin/" + name: k},
			})
		}
	}
	var all []repository
	for _, minor := range sortedKeys(minors) {
		debs := append(minors[minor], deb{
			name: "kubernetes-cni", version: strings.TrimPrefix(cni.version, "v") + "-1.1",
			bins: map[string]*artifact{"opt/cni/bin/": cni},
		})
		a, err := repositoryArtifact(cache, "kubernetes", minor, debs, aptLayout{suite: ""}, key)
		if err != nil {
			return nil, err
		}
		all = append(all, repository{kubernetesHost + "/core:/stable:/" + minor + "/deb", a})
	}

	runc := newest(bins["runc"])
	var debs []deb
	for _, c := range bins["containerd"] {
		debs = append(debs, deb{
			name: "containerd.io", version: strings.TrimPrefix(c.version, "v") + "-1~debian.13~trixie",
			bins: map[string]*artifact{"usr/bin/": c, "usr/bin/runc": runc},
		})
	}
	a, err := repositoryArtifact(cache, "docker", "trixie", debs, aptLayout{suite: "trixie", component: "stable"}, key)
	if err != nil {
		return nil, err
	}
	return append(all, repository{dockerHost + "/linux/debian", a}), nil
}

func newest(all []*artifact) *artifact {
	return slices.MaxFunc(all, func(a, b *artifact) int { return semver.Compare(a.version, b.version) })
}

// repositoryArtifact builds the packages, then the index over them.
func repositoryArtifact(cache, name, version string, debs []deb, layout aptLayout, key *signingKey) (*artifact, error) {
	a := &artifact{kind: "apt", name: name + "-packages", version: version}
	a.recipe = []string{key.fingerprint(), layout.suite, layout.component}
	for _, d := range debs {
		a.recipe = append(a.recipe, d.name, d.version)
		err := fs.WalkDir(packageFiles, "packages/"+d.name, func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			data, err := packageFiles.ReadFile(path)
			a.recipe = append(a.recipe, path, string(data))
			return err
		})
		if err != nil {
			return nil, err
		}
		for _, to := range sortedKeys(d.bins) {
			a.recipe = append(a.recipe, to)
			a.needs = append(a.needs, d.bins[to])
		}
	}
	a.build = func(ctx context.Context, dir string) error {
		for _, d := range debs {
			if err := d.build(ctx, cache, filepath.Join(dir, "pool")); err != nil {
				return fmt.Errorf("package %s: %w", d.name, err)
			}
		}
		return writeIndex(ctx, dir, layout, key)
	}
	return a, nil
}

// build makes the package's file in a pool.
func (d deb) build(ctx context.Context, cache, pool string) error {
	tree, err := os.MkdirTemp(filepath.Dir(pool), "deb-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tree)
	if err := os.Chmod(tree, 0o755); err != nil {
		return err
	}
	if err := d.unpack(tree); err != nil {
		return err
	}
	for _, to := range sortedKeys(d.bins) {
		if err := copyBinaries(filepath.Join(cache, d.bins[to].path()), filepath.Join(tree, to), strings.HasSuffix(to, "/")); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(pool, 0o755); err != nil {
		return err
	}
	// No compression: nodes have one slow CPU, and the file comes from the same disk.
	file := fmt.Sprintf("%s_%s_amd64.deb", d.name, d.version)
	_, err = command(ctx, "", nil, "dpkg-deb", "--root-owner-group", "-Znone", "--build", tree, filepath.Join(pool, file))
	return err
}

// unpack writes packages/NAME into a tree, its control file with the version in it.
func (d deb) unpack(tree string) error {
	root := "packages/" + d.name
	return fs.WalkDir(packageFiles, root, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		to := filepath.Join(tree, strings.TrimPrefix(path, root))
		if e.IsDir() {
			return os.MkdirAll(to, 0o755)
		}
		data, err := packageFiles.ReadFile(path)
		if err != nil {
			return err
		}
		mode := os.FileMode(0o644)
		switch filepath.Base(path) {
		case "postinst", "prerm":
			mode = 0o755
		case "control":
			t, err := template.New(path).Option("missingkey=error").Parse(string(data))
			if err != nil {
				return err
			}
			var out bytes.Buffer
			if err := t.Execute(&out, map[string]string{"Version": d.version}); err != nil {
				return err
			}
			data = out.Bytes()
		}
		return os.WriteFile(to, data, mode)
	})
}

// copyBinaries links all of an artifact's binaries into a folder, or the one of a
// path's name to that path.
func copyBinaries(from, to string, folder bool) error {
	names := []string{filepath.Base(to)}
	if folder {
		entries, err := os.ReadDir(from)
		if err != nil {
			return err
		}
		names = nil
		for _, e := range entries {
			names = append(names, e.Name())
		}
	} else {
		to = filepath.Dir(to)
	}
	if err := os.MkdirAll(to, 0o755); err != nil {
		return err
	}
	for _, name := range names {
		if err := os.Link(filepath.Join(from, name), filepath.Join(to, name)); err != nil {
			return err
		}
	}
	return nil
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
