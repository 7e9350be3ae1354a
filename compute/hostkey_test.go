package compute

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"encoding/pem"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
	"gopkg.in/yaml.v3"

	"hello-kubernetes/tests/recorder"
)

// openSSH writes a private key in OpenSSH's format, which is another text each time.
func openSSH(t *testing.T, key any) string {
	t.Helper()
	block, err := ssh.MarshalPrivateKey(key, "")
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(block))
}

func TestHostKeysAreDerived(t *testing.T) {
	t.Parallel()
	_, one, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	two, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	for name, key := range map[string]any{"ed25519": one, "RSA": two} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			derive := func(host string) hostKey {
				derived, err := deriveHostKey(openSSH(t, key), host)
				if err != nil {
					t.Fatal(err)
				}
				return derived
			}
			first := derive("worker-0")
			if derive("worker-0") != first {
				t.Error("the same key, written again, gives another host key")
			}
			if derive("worker-1").public == first.public {
				t.Error("two hosts have one key")
			}
			signer, err := ssh.ParsePrivateKey([]byte(first.private))
			if err != nil {
				t.Fatal(err)
			}
			if public := strings.TrimSpace(string(ssh.MarshalAuthorizedKey(signer.PublicKey()))); public != first.public {
				t.Errorf("the halves differ: %s and %s", public, first.public)
			}
		})
	}
	if _, err := deriveHostKey("hunter2", "worker-0"); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("a key that is none: %v", err)
	}
}

func TestUserDataIsACloudConfig(t *testing.T) {
	t.Parallel()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	derived, err := deriveHostKey(openSSH(t, key), "worker-0")
	if err != nil {
		t.Fatal(err)
	}
	text := derived.userData()
	var config struct {
		Keys map[string]string `yaml:"ssh_keys"`
	}
	if err := yaml.Unmarshal([]byte(text), &config); err != nil || !strings.HasPrefix(text, "#cloud-config\n") {
		t.Fatalf("%v in\n%s", err, text)
	}
	if config.Keys["ed25519_private"] != derived.private || config.Keys["ed25519_public"] != derived.public {
		t.Errorf("the keys are not those of the host:\n%s", text)
	}
}

// A host takes its key at its first boot: if the same stack key and name gave another one, every host would be
// replaced.
func TestHostKeysStayTheSame(t *testing.T) {
	t.Parallel()
	derived, err := deriveHostKey(recorder.SSHKey(), "hello-kubernetes-test-worker-0")
	if err != nil {
		t.Fatal(err)
	}
	const want = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIH/chI0XAwq92i/kkGC1VnjT3mM6x0u1lWoNY7lt+lAf"
	if derived.public != want {
		t.Errorf("the key of a host was %s and is %s", want, derived.public)
	}
}
