package e2e

import (
	"strings"
	"testing"
	"time"
)

// impostor gives a host another key, for half a minute: to all who connect it is then another machine at that host's
// address. Nobody may be fooled, neither on the way to it nor on the way through it.
func impostor(t *testing.T, p *project) {
	const key = "/etc/ssh/ssh_host_ed25519_key"
	for _, tc := range []struct{ node, step string }{{"worker-0", "worker-0-prepare"}, {p.stack.entrance(), "worker-1-prepare"}} {
		p.run(t, time.Minute, "ssh", tc.node, "sudo cp -p "+key+" "+key+".true && "+
			"sudo systemd-run --quiet --on-active=30 sh -c 'mv "+key+".true "+key+" && systemctl reload ssh' && "+
			"sudo rm "+key+" && sudo ssh-keygen -q -t ed25519 -N '' -f "+key+" && sudo systemctl reload ssh")
		urn := "urn:pulumi:" + p.stack.name + "::hello-kubernetes::**::" + tc.step
		out, err := p.try(25*time.Second, "pulumi", "up", "--yes", "--skip-preview", "--replace", urn)
		if err == nil || !strings.Contains(out, "host key") {
			t.Errorf("the impostor of %s: %v\n%s", tc.node, err, tail(out))
		}
		if _, err := p.try(time.Minute, "ssh", tc.node, "true"); err == nil {
			t.Errorf("ssh talks to the impostor of %s", tc.node)
		}
		eventually(t, time.Minute, func() error {
			_, err := p.try(time.Minute, "ssh", tc.node, "true")
			return err
		})
	}
	p.up(t)
	p.run(t, time.Minute, "pulumi", "preview", "--expect-no-changes")
}
