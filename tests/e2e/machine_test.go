package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// machine is what there is on this machine that the sandbox could leave behind, by kind.
type machine map[string][]string

// lookAround lists it.
func lookAround(t *testing.T) machine {
	t.Helper()
	list := func(name string, args ...string) []string {
		if _, err := exec.LookPath(name); err != nil {
			return nil // not installed before the first up
		}
		out, err := exec.Command(name, args...).Output()
		if err != nil {
			t.Fatalf("%s %s: %v", name, strings.Join(args, " "), err)
		}
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		return slices.DeleteFunc(lines, func(line string) bool { return line == "" })
	}
	m := machine{
		"containers": list("podman", "ps", "--all", "--filter=label=hello-kubernetes.sandbox=1", "--format={{.Names}}"),
		"volumes":    list("podman", "volume", "ls", "--filter=label=hello-kubernetes.sandbox=1", "--format={{.Name}}"),
		"routes":     list("ip", "-4", "route", "show", "table", "all"),
		"links":      list("ip", "-brief", "link"),
		"tables":     list("nft", "list", "tables"),
		"mounts":     list("awk", "{print $5, $(NF-2)}", "/proc/self/mountinfo"),
	}
	m["namespaces"], _ = filepath.Glob("/run/netns/*")
	for _, path := range []string{"/run/hello-kubernetes", "/var/lib/hello-kubernetes"} {
		if _, err := os.Stat(path); err == nil {
			m["folders"] = append(m["folders"], path)
		}
	}
	for i, link := range m["links"] {
		m["links"][i] = strings.Fields(link)[0]
	}
	return m
}

// processes lists those of a project.
func processes(dir string) []string {
	var all []string
	files, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, file := range files {
		text, err := os.ReadFile(file)
		words := strings.ReplaceAll(string(text), "\x00", " ")
		if err == nil &&
			(strings.Contains(words, dir+"/.sandbox") || strings.Contains(words, "/run/hello-kubernetes")) {
			all = append(all, words)
		}
	}
	return all
}

// downLeavesNothing: what was there before is there, and nothing else; and no packet has gone astray.
func downLeavesNothing(t *testing.T, p *project) {
	p.run(t, 5*time.Minute, "make", "down")
	after := lookAround(t)
	after["processes"] = processes(p.dir)
	for kind := range after {
		for _, one := range after[kind] {
			if !slices.Contains(p.before[kind], one) {
				t.Errorf("%s: %s is left behind", kind, one)
			}
		}
		for _, one := range p.before[kind] {
			if !slices.Contains(after[kind], one) && kind != "mounts" {
				t.Errorf("%s: %s is gone", kind, one)
			}
		}
	}
	p.tap.check(t)
	stack, err := os.ReadFile(filepath.Join(p.dir, "Pulumi."+p.stack.name+".yaml"))
	if err != nil || strings.Contains(string(stack), "secure:") || strings.Contains(string(stack), "encryptionsalt") {
		t.Errorf("the stack file keeps what was this stack's alone: %v\n%s", err, stack)
	}
	if out, err := p.try(time.Minute, "make", "status"); err != nil || !strings.Contains(out, "down") {
		t.Errorf("make status says %q, %v", out, err)
	}
}
