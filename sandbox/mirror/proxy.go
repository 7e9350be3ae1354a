package mirror

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// freshFor is how long an index is served without asking for a newer one.
const freshFor = 24 * time.Hour

// proxy is a caching reverse proxy for Debian's mirrors: what is in the pool, or named
// by its hash, never changes; indices are asked for again once a day, and the old ones
// serve when nobody answers.
type proxy struct {
	dir    string
	client *http.Client

	mu    sync.Mutex
	locks map[string]*sync.Mutex // one fetch at a time of each file
}

var errNotFound = errors.New("not found")

func newProxy(dir string, transport http.RoundTripper) *proxy {
	return &proxy{dir: dir, client: &http.Client{Transport: transport, Timeout: 10 * time.Minute}, locks: map[string]*sync.Mutex{}}
}

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		http.Error(w, "read only", http.StatusMethodNotAllowed)
		return
	}
	host, name := hostOf(r), path.Clean("/"+r.URL.Path)
	file := filepath.Join(host, name)
	// A client that gives up does not spoil the fetch for the others.
	err := p.fetch(context.WithoutCancel(r.Context()), host, name, file)
	switch {
	case errors.Is(err, errNotFound):
		http.NotFound(w, r)
	case err != nil:
		http.Error(w, err.Error(), http.StatusBadGateway)
	default:
		serveFile(w, r, p.dir, file)
	}
}

// fetch sees to it that the file is in the cache, and fresh.
func (p *proxy) fetch(ctx context.Context, host, name, file string) error {
	lock := p.lockOf(file)
	lock.Lock()
	defer lock.Unlock()

	local := filepath.Join(p.dir, file)
	checked := local + ".checked"
	info, err := os.Stat(local)
	have := err == nil && info.Mode().IsRegular()
	if have && (immutable(name) || recent(checked)) {
		return nil
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+host+name, nil)
	if err != nil {
		return err
	}
	if have {
		request.Header.Set("If-Modified-Since", info.ModTime().UTC().Format(http.TimeFormat))
	}
	response, err := p.client.Do(request)
	if err != nil {
		if have {
			return nil
		}
		return fmt.Errorf("fetch %s%s: %w", host, name, err)
	}
	defer response.Body.Close()
	switch {
	case response.StatusCode == http.StatusOK:
		if err := store(local, response); err != nil {
			if have {
				return nil
			}
			return fmt.Errorf("fetch %s%s: %w", host, name, err)
		}
	case response.StatusCode == http.StatusNotModified || have:
	case response.StatusCode == http.StatusNotFound:
		if immutable(name) {
			// An index names it that is older than the mirror: ask for a newer one.
			p.expire(host)
		}
		return errNotFound
	default:
		return fmt.Errorf("fetch %s%s: %s", host, name, response.Status)
	}
	if immutable(name) {
		return nil
	}
	return os.WriteFile(checked, nil, 0o644)
}

func (p *proxy) lockOf(file string) *sync.Mutex {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.locks[file] == nil {
		p.locks[file] = &sync.Mutex{}
	}
	return p.locks[file]
}

// expire makes all of a host's indices due.
func (p *proxy) expire(host string) {
	marks, err := filepath.Glob(filepath.Join(p.dir, host, "*", "dists", "*", "*.checked"))
	if err != nil {
		return
	}
	for _, mark := range marks {
		// At worst the index stays for the rest of its day.
		_ = os.Remove(mark)
	}
}

// immutable tells whether a path's content can never change.
func immutable(name string) bool {
	return strings.Contains(name, "/by-hash/") || strings.Contains(name, "/pool/")
}

func recent(checked string) bool {
	info, err := os.Stat(checked)
	return err == nil && time.Since(info.ModTime()) < freshFor
}

// store writes a response to a file, whole or not at all, with the date of the original.
func store(file string, response *http.Response) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(file), ".fetch-")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	n, err := io.Copy(f, response.Body)
	if err == nil && response.ContentLength >= 0 && n != response.ContentLength {
		err = io.ErrUnexpectedEOF
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if date, err := http.ParseTime(response.Header.Get("Last-Modified")); err == nil {
		if err := os.Chtimes(f.Name(), time.Now(), date); err != nil {
			return err
		}
	}
	return os.Rename(f.Name(), file)
}
