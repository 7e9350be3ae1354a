package mirror

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/natefinch/atomic"
	"golang.org/x/sync/singleflight"
)

// proxy is a caching reverse proxy for one of Debian's mirrors. What lies in a pool or is named by its hash never
// changes, and is fetched once. Everything else is asked for each time, and the cached file serves when that fails.
type proxy struct {
	host    string
	dir     string
	client  *http.Client
	fetches singleflight.Group // hosts that ask for a file at the same time share one download
}

var errNotFound = errors.New("not found")

func newProxy(host, dir string, transport http.RoundTripper) *proxy {
	return &proxy{host: host, dir: dir, client: &http.Client{Transport: transport, Timeout: 10 * time.Minute}}
}

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	file := filepath.Join(p.dir, filepath.Clean(r.URL.Path))
	// The fetch has no context of the client's: one that gives up does not spoil it for the others.
	_, err, _ := p.fetches.Do(file, func() (any, error) { return nil, p.fetch(r.URL.Path, file) })
	switch {
	case errors.Is(err, errNotFound):
		http.NotFound(w, r)
	case err != nil:
		http.Error(w, fmt.Sprintf("fetch %s%s: %v", p.host, r.URL.Path, err), http.StatusBadGateway)
	default:
		http.ServeFile(w, r, file)
	}
}

// fetch brings the file up to date. It fails when there is none afterwards.
func (p *proxy) fetch(path, file string) error {
	info, err := os.Stat(file)
	cached := err == nil
	if cached && (strings.Contains(path, "/by-hash/") || strings.Contains(path, "/pool/")) {
		return nil
	}
	source := url.URL{Scheme: "http", Host: p.host, Path: path}
	request, err := http.NewRequest(http.MethodGet, source.String(), nil)
	if err != nil {
		return err
	}
	if cached {
		request.Header.Set("If-Modified-Since", info.ModTime().UTC().Format(http.TimeFormat))
	}
	response, err := p.client.Do(request)
	if err == nil {
		err = errors.Join(store(response, file), response.Body.Close())
	}
	if cached {
		return nil
	}
	return err
}

// store keeps a response as a file, whole or not at all, with the date that Debian gives it.
func store(response *http.Response, file string) error {
	switch response.StatusCode {
	case http.StatusOK:
	case http.StatusNotModified:
		return nil
	case http.StatusNotFound:
		return errNotFound
	default:
		return errors.New(response.Status)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	if err := atomic.WriteFile(file, response.Body); err != nil {
		return err
	}
	if date, err := http.ParseTime(response.Header.Get("Last-Modified")); err == nil {
		return os.Chtimes(file, date, date)
	}
	return nil
}
