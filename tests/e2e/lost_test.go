package e2e

import (
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"
)

// lost terminates a host's instance behind Pulumi's back: it is replaced, and the others stay as they are.
func lost(name string) func(t *testing.T, p *project) {
	return func(t *testing.T, p *project) {
		machine := "hello-kubernetes-" + p.stack.name + "-" + name
		id, _ := instanceOf(t, p.host(t, name))
		if out, err := exec.Command("podman", "rm", "--force", "--time=0", "hk-"+id).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if name != p.stack.entrance() {
			eventually(t, 30*time.Second, func() error { _, _, err := ping(p.url(t)); return err })
		}
		out := p.run(t, 5*time.Minute, "make", "up")
		if !strings.Contains(out, "A machine is gone") {
			t.Errorf("make up does not say that %s is gone:\n%s", machine, tail(out))
		}
		for _, made := range regexp.MustCompile(`ec2:Instance (\S+) (created|replaced|updated)`).FindAllStringSubmatch(out, -1) {
			if made[1] != machine {
				t.Errorf("%s is %s", made[1], made[2])
			}
		}
		nodesAreReady(t, p, 3)
		newMatrix(t, p).isClean(t)
		p.run(t, time.Minute, "pulumi", "preview", "--expect-no-changes")
	}
}
