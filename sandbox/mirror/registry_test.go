package mirror

import (
	"archive/tar"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
)

// testImage builds an image of two layers in a cache and returns its layout's folder.
func testImage(t *testing.T, cache string) string {
	t.Helper()
	base, bin := testArtifact("base", "base"), testArtifact("hello", "binary")
	base.build = func(_ context.Context, dir string) error {
		return writeLayer(filepath.Join(dir, "layer.tar"), []entry{{to: "/etc/motd", from: os.DevNull}})
	}
	i := program(registryHost, "group/hello", "v1", base, bin, "/usr/bin/hello")
	if err := i.plan(cache); err != nil {
		t.Fatal(err)
	}
	for _, a := range missing(cache, []*artifact{i.artifact}) {
		if err := a.make(t.Context(), cache); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(cache, i.artifact.path())
}

func TestRegistryServesWhatWasBuilt(t *testing.T) {
	t.Parallel()
	dir := testImage(t, t.TempDir())
	index, err := layout.ImageIndexFromPath(dir)
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	digest := manifest.Manifests[0].Digest
	img, err := index.Image(digest)
	if err != nil {
		t.Fatal(err)
	}
	layers, err := img.Layers()
	if err != nil {
		t.Fatal(err)
	}
	last, err := layers[len(layers)-1].Digest()
	if err != nil {
		t.Fatal(err)
	}
	r, err := newRegistry([]string{dir})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		method, host, path, span string
		status                   int
		contentType              string
	}{
		"version":            {path: "/v2/", status: 200, contentType: "application/json"},
		"manifest by tag":    {path: "/v2/group/hello/manifests/v1", status: 200, contentType: "application/vnd.oci.image.manifest.v1+json"},
		"manifest by digest": {path: "/v2/group/hello/manifests/" + digest.String(), status: 200, contentType: "application/vnd.oci.image.manifest.v1+json"},
		"head":               {method: http.MethodHead, path: "/v2/group/hello/manifests/v1", status: 200, contentType: "application/vnd.oci.image.manifest.v1+json"},
		"blob":               {path: "/v2/group/hello/blobs/" + last.String(), status: 200, contentType: "application/octet-stream"},
		"part of a blob":     {path: "/v2/group/hello/blobs/" + last.String(), span: "bytes=2-5", status: 206, contentType: "application/octet-stream"},
		"other tag":          {path: "/v2/group/hello/manifests/v2", status: 404, contentType: "application/json"},
		"other host":         {host: hubHost, path: "/v2/group/hello/manifests/v1", status: 404, contentType: "application/json"},
		"no such blob":       {path: "/v2/group/hello/blobs/sha256:00", status: 404, contentType: "application/json"},
		"outside":            {path: "/v2/group/hello/blobs/../../index.json", status: 404, contentType: "application/json"},
		"push":               {method: http.MethodPost, path: "/v2/group/hello/blobs/uploads/", status: 405, contentType: "application/json"},
	} {
		t.Run(name, func(t *testing.T) {
			request := httptest.NewRequest(c.method, c.path, nil)
			request.Host = registryHost
			if c.host != "" {
				request.Host = c.host
			}
			if c.span != "" {
				request.Header.Set("Range", c.span)
			}
			w := httptest.NewRecorder()
			r.ServeHTTP(w, request)
			if w.Code != c.status || w.Header().Get("Content-Type") != c.contentType {
				t.Errorf("got %d %s, want %d %s", w.Code, w.Header().Get("Content-Type"), c.status, c.contentType)
			}
		})
	}
}

func TestImageHoldsItsFiles(t *testing.T) {
	t.Parallel()
	index, err := layout.ImageIndexFromPath(testImage(t, t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	img, err := index.Image(manifest.Manifests[0].Digest)
	if err != nil {
		t.Fatal(err)
	}
	config, err := img.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	if config.OS != "linux" || config.Architecture != "amd64" || config.Config.Entrypoint[0] != "/usr/bin/hello" {
		t.Errorf("configuration %+v", config)
	}
	layers, err := img.Layers()
	if err != nil {
		t.Fatal(err)
	}
	if len(config.RootFS.DiffIDs) != len(layers) {
		t.Errorf("%d diff ids for %d layers", len(config.RootFS.DiffIDs), len(layers))
	}
	var names []string
	for _, layer := range layers {
		names = append(names, layerNames(t, layer)...)
	}
	assertEqual(t, names, []string{"etc/", "etc/motd", "usr/", "usr/bin/", "usr/bin/hello"})
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
