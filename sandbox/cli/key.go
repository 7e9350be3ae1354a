package cli

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"os"

	"golang.org/x/crypto/ssh"
)

// newKey makes an SSH key in the format of OpenSSH, and keeps it in a file.
func newKey(path string) (string, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return "", err
	}
	block, err := ssh.MarshalPrivateKey(key, "")
	if err != nil {
		return "", err
	}
	text := pem.EncodeToMemory(block)
	if path == "" {
		return string(text), nil
	}
	return string(text), errors.Join(os.WriteFile(path, text, 0o600), os.Chmod(path, 0o600))
}
