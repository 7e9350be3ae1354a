package proxy

import (
	"slices"
	"testing"

	"hello-kubernetes/tests/scripttest"
)

const (
	site    = "etc/nginx/conf.d/hello-kubernetes.conf"
	welcome = "etc/nginx/sites-enabled/default" // Debian's page, in the way as it also is the default server
)

// newHost returns a host with nginx just installed. It refuses a configuration that says "bad".
func newHost(t *testing.T) *scripttest.Host {
	h := scripttest.NewHost(t, map[string]string{
		"nginx":     `case $(<"$ROOT/` + site + `") in *bad*) exit 1 ;; esac`,
		"systemctl": "",
	})
	h.Write(welcome, "welcome to nginx\n")
	h.Write("etc/nginx/conf.d/.keep", "")
	return h
}

var (
	tested   = "nginx -q -t"
	reloaded = "systemctl reload-or-restart nginx"
)

// configure runs configure.sh and checks whether it succeeds, what it calls and what nginx is configured with
// afterwards.
func configure(t *testing.T, h *scripttest.Host, config string, succeeds bool, calls []string, after string) {
	t.Helper()
	succeeded, output, got := h.Run(configureScript, config)
	if succeeded != succeeds {
		t.Errorf("succeeded: %v, want %v:\n%s", succeeded, succeeds, output)
	}
	if !slices.Equal(got, calls) {
		t.Errorf("called %q, want %q", got, calls)
	}
	if got := h.Read(site); got != after {
		t.Errorf("the site is %q, want %q", got, after)
	}
	if h.Exists(welcome) {
		t.Error("Debian's page is still there")
	}
	if left := h.Left(); len(left) > 0 {
		t.Errorf("%q are left over", left)
	}
}

func TestConfigureDoesNothingTheSecondTime(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	configure(t, h, "one\n", true, []string{tested, reloaded}, "one\n")
	configure(t, h, "one\n", true, nil, "one\n")
	configure(t, h, "two\n", true, []string{tested, reloaded}, "two\n")
}

// A configuration that nginx refuses must not be what it starts with after a reboot.
func TestConfigureTakesARefusedConfigurationBack(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	configure(t, h, "one\n", true, []string{tested, reloaded}, "one\n")
	configure(t, h, "bad\n", false, []string{tested}, "one\n")
	configure(t, h, "one\n", true, nil, "one\n")
}

func TestConfigureRemovesARefusedFirstConfiguration(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	configure(t, h, "bad\n", false, []string{tested}, "")
	if h.Exists(site) {
		t.Error("the refused site is there")
	}
	configure(t, h, "one\n", true, []string{tested, reloaded}, "one\n")
}

// What nginx does not run with yet is not done: the next run has to try again.
func TestConfigureReloadsAgainAfterAFailedReload(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	configure(t, h, "one\n", true, []string{tested, reloaded}, "one\n")
	h.Stub("systemctl", "exit 1")
	configure(t, h, "two\n", false, []string{tested, reloaded}, "one\n")
	h.Stub("systemctl", "")
	configure(t, h, "two\n", true, []string{tested, reloaded}, "two\n")
}
