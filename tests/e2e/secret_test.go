package e2e

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// secrets looks for them where they must not be: in a detailed log of an up that runs every step's code, and in the
// state.
func secrets(t *testing.T, p *project) {
	p.set(t, "workers.count", "3")
	log := p.run(t, 5*time.Minute, "make", "up", "ARGS=-v=3 --logtostderr")
	leave(t, p)
	state := ""
	err := filepath.WalkDir(
		filepath.Join(p.dir, ".sandbox/state"),
		func(path string, entry os.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			data, err := os.ReadFile(path)
			state += string(data)
			return err
		},
	)
	if err != nil || state == "" {
		t.Fatalf("the state cannot be read: %v", err)
	}
	key, err := os.ReadFile(filepath.Join(p.dir, ".sandbox/key-"+p.stack.name))
	if err != nil {
		t.Fatal(err)
	}
	kubeconfig := p.run(t, time.Minute, "pulumi", "stack", "output", "kubeconfig", "--show-secrets")
	clientKey := regexp.MustCompile(`client-key-data: (\S+)`).FindStringSubmatch(kubeconfig)
	if clientKey == nil {
		t.Fatal("the kubeconfig has no key")
	}
	all := map[string]string{"the client key": clientKey[1][:64]}
	for i, line := range strings.Split(strings.TrimSpace(string(key)), "\n") {
		if i > 1 && !strings.HasPrefix(line, "-----") { // the first line of all keys is the same
			all["line "+line[:4]+"… of the SSH key"] = line
		}
	}
	token := regexp.MustCompile(`\b[a-z0-9]{6}\.[a-z0-9]{16}\b`)
	for place, text := range map[string]string{"the log": log, "the state": state} {
		for name, secret := range all {
			if strings.Contains(text, secret) {
				t.Errorf("%s is in %s", name, place)
			}
		}
		if strings.Contains(text, "PRIVATE KEY") || token.MatchString(text) {
			t.Errorf("a key or a token is in %s", place)
		}
	}
}
