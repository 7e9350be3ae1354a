package build

import (
	"archive/tar"
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
)

// buildImage builds an image of two layers in a new cache.
func buildImage(t *testing.T) v1.Image {
	t.Helper()
	cache := t.TempDir()
	base, bin := testArtifact("base", "base"), testArtifact("hello", "binary")
	base.build = func(ctx context.Context, dir string) error {
		etc := filepath.Join(dir, "root/etc")
		if err := os.MkdirAll(etc, 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(etc, "motd"), nil, 0o644); err != nil {
			return err
		}
		return archive(ctx, dir)
	}
	a, err := program("registry.k8s.io/group/hello:v1", bin, "/usr/bin/hello", base).artifact(cache)
	if err != nil {
		t.Fatal(err)
	}
	makes(t, cache, a)
	index, err := layout.ImageIndexFromPath(filepath.Join(cache, a.path()))
	if err != nil {
		t.Fatal(err)
	}
	list, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	image, err := index.Image(list.Manifests[0].Digest)
	if err != nil {
		t.Fatal(err)
	}
	return image
}

func TestImageHoldsItsFiles(t *testing.T) {
	t.Parallel()
	image := buildImage(t)
	config, err := image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	if config.OS != "linux" || config.Architecture != "amd64" || config.Config.Entrypoint[0] != "/usr/bin/hello" {
		t.Errorf("configuration %+v", config)
	}
	layers, err := image.Layers()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, layer := range layers {
		names = append(names, layerNames(t, layer)...)
	}
	want := []string{"./", "./etc/", "./etc/motd", "./", "./usr/", "./usr/bin/", "./usr/bin/hello"}
	if !slices.Equal(names, want) {
		t.Errorf("files %q, want %q", names, want)
	}
}

// Clones that build the same image in caches of their own serve the same one.
func TestImageIsReproducible(t *testing.T) {
	t.Parallel()
	one, err := buildImage(t).Digest()
	if err != nil {
		t.Fatal(err)
	}
	if other, err := buildImage(t).Digest(); err != nil || one != other {
		t.Errorf("digests %s and %s, %v", one, other, err)
	}
}

func layerNames(t *testing.T, layer v1.Layer) (names []string) {
	t.Helper()
	f, err := layer.Uncompressed()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for r := tar.NewReader(f); ; {
		h, err := r.Next()
		if err == io.EOF {
			return names
		}
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, h.Name)
	}
}
