package e2e

import (
	"encoding/json"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// lostMachine: an instance that is terminated behind Pulumi's back is replaced, and the rest stays as it is.
func lostMachine(t *testing.T, p *project) {
	var state struct {
		Deployment struct {
			Resources []struct {
				URN string `json:"urn"`
				ID  string `json:"id"`
			} `json:"resources"`
		} `json:"deployment"`
	}
	if err := json.Unmarshal([]byte(p.run(t, time.Minute, "pulumi", "stack", "export")), &state); err != nil {
		t.Fatal(err)
	}
	id := ""
	for _, r := range state.Deployment.Resources {
		if strings.HasPrefix(r.ID, "i-") && strings.HasSuffix(r.URN, "worker-1") {
			id = r.ID
		}
	}
	if out, err := exec.Command("podman", "rm", "--force", "--time=0", "hk-"+id).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	eventually(t, 30*time.Second, func() error { _, _, err := ping(p.url(t)); return err })
	out := p.run(t, 5*time.Minute, "make", "up")
	if !strings.Contains(out, "A machine is gone") || strings.Contains(out, "control-plane replaced") {
		t.Errorf("make up after %s is gone:\n%s", id, tail(out))
	}
	nodesAreReady(t, p, 3)
	p.run(t, time.Minute, "pulumi", "preview", "--expect-no-changes")
}
