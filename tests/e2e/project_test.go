package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"hello-kubernetes/sandbox/region"
)

// A project is a copy of the project that the tests run in, for one stack, and what they found on the machine before.
type project struct {
	dir    string
	stack  stack
	before machine
	tap    *tap
	log    *os.File // of all commands
}

const dirPrefix = "hello-kubernetes-e2e-"

// takeDownLastRun removes the region of an earlier run of these tests that was killed, and of no other owner.
func takeDownLastRun(t *testing.T) {
	t.Helper()
	owner, err := os.ReadFile(filepath.Join(region.Dir, "owner"))
	if err != nil || !strings.HasPrefix(filepath.Base(string(owner)), dirPrefix) {
		return
	}
	for _, stack := range stacks {
		down := exec.Command("make", "down", "STACK="+stack.name)
		down.Dir = string(owner)
		if out, err := down.CombinedOutput(); err != nil {
			t.Fatalf("the region of an earlier run, %s: %v\n%s", owner, err, tail(string(out)))
		}
	}
	if err := os.RemoveAll(string(owner)); err != nil {
		t.Fatal(err)
	}
}

// copyProject copies the files that git knows or would add, so that the tests leave the original as it is.
func copyProject(t *testing.T, stack stack) *project {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	takeDownLastRun(t)
	dir, err := os.MkdirTemp("", dirPrefix)
	if err != nil {
		t.Fatal(err)
	}
	copying := exec.Command("bash", "-c", `set -euo pipefail; git ls-files -z --cached --others --exclude-standard |
		while IFS= read -r -d '' f; do if [ -e "$f" ]; then printf '%s\0' "$f"; fi; done | tar --null -T - -c | tar -x -C "$0"`, dir)
	copying.Dir = root
	if out, err := copying.CombinedOutput(); err != nil {
		t.Fatalf("copy the project: %v\n%s", err, out)
	}
	log, err := os.Create(filepath.Join(dir, "commands.log"))
	if err != nil {
		t.Fatal(err)
	}
	p := &project{dir: dir, stack: stack, log: log, before: lookAround(t), tap: startTap(t)}
	t.Cleanup(func() {
		if *keepRegion {
			t.Logf("the region is up, the project is %s: eval \"$(make -s -C %[1]s env STACK=%[2]s)\"", dir, stack.name)
			return
		}
		p.try(5*time.Minute, "make", "down")
		if !t.Failed() {
			os.RemoveAll(dir)
		}
	})
	return p
}

// command is one of a shell with `eval "$(make -s env)"`: make, pulumi, kubectl and ssh are about the project's stack.
func (p *project) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	script := `eval "$(.sandbox/bin/sandbox env --stack "$STACK" 2>/dev/null)"; exec "$0" "$@"`
	command := exec.CommandContext(ctx, "bash", append([]string{"-c", script, name}, args...)...)
	command.Dir = p.dir
	command.Env = append(os.Environ(), "STACK="+p.stack.name, "PULUMI_DEBUG_COMMANDS=true") // which --event-log needs
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	// As with Ctrl-C, Pulumi then ends what it has begun and gives its lock back.
	command.Cancel = func() error { return syscall.Kill(-command.Process.Pid, syscall.SIGINT) }
	command.WaitDelay = 30 * time.Second
	return command
}

// killGroup ends a command with all that it has started.
func killGroup(command *exec.Cmd) { _ = syscall.Kill(-command.Process.Pid, syscall.SIGKILL) } // they may have ended

// try runs a command in the project and returns all its output.
func (p *project) try(limit time.Duration, name string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	began := time.Now()
	var out bytes.Buffer
	command := p.command(ctx, name, args...)
	command.Stdout, command.Stderr = &out, &out
	err := command.Run()
	if ctx.Err() != nil {
		killGroup(command)
	}
	fmt.Fprintf(
		p.log,
		"$ %s %s\n%s[%.1f s, %v]\n",
		name,
		strings.Join(args, " "),
		out.String(),
		time.Since(began).Seconds(),
		err,
	)
	if ctx.Err() != nil {
		err = fmt.Errorf("not done after %v", limit)
	}
	return out.String(), err
}

// run is try that must succeed.
func (p *project) run(t *testing.T, limit time.Duration, name string, args ...string) string {
	t.Helper()
	out, err := p.try(limit, name, args...)
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, tail(out))
	}
	return out
}

