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
	command.Env = append(os.Environ(), "STACK="+p.stack.name)
	command.WaitDelay = 10 * time.Second
	return command
}

// try runs a command in the project and returns all its output.
func (p *project) try(limit time.Duration, name string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	began := time.Now()
	var out bytes.Buffer
	command := p.command(ctx, name, args...)
	command.Stdout, command.Stderr = &out, &out
	err := command.Run()
	fmt.Fprintf(p.log, "$ %s %s\n%s[%.1f s, %v]\n", name, strings.Join(args, " "), out.String(), time.Since(began).Seconds(), err)
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

func (p *project) up(t *testing.T) string {
	t.Helper()
	return p.run(t, 3*time.Minute, "pulumi", "up", "--yes", "--skip-preview")
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

// A pod, as far as the tests look.
type pod struct {
	Metadata struct {
		Name              string `json:"name"`
		UID               string `json:"uid"`
		DeletionTimestamp string `json:"deletionTimestamp"`
	} `json:"metadata"`
	Spec struct {
		NodeName   string `json:"nodeName"`
		Containers []struct {
			Image string `json:"image"`
		} `json:"containers"`
	} `json:"spec"`
	Status struct {
		Conditions []condition `json:"conditions"`
		PodIP      netip.Addr  `json:"podIP"`
	} `json:"status"`
}

type condition struct {
	Type   string `json:"type"`
	Status string `json:"status"`
}

func ready(conditions []condition) bool {
	for _, c := range conditions {
		if c.Type == "Ready" {
			return c.Status == "True"
		}
	}
	return false
}

// readyPods returns the app's pods that are ready and stay.
func (p *project) readyPods(t *testing.T) []pod {
	t.Helper()
	var list struct {
		Items []pod `json:"items"`
	}
	p.kubectl(t, &list, "get", "pods", "--namespace=hello-hapi", "--selector=app=hello-hapi")
	var all []pod
	for _, pod := range list.Items {
		if ready(pod.Status.Conditions) && pod.Metadata.DeletionTimestamp == "" {
			all = append(all, pod)
		}
	}
	return all
}

func (p *project) url(t *testing.T) string {
	t.Helper()
	return strings.TrimSpace(p.run(t, time.Minute, "pulumi", "stack", "output", "url"))
}

// A host is a machine of the stack, as its output tells.
type host struct {
	Name         string     `json:"name"`
	Role         string     `json:"role"` // control-plane, worker, and in a private topology edge, which is no node
	InstanceType string     `json:"instanceType"`
	PrivateIP    netip.Addr `json:"privateIp"`
	PublicIP     string     `json:"publicIp"` // empty for none
}

func (p *project) hosts(t *testing.T) []host {
	t.Helper()
	var all []host
	out := p.run(t, time.Minute, "pulumi", "stack", "output", "nodes", "--json")
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

// entrance is the role of the host that the internet reaches, and that logins to others pass through.
func (s stack) entrance() string {
	if s.topology == "private" {
		return "edge"
	}
	return "control-plane"
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
	for _, host := range slices.Compact([]string{p.stack.entrance(), "control-plane", "worker-0", "worker-1"}) {
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
