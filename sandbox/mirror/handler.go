package mirror

import (
	"net"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// Handler serves what the last Build made, by the host that a request is for; and
// Debian's mirrors, fetched by transport when they are not in the cache. The transport
// must find the real mirrors: where a name's address is the mirror's own, it would ask
// itself.
func Handler(cache string, transport http.RoundTripper) http.Handler {
	debian := newProxy(filepath.Join(cache, "debian"), transport)
	current := &current{cache: cache}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := hostOf(r)
		switch host {
		case debianHosts[0], debianHosts[1]:
			debian.ServeHTTP(w, r)
			return
		}
		v, registry, err := current.load()
		switch {
		case err != nil:
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
		case host == registryHost || host == githubHost || host == hubHost:
			registry.ServeHTTP(w, r)
		default:
			serveRepository(w, r, host, v.Apt, cache)
		}
	})
}

func hostOf(r *http.Request) string {
	if host, _, err := net.SplitHostPort(r.Host); err == nil {
		return host
	}
	return r.Host
}

// current reads again what is served when a build has changed it.
type current struct {
	cache string

	mu       sync.Mutex
	changed  time.Time
	view     view
	registry *registry
}

func (c *current) load() (view, *registry, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	info, err := os.Stat(viewFile(c.cache))
	if err != nil {
		return view{}, nil, err
	}
	if c.registry != nil && info.ModTime().Equal(c.changed) {
		return c.view, c.registry, nil
	}
	v, err := readView(c.cache)
	if err != nil {
		return view{}, nil, err
	}
	var layouts []string
	for _, dir := range v.Images {
		layouts = append(layouts, filepath.Join(c.cache, dir))
	}
	registry, err := newRegistry(layouts)
	if err != nil {
		return view{}, nil, err
	}
	c.changed, c.view, c.registry = info.ModTime(), v, registry
	return v, registry, nil
}

// serveRepository serves a file of an apt repository.
func serveRepository(w http.ResponseWriter, r *http.Request, host string, repositories map[string]string, cache string) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		http.Error(w, "read only", http.StatusMethodNotAllowed)
		return
	}
	location := host + path.Clean("/"+r.URL.Path)
	for prefix, dir := range repositories {
		if name, ok := strings.CutPrefix(location, prefix+"/"); ok {
			serveFile(w, r, filepath.Join(cache, dir), name)
			return
		}
	}
	http.NotFound(w, r)
}

// serveFile serves a regular file below a folder, ranges and dates included.
func serveFile(w http.ResponseWriter, r *http.Request, dir, name string) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	defer root.Close()
	f, err := root.Open(name)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		http.NotFound(w, r)
		return
	}
	if w.Header().Get("Content-Type") == "" {
		w.Header().Set("Content-Type", "application/octet-stream")
	}
	http.ServeContent(w, r, "", info.ModTime(), f)
}
