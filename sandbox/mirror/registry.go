package mirror

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// registry answers the pull half of the OCI distribution API from OCI layouts.
// https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pull
type registry struct {
	refs  map[string]v1.Descriptor // host/repository:tag and host/repository@digest
	blobs map[string]string        // digest to the layout that holds it
}

// newRegistry reads the layouts' indices. An image's name is its annotation there.
func newRegistry(layouts []string) (*registry, error) {
	r := &registry{refs: map[string]v1.Descriptor{}, blobs: map[string]string{}}
	for _, dir := range layouts {
		data, err := os.ReadFile(filepath.Join(dir, "index.json"))
		if err != nil {
			return nil, fmt.Errorf("read an image: %w", err)
		}
		var index v1.IndexManifest
		if err := json.Unmarshal(data, &index); err != nil {
			return nil, fmt.Errorf("read %s/index.json: %w", dir, err)
		}
		for _, d := range index.Manifests {
			ref := d.Annotations[refName]
			repository, _, _ := strings.Cut(ref, ":")
			r.refs[ref] = d
			r.refs[repository+"@"+d.Digest.String()] = d
		}
		blobs, err := os.ReadDir(filepath.Join(dir, "blobs", "sha256"))
		if err != nil {
			return nil, fmt.Errorf("read an image: %w", err)
		}
		for _, b := range blobs {
			r.blobs["sha256:"+b.Name()] = dir
		}
	}
	return r, nil
}

var registryPath = regexp.MustCompile(`^/v2/(.+)/(manifests|blobs)/([^/]+)$`)

func (g *registry) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Docker-Distribution-Api-Version", "registry/2.0")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		registryError(w, http.StatusMethodNotAllowed, "UNSUPPORTED", "read only")
		return
	}
	if r.URL.Path == "/v2/" || r.URL.Path == "/v2" {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintln(w, "{}")
		return
	}
	part := registryPath.FindStringSubmatch(r.URL.Path)
	if part == nil {
		registryError(w, http.StatusNotFound, "NAME_UNKNOWN", "no such repository")
		return
	}
	repository, reference := hostOf(r)+"/"+part[1], part[3]
	if part[2] == "blobs" {
		g.serveBlob(w, r, reference, "application/octet-stream")
		return
	}
	separator := ":"
	if strings.Contains(reference, ":") {
		separator = "@"
	}
	d, ok := g.refs[repository+separator+reference]
	if !ok {
		registryError(w, http.StatusNotFound, "MANIFEST_UNKNOWN", repository+separator+reference+" is not in the sandbox's mirror")
		return
	}
	g.serveBlob(w, r, d.Digest.String(), string(d.MediaType))
}

func (g *registry) serveBlob(w http.ResponseWriter, r *http.Request, digest, mediaType string) {
	dir, ok := g.blobs[digest]
	if !ok {
		registryError(w, http.StatusNotFound, "BLOB_UNKNOWN", "no such blob")
		return
	}
	w.Header().Set("Content-Type", mediaType)
	w.Header().Set("Docker-Content-Digest", digest)
	w.Header().Set("Etag", `"`+digest+`"`)
	serveFile(w, r, filepath.Join(dir, "blobs", "sha256"), strings.TrimPrefix(digest, "sha256:"))
}

func registryError(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// The client may be gone: there is nobody to tell.
	_ = json.NewEncoder(w).Encode(map[string]any{"errors": []map[string]string{{"code": code, "message": message}}})
}
