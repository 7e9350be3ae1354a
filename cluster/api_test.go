package cluster

import (
	"slices"
	"testing"

	"hello-kubernetes/internal/remote"
	"hello-kubernetes/tests/scripttest"
)

const (
	haproxyFilePath = "etc/haproxy/haproxy.cfg"
	nginxFilePath   = "etc/nginx/modules-enabled/90-hello-kubernetes-api.conf"
	reloadHAProxy   = "systemctl reload-or-restart haproxy"
	reloadNginx     = "systemctl reload nginx"
)

// haproxyHost is an edge with HAProxy installed, which refuses a configuration that says "bad".
func haproxyHost(t *testing.T) (h *scripttest.Host, script string) {
	t.Helper()
	h = scripttest.NewHost(t, map[string]string{
		"dpkg-query": "printf installed",
		"haproxy":    `[[ $(<"${@: -1}") != *bad* ]]`,
		"systemctl":  "",
	})
	h.Write("etc/haproxy/.keep", "")
	script, err := remote.Render(apiProxyScript, nil)
	if err != nil {
		t.Fatal(err)
	}
	return h, script
}

// What a server does not run with yet is not done: the next run has to try again.
func TestAPIProxyReloadsAgainAfterAFailedReload(t *testing.T) {
	t.Parallel()
	for _, reload := range []string{reloadHAProxy, reloadNginx} {
		h, script := haproxyHost(t)
		h.Write(nginxFilePath, "stream {}\n") // of a host from before HAProxy
		h.Stub("systemctl", `[ "systemctl $*" != "`+reload+`" ]`)
		if succeeded, _, _ := h.Run(script, "one\n"); succeeded {
			t.Errorf("%s fails, and the step succeeds", reload)
		}
		h.Stub("systemctl", "")
		succeeded, output, calls := h.Run(script, "one\n")
		if !succeeded || !slices.Contains(calls, reload) || !slices.Contains(calls, reloadHAProxy) {
			t.Errorf("after a failed %s it succeeded: %v, and called %q:\n%s", reload, succeeded, calls, output)
		}
		if h.Read(haproxyFilePath) != "one\n" || h.Exists(nginxFilePath) {
			t.Errorf("HAProxy has %q, nginx still passes the API on: %v", h.Read(haproxyFilePath), h.Exists(nginxFilePath))
		}
	}
}

// A configuration that HAProxy refuses must not be what it starts with after a reboot.
func TestAPIProxyKeepsWhatWorksWhenTheNextIsRefused(t *testing.T) {
	t.Parallel()
	h, script := haproxyHost(t)
	for _, run := range []struct {
		config   string
		succeeds bool
	}{{"one\n", true}, {"bad\n", false}} {
		if succeeded, output, _ := h.Run(script, run.config); succeeded != run.succeeds {
			t.Errorf("%q succeeded: %v\n%s", run.config, succeeded, output)
		}
		if got := h.Read(haproxyFilePath); got != "one\n" {
			t.Errorf("after %q HAProxy has %q", run.config, got)
		}
	}
}
