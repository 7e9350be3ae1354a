package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// becomePrivate moves the stack's nodes behind an edge of its own. The preview says what that replaces, the address and the
// workers' machines stay, and nothing of the old order is left. The stack stays private.
func becomePrivate(t *testing.T, p *project) {
	url := p.url(t)
	p.set(t, "topology", "private")
	preview := p.run(t, time.Minute, "pulumi", "preview")
	machine := func(name string) string { return "ec2:Instance hello-kubernetes-" + p.stack.name + "-" + name }
	for sign, want := range map[string]bool{
		machine("control-plane") + " replace": true,
		machine("edge") + " create":           true,
		machine("worker-0"):                   false,
		"ec2:Eip hello-kubernetes":            false,
	} {
		if strings.Contains(preview, sign) != want {
			t.Errorf("the preview says %q: %v, want %v:\n%s", sign, !want, want, tail(preview))
		}
	}
	p.run(t, 5*time.Minute, "make", "up")
	p.stack.topology = "private"
	if now := p.url(t); now != url {
		t.Errorf("the app was at %s and is at %s", url, now)
	}
	if _, body, err := ping(url); err != nil || body != `{"success":true}` {
		t.Errorf("/ping answers %q, %v", body, err)
	}
	nodesAreReady(t, p, 3)
	hosts := p.hosts(t)
	if machines := len(lookAround(t)["containers"]); len(hosts) != 4 || machines != 4 {
		t.Errorf("%d machines for %d hosts, want 4", machines, len(hosts))
	}
	newMatrix(t, p).isClean(t)
	p.run(t, time.Minute, "pulumi", "preview", "--expect-no-changes")
	eventually(t, time.Minute, func() error {
		if ready := len(p.readyPods(t)); ready != 3 {
			return fmt.Errorf("%d pods are ready, want 3", ready)
		}
		return nil
	})
}
