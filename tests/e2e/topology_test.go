package e2e

import (
	"fmt"
	"maps"
	"testing"
	"time"
)

// becomePrivate moves the stack's nodes behind an edge of its own. The preview says what that replaces; the address and
// the workers' instances stay, and nothing else is left. The stack stays private.
func becomePrivate(t *testing.T, p *project) {
	url := p.url(t)
	p.set(t, "topology", "private")
	name := func(host string) string { return "hello-kubernetes-" + p.stack.name + "-" + host }
	planned := map[string]string{}
	for _, change := range p.preview(t) {
		if change.Type == instanceType && change.Op != "delete-replaced" && change.Op != "create-replacement" ||
			change.Type == "aws:ec2/eip:Eip" {
			planned[change.Type+" "+change.name()] = change.Op
		}
	}
	want := map[string]string{
		instanceType + " " + name("control-plane"): "replace",
		instanceType + " " + name("edge"):          "create",
	}
	if !maps.Equal(planned, want) {
		t.Errorf("of the instances and the address, the preview changes %v, want %v", planned, want)
	}
	p.run(t, 5*time.Minute, "make", "up")
	if now := p.url(t); now != url {
		t.Errorf("the app was at %s and is at %s", url, now)
	}
	if _, body, err := ping(url); err != nil || body != `{"success":true}` {
		t.Errorf("/ping answers %q, %v", body, err)
	}
	nodesAreReady(t, p, 3)
	hosts := p.hosts(t)
	if instances := len(lookAround(t)["containers"]); len(hosts) != 4 || instances != 4 {
		t.Errorf("%d instances for %d hosts, want 4", instances, len(hosts))
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
