package mirror

import (
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/validate"
)

// local sends requests to a handler, whatever their host is.
type local struct{ http.Handler }

func (l local) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	r.Host = r.URL.Host
	l.ServeHTTP(w, r)
	response := w.Result()
	response.Request = r
	return response, nil
}

// serveImage returns a mirror with one image, registry.k8s.io/group/hello:v1, and the image.
func serveImage(t *testing.T) (http.RoundTripper, v1.Image) {
	t.Helper()
	cache := t.TempDir()
	if _, err := CA(cache); err != nil {
		t.Fatal(err)
	}
	image, err := random.Image(1000, 2)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(ImageFolder, "hello")
	index := mutate.AppendManifests(empty.Index, mutate.IndexAddendum{Add: image})
	if _, err := layout.Write(filepath.Join(cache, dir), index); err != nil {
		t.Fatal(err)
	}
	if err := Publish(cache, Contents{Images: map[string]string{RegistryHost + "/group/hello:v1": dir}}); err != nil {
		t.Fatal(err)
	}
	return local{Handler(cache, nil)}, image
}

func digest(t *testing.T, of interface{ Digest() (v1.Hash, error) }) string {
	t.Helper()
	h, err := of.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return h.String()
}

func TestImagesArePulledByTagAndDigest(t *testing.T) {
	t.Parallel()
	mirror, image := serveImage(t)
	for _, ref := range []string{"registry.k8s.io/group/hello:v1", "registry.k8s.io/group/hello@" + digest(t, image)} {
		parsed, err := name.ParseReference(ref)
		if err != nil {
			t.Fatal(err)
		}
		pulled, err := remote.Image(parsed, remote.WithTransport(mirror))
		if err != nil {
			t.Fatal(err)
		}
		if err := validate.Image(pulled); err != nil || digest(t, pulled) != digest(t, image) {
			t.Errorf("%s is %s, %v", ref, digest(t, pulled), err)
		}
	}
}

func TestRegistryAnswersForWhatItHas(t *testing.T) {
	t.Parallel()
	mirror, image := serveImage(t)
	layers, err := image.Layers()
	if err != nil {
		t.Fatal(err)
	}
	blob := "registry.k8s.io/v2/group/hello/blobs/" + digest(t, layers[0])
	for name, c := range map[string]struct {
		method, url, span string
		status            int
	}{
		"a manifest's head":  {method: http.MethodHead, url: "registry.k8s.io/v2/group/hello/manifests/v1", status: 200},
		"another tag":        {url: "registry.k8s.io/v2/group/hello/manifests/v2", status: 404},
		"another host":       {url: "registry-1.docker.io/v2/group/hello/manifests/v1", status: 404},
		"a layer":            {url: blob, status: 200},
		"part of a layer":    {url: blob, span: "bytes=2-5", status: 206},
		"the rest of one":    {url: blob, span: "bytes=2-", status: 206},
		"no such layer":      {url: "registry.k8s.io/v2/group/hello/blobs/sha256:" + strings.Repeat("0", 64), status: 404},
		"another file":       {url: "registry.k8s.io/ca.pem", status: 404},
		"outside the images": {url: "registry.k8s.io/images/../ca.pem", status: 404},
		"a push":             {method: http.MethodPut, url: "registry.k8s.io/v2/group/hello/manifests/v1", status: 405},
	} {
		request, err := http.NewRequestWithContext(t.Context(), c.method, "https://"+c.url, nil)
		if err != nil {
			t.Fatal(err)
		}
		if c.span != "" {
			request.Header.Set("Range", c.span)
		}
		response, err := (&http.Client{Transport: mirror}).Do(request)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadAll(response.Body); err != nil || response.StatusCode != c.status {
			t.Errorf("%s: got %d, %v; want %d", name, response.StatusCode, err, c.status)
		}
	}
}
