package e2e

import (
	"os/exec"
	"strings"
	"testing"
	"time"
)

// impostor gives a host another key: to all who connect it is then another machine at that host's address. Nobody may be
// fooled, neither on the way to it nor on the way through it.
func impostor(t *testing.T, p *project) {
	for _, tc := range []struct{ node, step string }{{"worker-0", "worker-0-prepare"}, {p.stack.entrance(), "worker-1-prepare"}} {
		restore := changeHostKey(t, p, tc.node)
		urn := "urn:pulumi:" + p.stack.name + "::hello-kubernetes::**::" + tc.step
		out, err := p.try(time.Minute, "pulumi", "up", "--yes", "--skip-preview", "--replace", urn)
		if err == nil || !strings.Contains(out, "host key") {
			t.Errorf("the impostor of %s: %v\n%s", tc.node, err, tail(out))
		}
		if _, err := p.try(time.Minute, "ssh", tc.node, "true"); err == nil {
			t.Errorf("ssh talks to the impostor of %s", tc.node)
		}
		restore()
		p.run(t, time.Minute, "ssh", tc.node, "true")
	}
	p.up(t)
	p.run(t, time.Minute, "pulumi", "preview", "--expect-no-changes")
}

// changeHostKey gives a host another key, and returns what gives it its own again.
func changeHostKey(t *testing.T, p *project, node string) (restore func()) {
	t.Helper()
	id, _ := instanceOf(t, p.host(t, node))
	run := func(script string) {
		const key = "key=/etc/ssh/ssh_host_ed25519_key; "
		if out, err := exec.Command("podman", "exec", "hk-"+id, "sh", "-c", key+script+" && systemctl reload ssh").CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	run(`mv $key $key.true && ssh-keygen -q -t ed25519 -N '' -f $key`)
	return func() { run(`mv $key.true $key`) }
}
