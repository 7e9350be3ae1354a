package e2e

import (
	"os/exec"
	"testing"
	"time"
)

// lost terminates a host's instance behind Pulumi's back: it is replaced, and the others stay as they are.
func lost(name string) func(t *testing.T, p *project) {
	return func(t *testing.T, p *project) {
		instance, made := "hello-kubernetes-"+p.stack.name+"-"+name, false
		id, _ := instanceOf(t, p.host(t, name))
		edge := p.edge(t).Name
		if out, err := exec.Command("podman", "rm", "--force", "--time=0", "hk-"+id).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if name != edge {
			eventually(t, 30*time.Second, func() error { _, _, err := ping(p.url(t)); return err })
		}
		log := p.eventLog(t)
		p.run(t, 5*time.Minute, "make", "up", "ARGS=--event-log="+log)
		for _, change := range changes(t, log) {
			if change.Type == instanceType {
				made = true
				if change.name() != instance {
					t.Errorf("another instance is changed: %v", change)
				}
			}
		}
		if !made {
			t.Errorf("%s is not made anew", instance)
		}
		nodesAreReady(t, p, 3)
		newMatrix(t, p).isClean(t)
		p.run(t, time.Minute, "pulumi", "preview", "--expect-no-changes")
	}
}
