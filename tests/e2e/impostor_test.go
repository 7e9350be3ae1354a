package e2e

import (
	"fmt"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// impostor gives a host another key: to all who connect, it is then another host at that address. It is refused again
// and again, on the way to it and on the way through it, and nobody logs in to it.
func impostor(t *testing.T, p *project) {
	edge := p.edge(t).Name
	for _, tc := range []struct{ host, step string }{{"worker-0", "worker-0-prepare"}, {edge, "worker-1-prepare"}} {
		began := time.Now()
		restore := changeHostKey(t, p, tc.host)
		log, refused := p.eventLog(t), 0
		isRefused := func(e event) bool {
			d := e.Diagnostic
			return d != nil && strings.HasSuffix(d.URN, "::"+tc.step) && strings.Contains(d.Message, "failed: retrying")
		}
		stop := func(pid int) error {
			for _, e := range readEvents(t, log) {
				if isRefused(e) {
					refused++
				}
			}
			return syscall.Kill(-pid, syscall.SIGINT)
		}
		again := func(e event) bool { // the third time at least
			return isRefused(e) && !strings.Contains(e.Diagnostic.Message, " 1/") &&
				!strings.Contains(e.Diagnostic.Message, " 2/")
		}
		urn := "urn:pulumi:" + p.stack.name + "::hello-kubernetes::**::" + tc.step
		p.stopWhen(t, log, again, stop, "pulumi", "up", "--yes", "--skip-preview", "--replace", urn, "--event-log", log)
		if logins := loginsSince(t, p, tc.host, began); logins != "" || refused < 3 {
			t.Errorf("the impostor of %s was refused %d times and saw the logins %q", tc.host, refused, logins)
		}
		if _, err := p.try(time.Minute, "ssh", tc.host, "true"); err == nil {
			t.Errorf("ssh talks to the impostor of %s", tc.host)
		}
		restore()
		p.run(t, time.Minute, "ssh", tc.host, "true")
	}
	p.up(t)
	p.run(t, time.Minute, "pulumi", "preview", "--expect-no-changes")
}

// loginsSince returns what a host's SSH server says of logins that it let in.
func loginsSince(t *testing.T, p *project, host string, began time.Time) string {
	t.Helper()
	id, _ := instanceOf(t, p.host(t, host))
	script := fmt.Sprintf(
		"journalctl --unit=ssh --since=@%.6f --output=cat | grep Accepted || [ $? = 1 ]",
		float64(began.UnixMicro())/1e6,
	)
	out, err := exec.Command("podman", "exec", "hk-"+id, "sh", "-c", script).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return string(out)
}

// changeHostKey gives a host another key, and returns what gives it its own again.
func changeHostKey(t *testing.T, p *project, host string) (restore func()) {
	t.Helper()
	id, _ := instanceOf(t, p.host(t, host))
	run := func(script string) {
		const key = "key=/etc/ssh/ssh_host_ed25519_key; "
		if out, err := exec.Command("podman", "exec", "hk-"+id, "sh", "-c", key+script+" && systemctl reload ssh").CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	run(`mv $key $key.true && ssh-keygen -q -t ed25519 -N '' -f $key`)
	return func() { run(`mv $key.true $key`) }
}
