package cli

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// newClone returns a clone in a folder of its own, with a stack file.
func newClone(t *testing.T, stackFile string) *clone {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"Pulumi.yaml": "name: hello-kubernetes\n", "Pulumi.test.yaml": stackFile} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(filepath.Join(dir, ".sandbox", "bin"), 0o700); err != nil {
		t.Fatal(err)
	}
	return &clone{root: dir, cache: t.TempDir(), stack: "test", state: filepath.Join(dir, ".sandbox", "state")}
}

const committed = `# A comment.
config:
  aws:region: sandbox-1
  hello-kubernetes:adminCidrs:
    - 198.51.100.1/32
`

func TestForgetSecretsGivesTheCommittedFileBack(t *testing.T) {
	t.Parallel()
	const app = "  hello-kubernetes:app:\n    replicas: 4\n"
	c := newClone(t, committed+"  hello-kubernetes:sshPrivateKey:\n    secure: v1:abc\n"+app+
		"encryptionsalt: v1:def\nsecretsprovider: awskms://x\n")
	if err := c.forgetSecrets(); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(c.stackFile()); err != nil || string(got) != committed+app {
		t.Errorf("the file is (%v)\n%s\nwant\n%s", err, got, committed+app)
	}
}

func TestSecretsOfEveryLayoutAreTakenOut(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]string{
		"config:\n    hello-kubernetes:sshPrivateKey:\n        secure: v1:abc\n    a:b: c\n": "config:\n    a:b: c\n",
		"config:\n  a:b: c\n  hello-kubernetes:sshPrivateKey: {secure: v1:abc}\n":            "config:\n  a:b: c\n",
		"encryptedkey: abc\nconfig:\n  a:b:\n    c: d\n":                                     "config:\n  a:b:\n    c: d\n",
	} {
		if got := withoutSecrets(file); got != want {
			t.Errorf("of\n%s\nthere is\n%s\nwant\n%s", file, got, want)
		}
	}
}

// A clone may be in any folder.
func TestSSHWorksInAnyFolder(t *testing.T) {
	t.Parallel()
	c := newClone(t, committed)
	c.root = filepath.Join(c.root, `a b 'c' "d" %d`)
	if err := os.MkdirAll(c.path("bin"), 0o700); err != nil {
		t.Fatal(err)
	}
	config := c.sshConfig("Host worker-0\n  HostName 10.0.1.10\n")
	for name, text := range map[string]string{"bin/ssh": sshProgram, "ssh_config-test": config} {
		if err := os.WriteFile(c.path(name), []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	script := "export PULUMI_STACK=test PATH=" + quote(c.path("bin")) + `:"$PATH"; ssh -G worker-0`
	out, err := exec.CommandContext(t.Context(), "sh", "-c", script).CombinedOutput()
	for _, want := range []string{"hostname 10.0.1.10", "identityfile key-test", "userknownhostsfile known_hosts-test"} {
		if err != nil || !strings.Contains(string(out), want+"\n") {
			t.Errorf("%v: %q is not in\n%s", err, want, out)
		}
	}
}

func TestLocal(t *testing.T) {
	t.Parallel()
	onAWS := strings.Replace(committed, "sandbox-1", "us-east-1", 1)
	for text, want := range map[string]bool{committed: true, onAWS: false, "": false} {
		if got, err := newClone(t, text).local(); err != nil || got != want {
			t.Errorf("local is %v, %v for\n%s", got, err, text)
		}
	}
}

// A clone's own programs are no official ones, although its bin folder may be on $PATH.
func TestLookPath(t *testing.T) {
	own, other := filepath.Join(t.TempDir(), ".sandbox", "bin"), t.TempDir()
	for _, dir := range []string{own, other} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "pulumi"), []byte("#!/bin/sh\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", own+":"+other)
	if got := lookPath("pulumi"); got != filepath.Join(other, "pulumi") {
		t.Errorf("pulumi is %q", got)
	}
	t.Setenv("PATH", own)
	if got := lookPath("pulumi"); got != "" {
		t.Errorf("pulumi is %q, want none", got)
	}
}

// The lock of a process that is gone is removed.
func TestUnlock(t *testing.T) {
	t.Parallel()
	c := newClone(t, committed)
	gone := exec.Command("true")
	if err := gone.Run(); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(c.state, ".pulumi", "locks", "organization", "hello-kubernetes", "test")
	lock := filepath.Join(dir, "1.json")
	text := fmt.Sprintf(`{"pid": %d}`, gone.Process.Pid)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(lock, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := c.unlock(t.Context()); err != nil {
		t.Fatal(err)
	}
	if exists(lock) {
		t.Error("the lock is still there")
	}
}

func TestSymlinkAndLinkReplaceWhatIsThere(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{"a": "first", "b": "second one"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, make := range []func(string, string) error{symlink, link} {
		for _, target := range []string{"a", "b", "b"} {
			if err := make(filepath.Join(dir, target), filepath.Join(dir, "x")); err != nil {
				t.Fatal(err)
			}
			want, _ := os.ReadFile(filepath.Join(dir, target))
			if got, err := os.ReadFile(filepath.Join(dir, "x")); err != nil || string(got) != string(want) {
				t.Errorf("the content is %q, %v; want %q", got, err, want)
			}
		}
	}
}
