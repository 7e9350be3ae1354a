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

// upstream is a mirror of Debian that counts the requests for its files and can be down.
type upstream struct {
	files map[string]string
	date  time.Time
	sent  map[string]int
	down  bool
}

func (u *upstream) RoundTrip(r *http.Request) (*http.Response, error) {
	if u.down {
		return nil, errors.New("no route")
	}
	w := httptest.NewRecorder()
	if text, ok := u.files[r.URL.Path]; ok {
		http.ServeContent(w, r, "", u.date, strings.NewReader(text))
	} else {
		http.NotFound(w, r)
	}
	if w.Code == http.StatusOK {
		u.sent[r.URL.Path]++
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
	const index, pool = "/debian/dists/trixie/InRelease", "/debian/pool/main/a/a+b_1~2.deb"
	cache := t.TempDir()
	if err := Publish(cache, Contents{}); err != nil {
		t.Fatal(err)
	}
	u := &upstream{
		files: map[string]string{index: "one", pool: "deb"}, sent: map[string]int{},
		date: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	h := Handler(cache, u)
	want := func(path string, code int, body string, sent int) {
		t.Helper()
		gotCode, got := get(t, h, "http://deb.debian.org"+path)
		if gotCode != code || code == 200 && got != body || u.sent[path] != sent {
			t.Errorf("%s: %d %q, sent %d times; want %d %q, %d", path, gotCode, got, u.sent[path], code, body, sent)
		}
	}
	want(index, 200, "one", 1)
	want(pool, 200, "deb", 1)
	want("/debian/pool/c.deb", 404, "", 0)

	// An index is fetched again when it has changed, a package never.
	want(index, 200, "one", 1)
	u.files[index], u.files[pool], u.date = "two", "other", u.date.Add(time.Hour)
	want(index, 200, "two", 2)
	want(pool, 200, "deb", 1)

	// Both are there without the mirror of Debian.
	u.down = true
	want(index, 200, "two", 2)
	want(pool, 200, "deb", 1)
	want("/debian/pool/b.deb", 502, "", 0)
}

func TestHandlerFollowsWhatIsPublished(t *testing.T) {
	t.Parallel()
	cache := t.TempDir()
	h := Handler(cache, nil)
	const url = "https://pkgs.k8s.io/core:/stable:/v1.37/deb/InRelease"
	if code, _ := get(t, h, url); code != http.StatusServiceUnavailable {
		t.Errorf("before anything is published: %d", code)
	}
	for _, text := range []string{"first", "second"} {
		dir := "apt/" + text
		if err := os.MkdirAll(filepath.Join(cache, dir), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(cache, dir, "InRelease"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		apt := map[string]string{KubernetesHost + "/core:/stable:/v1.37/deb": dir}
		if err := Publish(cache, Contents{Hosts: []string{KubernetesHost}, Apt: apt}); err != nil {
			t.Fatal(err)
		}
		if code, body := get(t, h, url); code != 200 || body != text {
			t.Errorf("got %d %q, want %q", code, body, text)
		}
	}
	for _, other := range []string{
		"https://pkgs.k8s.io/core:/stable:/v1.36/deb/InRelease",
		"https://download.docker.com/core:/stable:/v1.37/deb/InRelease",
		"https://pkgs.k8s.io/core:/stable:/v1.37/deb/x",
		"https://pkgs.k8s.io/contents.json",
	} {
		if code, _ := get(t, h, other); code != 404 {
			t.Errorf("%s: got %d, want 404", other, code)
		}
	}
	if hosts, err := Hosts(cache); err != nil || len(hosts) != 1 {
		t.Errorf("hosts %q, %v", hosts, err)
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
		t.Error("it is valid for example.com")
	}
}
