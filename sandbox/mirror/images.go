package mirror

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
)

const (
	registryHost = "registry.k8s.io"
	githubHost   = "ghcr.io"
	hubHost      = "registry-1.docker.io" // where docker.io's images come from
)

// refName is the annotation that names an image in an OCI layout.
const refName = "org.opencontainers.image.ref.name"

const binPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// image is a container image: a base layer or none, then one layer for each group of files.
type image struct {
	host     string
	name     string // the repository, without the host
	tag      string
	base     *artifact
	layers   [][]file
	config   v1.Config
	artifact *artifact
}

// file is a file or a folder of an artifact and its place in an image.
type file struct {
	to   string
	from *artifact
	path string // below the artifact's folder; empty for the folder itself
}

func (i *image) ref() string { return i.host + "/" + i.name + ":" + i.tag }

// program is the image of one command: alone, or on a base layer.
func program(host, name, tag string, base, from *artifact, to string) *image {
	return &image{
		host: host, name: name, tag: tag, base: base,
		layers: [][]file{{{to: to, from: from, path: path.Base(to)}}},
		config: v1.Config{Env: []string{"PATH=" + binPath}, Entrypoint: []string{to}, WorkingDir: "/"},
	}
}

// images returns all images that the cluster and the app use.
func images(o Options, bins map[string][]*artifact) ([]*image, error) {
	iptables, shell := iptablesBase.artifact(), shellBase.artifact()
	var all []*image
	for _, k := range bins["kubernetes"] {
		for _, name := range []string{"kube-apiserver", "kube-controller-manager", "kube-scheduler"} {
			all = append(all, program(registryHost, name, k.version, nil, k, "/usr/local/bin/"+name))
		}
		all = append(all, program(registryHost, "kube-proxy", k.version, iptables, k, "/usr/local/bin/kube-proxy"))
	}
	for _, e := range bins["etcd"] {
		i := program(registryHost, "etcd", strings.TrimPrefix(e.version, "v")+"-0", nil, e, "/usr/local/bin/etcd")
		for _, tool := range []string{"etcdctl", "etcdutl"} {
			i.layers[0] = append(i.layers[0], file{to: "/usr/local/bin/" + tool, from: e, path: tool})
		}
		all = append(all, i)
	}
	for _, c := range bins["coredns"] {
		all = append(all, program(registryHost, "coredns/coredns", c.version, nil, c, "/coredns"))
	}
	pause := program(registryHost, "pause", pauseVersion, nil, pauseArtifact(), "/pause")
	pause.config.User = "65535:65535"
	all = append(all, pause)

	for _, f := range bins["flannel"] {
		all = append(all, program(githubHost, "flannel-io/flannel", f.version, flannelBase.artifact(), f, "/opt/bin/flanneld"))
	}
	// The module is upstream's older one, the tag the one that flannel's manifest has.
	all = append(all, program(githubHost, "flannel-io/flannel-cni-plugin", flannelCNITag, shell, newest(bins["flannel-cni"]), "/flannel"))

	hapi, err := hapiImages(o)
	if err != nil {
		return nil, err
	}
	all = append(all, hapi...)
	for _, i := range all {
		if err := i.plan(o.Cache); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// plan makes the image's artifact: an OCI layout.
func (i *image) plan(cache string) error {
	config, err := json.Marshal(i.config)
	if err != nil {
		return err
	}
	name := strings.NewReplacer("/", "_").Replace(i.host + "/" + i.name)
	a := &artifact{kind: "images", name: name, version: i.tag, recipe: []string{i.ref(), string(config)}}
	if i.base != nil {
		a.needs = append(a.needs, i.base)
	}
	for _, layer := range i.layers {
		for _, f := range layer {
			a.recipe = append(a.recipe, f.to, f.path)
			a.needs = append(a.needs, f.from)
		}
		a.recipe = append(a.recipe, "")
	}
	a.build = func(_ context.Context, dir string) error { return i.write(cache, dir) }
	i.artifact = a
	return nil
}

// write writes the image into a new OCI layout.
func (i *image) write(cache, dir string) error {
	var tars []string
	if i.base != nil {
		tars = append(tars, filepath.Join(cache, i.base.path(), "layer.tar"))
	}
	for n, layer := range i.layers {
		var entries []entry
		for _, f := range layer {
			entries = append(entries, entry{to: f.to, from: filepath.Join(cache, f.from.path(), f.path)})
		}
		tar := filepath.Join(dir, fmt.Sprintf("layer-%d.tar", n))
		defer os.Remove(tar)
		if err := writeLayer(tar, entries); err != nil {
			return err
		}
		tars = append(tars, tar)
	}
	img, err := assemble(tars, i.config)
	if err != nil {
		return err
	}
	to, err := layout.Write(dir, empty.Index)
	if err != nil {
		return err
	}
	return to.AppendImage(img, layout.WithAnnotations(map[string]string{refName: i.ref()}))
}

// assemble makes an image of layers and a configuration. Zstandard: a node's one CPU
// unpacks it several times as fast as gzip.
func assemble(tars []string, config v1.Config) (v1.Image, error) {
	img := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	for _, tar := range tars {
		layer, err := tarball.LayerFromFile(tar, tarball.WithCompression(compression.ZStd), tarball.WithMediaType(types.OCILayerZStd))
		if err != nil {
			return nil, err
		}
		if img, err = mutate.AppendLayers(img, layer); err != nil {
			return nil, err
		}
	}
	full, err := img.ConfigFile()
	if err != nil {
		return nil, err
	}
	full = full.DeepCopy()
	full.Architecture, full.OS, full.Config = "amd64", "linux", config
	return mutate.ConfigFile(img, full)
}
