package mirror

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
)

// registries returns a registry for each host that has images.
func registries(cache string, images map[string]string) (map[string]http.Handler, error) {
	all := map[string]http.Handler{}
	for ref, dir := range images {
		tag, err := name.NewTag(ref)
		if err != nil {
			return nil, err
		}
		host := tag.RegistryStr()
		if all[host] == nil {
			all[host] = registry.New(registry.WithBlobHandler(blobs{cache, images}))
		}
		if err := push(all[host], tag, layout.Path(filepath.Join(cache, dir))); err != nil {
			return nil, fmt.Errorf("read the image %s: %w", ref, err)
		}
	}
	return all, nil
}

// push gives a registry the manifest of an image. The other files stay where they are.
func push(to http.Handler, tag name.Tag, image layout.Path) error {
	index, err := image.ImageIndex()
	if err != nil {
		return err
	}
	list, err := index.IndexManifest()
	if err != nil {
		return err
	}
	for _, d := range list.Manifests {
		manifest, err := image.Bytes(d.Digest)
		if err != nil {
			return err
		}
		path := "/v2/" + tag.RepositoryStr() + "/manifests/" + tag.TagStr()
		request, err := http.NewRequest(http.MethodPut, path, bytes.NewReader(manifest))
		if err != nil {
			return err
		}
		request.Header.Set("Content-Type", string(d.MediaType))
		var answer status
		if to.ServeHTTP(&answer, request); answer != http.StatusCreated {
			return fmt.Errorf("its manifest is refused with status %d", answer)
		}
	}
	return nil
}

// status is a response of which only the status counts.
type status int

func (s *status) Header() http.Header            { return http.Header{} }
func (s *status) Write(data []byte) (int, error) { return len(data), nil }
func (s *status) WriteHeader(code int)           { *s = status(code) }

// blobs finds the layers and configurations of the images.
type blobs struct {
	cache  string
	images map[string]string
}

// ImageFolder is the folder of the cache that holds all images. Their files are served under the same path.
const ImageFolder = "images"

// Get sends the client on to the file itself, because the registry refuses requests for the rest of a file, with which
// containerd continues a download that broke off.
func (b blobs) Get(_ context.Context, _ string, h v1.Hash) (io.ReadCloser, error) {
	for _, dir := range b.images {
		file := filepath.Join(dir, "blobs", h.Algorithm, h.Hex)
		_, err := os.Stat(filepath.Join(b.cache, file))
		if err == nil {
			return nil, registry.RedirectError{Location: "/" + file, Code: http.StatusTemporaryRedirect}
		}
		if !errors.Is(err, os.ErrNotExist) {
			return nil, err
		}
	}
	return nil, registry.ErrNotFound
}
