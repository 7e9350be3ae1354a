package build

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/semver"
	"golang.org/x/mod/sumdb/dirhash"

	"hello-kubernetes/sandbox/mirror"
	"hello-kubernetes/sandbox/run"
)

// deb is a Debian package: the files in packages/NAME, and binaries.
type deb struct {
	name    string
	version string
	files   []file
}

// repositories returns the apt repositories of Kubernetes and Docker by host and path, as a sources.list has them.
func repositories(o Options, bins map[string]*artifact) (map[string]*artifact, error) {
	kubernetes, cni, containerd := bins["kubernetes"], bins["cni"], bins["containerd"]
	debs := []deb{{"kubernetes-cni", number(cni) + "-1.1", []file{{to: "opt/cni/bin", from: cni}}}}
	for _, name := range []string{"kubeadm", "kubelet", "kubectl"} {
		binary := file{to: "usr/bin/" + name, from: kubernetes, path: name}
		debs = append(debs, deb{name, number(kubernetes) + "-1.1", []file{binary}})
	}
	minor := semver.MajorMinor(kubernetes.version)
	flat, err := repository(o, "kubernetes-packages", minor, debs)
	if err != nil {
		return nil, err
	}
	runtime := deb{"containerd.io", number(containerd) + "-1~debian.13~trixie", []file{
		{to: "usr/bin", from: containerd},
		{to: "usr/bin/runc", from: bins["runc"], path: "runc"},
	}}
	docker, err := repository(o, "docker-packages", "trixie", []deb{runtime}, "trixie", "stable")
	if err != nil {
		return nil, err
	}
	return map[string]*artifact{
		mirror.KubernetesHost + "/core:/stable:/" + minor + "/deb": flat,
		mirror.DockerHost + "/linux/debian":                        docker,
	}, nil
}

// number is an artifact's version as Debian's packages and images have it.
func number(a *artifact) string { return strings.TrimPrefix(a.version, "v") }

// repository makes packages and the index over them. suite is the repository's suite and component, or nothing.
func repository(o Options, name, version string, debs []deb, suite ...string) (*artifact, error) {
	script, err := os.ReadFile(o.folder("repository.sh"))
	if err != nil {
		return nil, err
	}
	a := &artifact{kind: "apt", name: name, version: version, recipe: append([]string{string(script)}, suite...)}
	for _, d := range debs {
		hash, err := dirhash.HashDir(o.folder("packages", d.name), d.name, dirhash.Hash1)
		if err != nil {
			return nil, fmt.Errorf("read the package %s: %w", d.name, err)
		}
		a.recipe = append(a.recipe, d.version, hash)
		a.pack(d.files)
	}
	a.build = func(ctx context.Context, dir string) error {
		for _, d := range debs {
			if err := d.unpack(ctx, o, filepath.Join(dir, "trees", d.name)); err != nil {
				return fmt.Errorf("package %s: %w", d.name, err)
			}
		}
		key := filepath.Join(o.Cache, "apt-key.asc")
		return run.With{}.Run(ctx, o.folder("repository.sh"), append([]string{dir, key}, suite...)...)
	}
	return a, nil
}

// unpack makes the tree of the package's files. Its control file gets the version that is packed.
func (d deb) unpack(ctx context.Context, o Options, tree string) error {
	if err := os.CopyFS(tree, os.DirFS(o.folder("packages", d.name))); err != nil {
		return err
	}
	control, err := os.OpenFile(filepath.Join(tree, "DEBIAN/control"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(control, "Version:", d.version)
	if err := errors.Join(err, control.Close()); err != nil {
		return err
	}
	return link(ctx, o.Cache, tree, d.files)
}
