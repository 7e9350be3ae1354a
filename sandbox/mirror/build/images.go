package build

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/google/go-containerregistry/pkg/compression"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"hello-kubernetes/sandbox/mirror"
)

// Versions that no go.mod has. They are those that the cluster asks for.
const (
	pauseVersion  = "3.10.2"
	flannelCNITag = "v1.8.0-flannel1" // of upstream's image; the binary in ours is that of an older module
)

const binPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// image is a container image: layers of Debian's files, if any, below one with the image's own files.
type image struct {
	ref    string // host/repository:tag
	base   []*artifact
	files  []file
	config v1.Config
}

// program returns the image of one command.
func program(ref string, from *artifact, command string, base ...*artifact) image {
	return image{
		ref: ref, base: base,
		files:  []file{{to: command, from: from, path: path.Base(command)}},
		config: v1.Config{Env: []string{"PATH=" + binPath}, Entrypoint: []string{command}, WorkingDir: "/"},
	}
}

// images returns the images that the cluster and the app run, by host, repository and tag.
func images(o Options, bins map[string]*artifact) (map[string]*artifact, error) {
	debian, err := baseLayers(o)
	if err != nil {
		return nil, err
	}
	const registry, github = mirror.RegistryHost + "/", mirror.GitHubHost + "/flannel-io/"
	kubernetes, etcd, coredns, flannel := bins["kubernetes"], bins["etcd"], bins["coredns"], bins["flannel"]
	all := []image{
		program(registry+"kube-proxy:"+kubernetes.version, kubernetes, "/usr/local/bin/kube-proxy", debian["iptables"]),
		program(registry+"coredns/coredns:"+coredns.version, coredns, "/coredns"),
		// flannel's manifest copies files with both images.
		program(github+"flannel:"+flannel.version, flannel, "/opt/bin/flanneld", debian["iptables"], debian["busybox"]),
		program(github+"flannel-cni-plugin:"+flannelCNITag, bins["flannel-cni"], "/flannel", debian["busybox"]),
	}
	for _, name := range []string{"kube-apiserver", "kube-controller-manager", "kube-scheduler"} {
		all = append(all, program(registry+name+":"+kubernetes.version, kubernetes, "/usr/local/bin/"+name))
	}
	server := program(registry+"etcd:"+number(etcd)+"-0", etcd, "/usr/local/bin/etcd")
	server.files = []file{{to: "/usr/local/bin", from: etcd}} // with its tools
	pause := program(registry+"pause:"+pauseVersion, bins["pause"], "/pause")
	pause.config.User = "65535:65535"
	all = append(all, server, pause)

	hapi, err := hapiImages(o, debian["node"])
	if err != nil {
		return nil, err
	}
	artifacts := map[string]*artifact{}
	for _, i := range append(all, hapi...) {
		if artifacts[i.ref], err = i.artifact(o.Cache); err != nil {
			return nil, fmt.Errorf("image %s: %w", i.ref, err)
		}
	}
	return artifacts, nil
}

// artifact returns the image as an OCI layout.
func (i image) artifact(cache string) (*artifact, error) {
	config, err := json.Marshal(i.config)
	if err != nil {
		return nil, err
	}
	name, tag, _ := strings.Cut(i.ref, ":")
	a := &artifact{
		kind: mirror.ImageFolder, name: strings.ReplaceAll(name, "/", "_"), version: tag,
		recipe: []string{i.ref, string(config)},
		build:  func(ctx context.Context, dir string) error { return i.write(ctx, cache, dir) },
	}
	a.pack(i.files)
	a.needs = append(a.needs, i.base...)
	return a, nil
}

// write makes an OCI layout of the image.
func (i image) write(ctx context.Context, cache, dir string) error {
	if err := link(ctx, cache, filepath.Join(dir, "root"), i.files); err != nil {
		return err
	}
	if err := archive(ctx, dir); err != nil {
		return err
	}
	own := filepath.Join(dir, layerFile)
	var tars []string
	for _, base := range i.base {
		tars = append(tars, filepath.Join(cache, base.path(), layerFile))
	}
	img, err := assemble(append(tars, own), i.config)
	if err != nil {
		return err
	}
	if _, err := layout.Write(dir, mutate.AppendManifests(empty.Index, mutate.IndexAddendum{Add: img})); err != nil {
		return err
	}
	return os.Remove(own)
}

// assemble makes an image of layers and a configuration. The layers are compressed with Zstandard, which a node's one
// CPU unpacks several times as fast as gzip.
func assemble(tars []string, config v1.Config) (v1.Image, error) {
	img, err := mutate.ConfigFile(empty.Image, &v1.ConfigFile{
		Architecture: "amd64", OS: "linux", Config: config, RootFS: v1.RootFS{Type: "layers"},
	})
	if err != nil {
		return nil, err
	}
	for _, tar := range tars {
		layer, err := tarball.LayerFromFile(tar, tarball.WithCompression(compression.ZStd),
			tarball.WithMediaType(types.OCILayerZStd), tarball.WithCompressedCaching)
		if err != nil {
			return nil, err
		}
		if img, err = mutate.AppendLayers(img, layer); err != nil {
			return nil, err
		}
	}
	return mutate.ConfigMediaType(mutate.MediaType(img, types.OCIManifestSchema1), types.OCIConfigJSON), nil
}
