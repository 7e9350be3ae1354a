package cli

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"os"
	"strings"

	"golang.org/x/crypto/ssh"
)

// keyName is what the stack's key has before it in the stack file.
const keyName = "hello-kubernetes:sshPrivateKey:"

// setUp makes the stack, with a key of its own, where they are not there yet.
func (c *clone) setUp(ctx context.Context) error {
	states, err := c.checkpoints()
	if err != nil {
		return err
	}
	if states[c.stack] == nil {
		// An earlier stack of this name has left its key, encrypted with a passphrase that may be gone.
		if err := c.forgetSecrets(); err != nil {
			return err
		}
		if _, err := c.ask(ctx, "", "stack", "init", c.stack, "--no-select"); err != nil {
			return err
		}
	}
	file, err := os.ReadFile(c.stackFile())
	if err != nil || strings.Contains(string(file), keyName) {
		return err
	}
	key, err := newKey()
	if err != nil {
		return err
	}
	if err := os.WriteFile(c.path("key-"+c.stack), key, 0o600); err != nil {
		return err
	}
	return c.setKey(ctx, key)
}

// setKey makes a key the stack's.
func (c *clone) setKey(ctx context.Context, key []byte, options ...string) error {
	args := append([]string{"config", "set", "--secret", "sshPrivateKey", "--stack", c.stack}, options...)
	_, err := c.ask(ctx, string(key), args...)
	return err
}

// newKey makes an SSH key in the format of OpenSSH.
func newKey() ([]byte, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	block, err := ssh.MarshalPrivateKey(key, "")
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(block), nil
}

// forgetSecrets takes out of the stack file what pulumi put into it for this clone alone, so that it is again as it was
// committed.
func (c *clone) forgetSecrets() error {
	file, err := os.ReadFile(c.stackFile())
	if err != nil {
		return err
	}
	if kept := withoutSecrets(string(file)); kept != string(file) {
		return os.WriteFile(c.stackFile(), []byte(kept), 0o644)
	}
	return nil
}

// withoutSecrets is a stack file without what only its owners can decrypt: the stack's key, and how it is encrypted.
func withoutSecrets(file string) string {
	var kept strings.Builder
	keyIndent := -1 // of the key's name, while its lines follow: they are indented deeper
	for line := range strings.Lines(file) {
		text := strings.TrimLeft(line, " ")
		indent := len(line) - len(text)
		if indent <= keyIndent {
			keyIndent = -1
		}
		name, _, _ := strings.Cut(line, ":")
		switch {
		case strings.HasPrefix(text, keyName):
			keyIndent = indent
		case keyIndent >= 0:
		case name == "encryptionsalt", name == "encryptedkey", name == "secretsprovider":
		default:
			kept.WriteString(line)
		}
	}
	return kept.String()
}
