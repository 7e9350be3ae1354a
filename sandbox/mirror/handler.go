package mirror

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// Handler answers requests for the mirror's hosts: package repositories and images from the cache, as it was last
// published, and Debian's files through a cache that transport fills. It answers 503 when nothing has been published,
// and 502 when one of Debian's files is neither cached nor to be had.
//
// The transport has to find the real mirrors of Debian: with the sandbox's DNS it would ask the mirror itself.
func Handler(cache string, transport http.RoundTripper) http.Handler {
	h := &handler{cache: cache, debian: map[string]http.Handler{}}
	for _, host := range DebianHosts() {
		h.debian[host] = newProxy(host, filepath.Join(cache, "debian", host), transport)
	}
	return h
}

type handler struct {
	cache  string
	debian map[string]http.Handler // by host

	mu      sync.Mutex
	changed time.Time // when the contents were published that routes serves
	routes  http.Handler
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	routes, err := h.current()
	if err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	routes.ServeHTTP(w, r)
}

// current reads the contents again after they have been published anew.
func (h *handler) current() (http.Handler, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	info, err := os.Stat(contentsFile(h.cache))
	if err != nil {
		return nil, err
	}
	if h.routes != nil && info.ModTime().Equal(h.changed) {
		return h.routes, nil
	}
	c, err := read(h.cache)
	if err != nil {
		return nil, err
	}
	routes, err := h.route(c)
	if err != nil {
		return nil, err
	}
	h.changed, h.routes = info.ModTime(), routes
	return routes, nil
}

// route lays out who answers for which host and path. All are read-only.
func (h *handler) route(c Contents) (http.Handler, error) {
	mux := http.NewServeMux()
	for host, proxy := range h.debian {
		mux.Handle("GET "+host+"/", proxy)
	}
	for location, dir := range c.Apt {
		host, path, _ := strings.Cut(location, "/")
		files := http.FileServer(http.Dir(filepath.Join(h.cache, dir)))
		mux.Handle("GET "+host+"/"+path+"/", http.StripPrefix("/"+path, files))
	}
	registries, err := registries(h.cache, c.Images)
	if err != nil {
		return nil, err
	}
	for host, registry := range registries {
		mux.Handle("GET "+host+"/v2/", registry)
		mux.Handle("GET "+host+"/"+ImageFolder+"/", http.FileServer(http.Dir(h.cache)))
	}
	return mux, nil
}
