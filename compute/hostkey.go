package compute

import (
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"strings"

	"golang.org/x/crypto/ssh"
)

// A hostKey is the SSH key by which a host is known. It is installed at the first boot, and connections refuse any
// other.
type hostKey struct {
	private string // PKCS #8, in PEM
	public  string // as in known_hosts: type and key
}

// deriveHostKey makes a host's key of the stack's private SSH key and the host's name (HKDF, RFC 5869): whoever runs
// the program with the stack's key knows all hosts' keys, and nobody else does.
func deriveHostKey(stackKey, name string) (hostKey, error) {
	parsed, err := ssh.ParseRawPrivateKey([]byte(stackKey))
	if err != nil {
		return hostKey{}, fmt.Errorf("host key of %s: the SSH key is none: %w", name, err)
	}
	if key, ok := parsed.(*ed25519.PrivateKey); ok {
		parsed = *key
	}
	secret, err := x509.MarshalPKCS8PrivateKey(parsed) // the same however the key is written
	if err != nil {
		return hostKey{}, fmt.Errorf("host key of %s: %w", name, err)
	}
	seed, err := hkdf.Key(sha256.New, secret, nil, "hello-kubernetes SSH host key of "+name, ed25519.SeedSize)
	if err != nil {
		return hostKey{}, fmt.Errorf("host key of %s: %w", name, err)
	}
	private := ed25519.NewKeyFromSeed(seed)
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return hostKey{}, fmt.Errorf("host key of %s: %w", name, err)
	}
	public, err := ssh.NewPublicKey(private.Public())
	if err != nil {
		return hostKey{}, fmt.Errorf("host key of %s: %w", name, err)
	}
	return hostKey{
		private: string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})),
		public:  strings.TrimSpace(string(ssh.MarshalAuthorizedKey(public))),
	}, nil
}

// userData is the cloud-init configuration that gives a host its key at its first boot, and no other one:
// https://cloudinit.readthedocs.io/en/latest/reference/modules.html#ssh
func (k hostKey) userData() string {
	private := strings.ReplaceAll(strings.TrimSpace(k.private), "\n", "\n    ")
	return "#cloud-config\nssh_keys:\n  ed25519_private: |\n    " + private + "\n  ed25519_public: " + k.public + "\n"
}
