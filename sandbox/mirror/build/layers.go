package build

import (
	"context"
	"os"
	"path/filepath"

	"hello-kubernetes/sandbox/run"
)

const debianKeyring = "/usr/share/keyrings/debian-archive-keyring.gpg"

// layerFile is the name of a layer in its folder.
const layerFile = "layer.tar"

// debianPackages are those whose files make the lowest layers of images. The lists name the dependencies, too: all that
// dpkg counts as one would be a whole system.
var debianPackages = map[string][]string{
	"node":    {"libc6", "libgcc-s1", "libstdc++6", "libatomic1"},
	"busybox": {"busybox-static"},
	"iptables": {
		"libc6", "iptables", "libip4tc2", "libip6tc2", "libmnl0", "libnetfilter-conntrack3", "libnfnetlink0",
		"libnftnl11", "libxtables12", "conntrack",
		"nftables", "libnftables1", "libedit2", "libbsd0", "libmd0", "libtinfo6", "libgmp10", "libjansson4",
		"kmod", "libkmod2", "zlib1g", "liblzma5", "libzstd1", "libssl3t64",
	},
}

// baseLayers returns the layers of debianPackages, by name.
func baseLayers(o Options) (map[string]*artifact, error) {
	script, err := os.ReadFile(o.folder("base.sh"))
	if err != nil {
		return nil, err
	}
	layers := map[string]*artifact{}
	for name, packages := range debianPackages {
		layers[name] = &artifact{
			kind: "layers", name: "base-" + name, version: "13", downloads: true,
			recipe: append([]string{string(script)}, packages...),
			build: func(ctx context.Context, dir string) error {
				if err := (run.With{}).Run(ctx, o.folder("base.sh"), append([]string{dir}, packages...)...); err != nil {
					return err
				}
				return archive(ctx, dir)
			},
		}
	}
	return layers, nil
}

// archive makes a layer of a folder's subfolder root, and removes that. The same files make the same layer: times and
// owners are left out.
func archive(ctx context.Context, dir string) error {
	root := filepath.Join(dir, "root")
	err := run.With{Dir: root}.Run(ctx, "tar", "--create", "--file", filepath.Join(dir, layerFile),
		"--sort=name", "--mtime=@0", "--owner=root:0", "--group=root:0", "--numeric-owner", ".")
	if err != nil {
		return err
	}
	return os.RemoveAll(root)
}

// link gives files their places below a folder, as hard links.
func link(ctx context.Context, cache, dir string, files []file) error {
	for _, f := range files {
		from, to := filepath.Join(cache, f.from.path(), f.path), filepath.Join(dir, f.to)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		if err := (run.With{}).Run(ctx, "cp", "--archive", "--link", "--no-target-directory", from, to); err != nil {
			return err
		}
	}
	return nil
}
