package mirror

import (
	"crypto/x509"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// upstream is a mirror of Debian that counts the requests to it and can be down.
type upstream struct {
	files map[string]string
	asked map[string]int
	down  bool
}

func (u *upstream) RoundTrip(r *http.Request) (*http.Response, error) {
	u.asked[r.URL.Path]++
	if u.down {
		return nil, errors.New("no route")
	}
	w := httptest.NewRecorder()
	if text, ok := u.files[r.URL.Path]; ok {
		http.ServeContent(w, r, "", time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), strings.NewReader(text))
	} else {
		http.NotFound(w, r)
	}
	return w.Result(), nil
}

func get(t *testing.T, h http.Handler, url string) (int, string) {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, url, nil))
	return w.Code, w.Body.String()
}

func TestProxyKeepsWhatItFetched(t *testing.T) {
	t.Parallel()
	const index, pool = "/debian/dists/trixie/InRelease", "/debian/pool/main/a/a.deb"
	cache := t.TempDir()
	u := &upstream{files: map[string]string{index: "one", pool: "deb"}, asked: map[string]int{}}
	h := Handler(cache, u)
	want := func(path string, code int, body string, asked int) {
		t.Helper()
		gotCode, got := get(t, h, "http://deb.debian.org"+path)
		if gotCode != code || code == 200 && got != body || u.asked[path] != asked {
			t.Errorf("%s: got %d %q after %d requests, want %d %q after %d", path, gotCode, got, u.asked[path], code, body, asked)
		}
	}
	want(index, 200, "one", 1)
	want(index, 200, "one", 1)
	want(pool, 200, "deb", 1)

	// A day later the index is asked for again, and not the package.
	mark := filepath.Join(cache, "debian/deb.debian.org", index+".checked")
	old := time.Now().Add(-25 * time.Hour)
	for _, f := range []string{mark} {
		if err := os.Chtimes(f, old, old); err != nil {
			t.Fatal(err)
		}
	}
	want(index, 200, "one", 2)
	want(index, 200, "one", 2)
	want(pool, 200, "deb", 1)

	// The old index serves when nobody answers.
	if err := os.Chtimes(mark, old, old); err != nil {
		t.Fatal(err)
	}
	u.down = true
	want(index, 200, "one", 3)
	want(pool, 200, "deb", 1)
	want("/debian/pool/b.deb", 502, "", 1)

	// A package that is gone means that the index is too old.
	u.down = false
	want(index, 200, "one", 4)
	want("/debian/pool/c.deb", 404, "", 1)
	want(index, 200, "one", 5)
}

func TestHandlerFollowsTheLastBuild(t *testing.T) {
	t.Parallel()
	cache := t.TempDir()
	h := Handler(cache, nil)
	const url = "https://pkgs.k8s.io/core:/stable:/v1.37/deb/InRelease"
	if code, _ := get(t, h, url); code != http.StatusServiceUnavailable {
		t.Errorf("before any build: %d", code)
	}
	for _, text := range []string{"first", "second"} {
		dir := "apt/" + text
		if err := os.MkdirAll(filepath.Join(cache, dir), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(cache, dir, "InRelease"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		p := plan{cache: cache, view: view{Names: []string{kubernetesHost}, Apt: map[string]string{"pkgs.k8s.io/core:/stable:/v1.37/deb": dir}}}
		if err := p.publish(); err != nil {
			t.Fatal(err)
		}
		if code, body := get(t, h, url); code != 200 || body != text {
			t.Errorf("got %d %q, want %q", code, body, text)
		}
	}
	for _, other := range []string{
		"https://pkgs.k8s.io/core:/stable:/v1.36/deb/InRelease", "https://example.com/", "https://pkgs.k8s.io/core:/stable:/v1.37/deb/../../x",
	} {
		if code, _ := get(t, h, other); code != 404 {
			t.Errorf("%s: got %d, want 404", other, code)
		}
	}
	if names, err := Names(cache); err != nil || len(names) != 1 {
		t.Errorf("names %q, %v", names, err)
	}
}

func TestCertificateIsForTheMirrorsHostsOnly(t *testing.T) {
	t.Parallel()
	cache := t.TempDir()
	ca, err := CA(cache)
	if err != nil {
		t.Fatal(err)
	}
	config, err := TLSConfig(cache)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	if strings.Contains(string(ca), "PRIVATE") || !roots.AppendCertsFromPEM(ca) {
		t.Fatalf("the authority is %s", ca)
	}
	leaf, err := x509.ParseCertificate(config.Certificates[0].Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range tlsHosts {
		if _, err := leaf.Verify(x509.VerifyOptions{DNSName: host, Roots: roots}); err != nil {
			t.Errorf("%s: %v", host, err)
		}
	}
	if _, err := leaf.Verify(x509.VerifyOptions{DNSName: "example.com", Roots: roots}); err == nil {
		t.Error("it holds for example.com")
	}
}