// stackFile returns the text of the stack's file.
func (p *project) stackFile(t *testing.T) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(p.dir, "Pulumi."+p.stack.name+".yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// repair brings the stack up with the stack file that it had before a scenario, whatever that has left.
func (p *project) repair(file []byte) error {
	if err := os.WriteFile(filepath.Join(p.dir, "Pulumi."+p.stack.name+".yaml"), file, 0o600); err != nil {
		return err
	}
	if out, err := p.try(10*time.Minute, "make", "up"); err != nil {
		return fmt.Errorf("make up: %w\n%s", err, tail(out))
	}
	return nil
}

func (p *project) set(t *testing.T, key, value string) {
	t.Helper()
	p.run(t, time.Minute, "pulumi", "config", "set", "--path", key, value)
}

// kubectl returns the answer of a kubectl command, which it decodes into result.
func (p *project) kubectl(t *testing.T, result any, args ...string) {
	t.Helper()
	out := p.run(t, time.Minute, "kubectl", append(args, "--output=json")...)
	if err := json.Unmarshal([]byte(out), result); err != nil {
		t.Fatalf("kubectl %s: %v\n%s", strings.Join(args, " "), err, tail(out))
	}
}

func (p *project) url(t *testing.T) string {
	t.Helper()
	return strings.TrimSpace(p.run(t, time.Minute, "pulumi", "stack", "output", "url"))
}

// A host is one of the stack's, as its output tells.
type host struct {
	Name         string     `json:"name"`
	Roles        []string   `json:"roles"`
	InstanceType string     `json:"instanceType"`
	PrivateIP    netip.Addr `json:"privateIp"`
	PublicIP     string     `json:"publicIp"` // empty for none
}

func (h host) is(role string) bool { return slices.Contains(h.Roles, role) }

func (p *project) hosts(t *testing.T) []host {
	t.Helper()
	var all []host
	out := p.run(t, time.Minute, "pulumi", "stack", "output", "hosts", "--json")
	if err := json.Unmarshal([]byte(out), &all); err != nil {
		t.Fatal(err)
	}
	return all
}

func (p *project) host(t *testing.T, name string) host {
	t.Helper()
	for _, h := range p.hosts(t) {
		if h.Name == name {
			return h
		}
	}
	t.Fatalf("the stack has no %s", name)
	return host{}
}

// edge is the host that the internet reaches, and that logins to others pass through.
func (p *project) edge(t *testing.T) host {
	t.Helper()
	hosts := p.hosts(t)
	return hosts[slices.IndexFunc(hosts, func(h host) bool { return h.is("edge") })]
}

var client = &http.Client{Timeout: 5 * time.Second}

// ping asks the app once.
func ping(url string) (header http.Header, body string, err error) {
	response, err := client.Get(url + "/ping")
	if err != nil {
		return nil, "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("the answer is %s: %s", response.Status, text)
	}
	return response.Header, string(text), err
}

// eventually waits until check finds nothing wrong.
func eventually(t *testing.T, limit time.Duration, check func() error) {
	t.Helper()
	deadline := time.After(limit)
	ticks := time.NewTicker(500 * time.Millisecond)
	defer ticks.Stop()
	for {
		err := check()
		if err == nil {
			return
		}
		select {
		case <-deadline:
			t.Fatalf("after %v: %v", limit, err)
		case <-ticks.C:
		}
	}
}

// keepEvidence writes down what may tell why a scenario failed.
func (p *project) keepEvidence(t *testing.T) {
	commands := [][]string{
		{"make", "status"},
		{"kubectl", "get", "nodes,pods,services", "--all-namespaces", "--output=wide"},
		{"kubectl", "get", "events", "--all-namespaces", "--sort-by=.lastTimestamp"},
		{"cat", "/var/lib/hello-kubernetes/internet.log"},
	}
	for _, host := range []string{"edge", "control-plane", "worker-0", "worker-1"} {
		commands = append(commands, []string{"ssh", host, "sudo journalctl --no-pager --lines=300"})
	}
	for _, command := range commands {
		_, _ = p.try(30*time.Second, command[0], command[1:]...) // whatever can be had
	}
	t.Logf("all commands and their output are in %s", p.log.Name())
}

func tail(text string) string {
	const most = 3000
	if len(text) > most {
		return "…" + text[len(text)-most:]
	}
	return text
}
