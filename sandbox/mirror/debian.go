package mirror

import (
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

const debianKeyring = "/usr/share/keyrings/debian-archive-keyring.gpg"

// DebianHosts returns the names of Debian's mirrors: they are cached, never replaced.
func DebianHosts() []string { return slices.Clone(debianHosts) }

var debianHosts = []string{"deb.debian.org", "security.debian.org"}

var debianSources = "deb [signed-by=" + debianKeyring + "] http://deb.debian.org/debian trixie main\n" +
	"deb [signed-by=" + debianKeyring + "] http://deb.debian.org/debian-security trixie-security main\n"

// baseLayer is the lowest layer of an image: the files of some Debian 13 packages. The
// list names the dependencies too: dpkg's notion of them would drag a system in.
type baseLayer struct {
	name     string
	packages []string
	links    map[string]string // what update-alternatives would make
}

var nodeBase = baseLayer{
	name:     "base-node",
	packages: []string{"libc6", "libgcc-s1", "libstdc++6", "libatomic1"},
}

var iptablesBase = baseLayer{
	name: "base-iptables",
	packages: []string{
		"libc6", "iptables", "libip4tc2", "libip6tc2", "libmnl0", "libnetfilter-conntrack3", "libnfnetlink0",
		"libnftnl11", "libxtables12", "conntrack",
		"nftables", "libnftables1", "libedit2", "libbsd0", "libmd0", "libtinfo6", "libgmp10", "libjansson4",
		"kmod", "libkmod2", "zlib1g", "liblzma5", "libzstd1", "libssl3t64",
	},
	// The flavour that the nodes use themselves.
	links: map[string]string{
		"usr/sbin/iptables": "iptables-nft", "usr/sbin/iptables-save": "iptables-nft-save", "usr/sbin/iptables-restore": "iptables-nft-restore",
		"usr/sbin/ip6tables": "ip6tables-nft", "usr/sbin/ip6tables-save": "ip6tables-nft-save", "usr/sbin/ip6tables-restore": "ip6tables-nft-restore",
	},
}

var shellBase = baseLayer{
	name:     "base-busybox",
	packages: []string{"busybox-static"},
	links:    map[string]string{"usr/bin/sh": "busybox", "usr/bin/cp": "busybox", "usr/bin/ls": "busybox"},
}

// flannel's manifest copies files with its image.
var flannelBase = iptablesBase.with("base-flannel", shellBase)

// with returns a layer of both.
func (b baseLayer) with(name string, other baseLayer) baseLayer {
	both := baseLayer{name: name, packages: slices.Concat(b.packages, other.packages), links: maps.Clone(b.links)}
	maps.Copy(both.links, other.links)
	return both
}

// artifact returns the layer as a folder that holds layer.tar.
func (b baseLayer) artifact() *artifact {
	recipe := append([]string{debianSources}, b.packages...)
	for _, link := range sortedKeys(b.links) {
		recipe = append(recipe, link, b.links[link])
	}
	return &artifact{
		kind: "layers", name: b.name, version: "13", recipe: recipe,
		build: func(ctx context.Context, dir string) error { return b.build(ctx, dir) },
	}
}

func (b baseLayer) build(ctx context.Context, dir string) error {
	root, debs := filepath.Join(dir, "root"), filepath.Join(dir, "debs")
	if err := download(ctx, debs, b.packages); err != nil {
		return err
	}
	for _, name := range []string{"bin", "lib", "lib64", "sbin"} {
		if err := os.MkdirAll(filepath.Join(root, "usr", name), 0o755); err != nil {
			return err
		}
		if err := os.Symlink("usr/"+name, filepath.Join(root, name)); err != nil {
			return err
		}
	}
	files, err := filepath.Glob(filepath.Join(debs, "*.deb"))
	if err != nil {
		return err
	}
	for _, file := range files {
		if _, err := command(ctx, "", nil, "dpkg-deb", "--extract", file, root); err != nil {
			return err
		}
	}
	for _, link := range sortedKeys(b.links) {
		if err := os.Symlink(b.links[link], filepath.Join(root, link)); err != nil {
			return err
		}
	}
	for _, unused := range []string{"doc", "man", "locale", "bash-completion", "lintian", "bug", "info", "initramfs-tools"} {
		if err := os.RemoveAll(filepath.Join(root, "usr/share", unused)); err != nil {
			return err
		}
	}
	if err := writeLayer(filepath.Join(dir, "layer.tar"), []entry{{to: "/", from: root}}); err != nil {
		return err
	}
	return errors.Join(os.RemoveAll(root), os.RemoveAll(debs))
}

// download fetches packages of Debian 13, checked by Debian's keys, whatever the
// host's own release: apt runs with lists of its own and an empty system.
func download(ctx context.Context, dir string, packages []string) error {
	state := filepath.Join(dir, "apt")
	for _, d := range []string{"lists/partial", "archives/partial"} {
		if err := os.MkdirAll(filepath.Join(state, d), 0o755); err != nil {
			return err
		}
	}
	sources := filepath.Join(state, "sources.list")
	if err := os.WriteFile(sources, []byte(debianSources), 0o644); err != nil {
		return err
	}
	options := []string{
		"--quiet=2",
		"-oDir::State=" + state, "-oDir::State::status=/dev/null", "-oDir::Cache=" + state,
		"-oDir::Etc::SourceList=" + sources, "-oDir::Etc::SourceParts=/dev/null", "-oDir::Etc::PreferencesParts=/dev/null",
		"-oAPT::Architecture=amd64", "-oAPT::Architectures=amd64", "-oAPT::Sandbox::User=root", "-oAcquire::Languages=none",
		"-oAcquire::IndexTargets::deb::DEP-11::DefaultEnabled=false",
	}
	if _, err := command(ctx, dir, nil, "apt-get", append(options, "update")...); err != nil {
		return err
	}
	if _, err := command(ctx, dir, nil, "apt-get", append(append(options, "download"), packages...)...); err != nil {
		return err
	}
	return os.RemoveAll(state)
}
