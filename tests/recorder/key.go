package recorder

import (
	"crypto/ed25519"
	"encoding/pem"
	"sync"

	"golang.org/x/crypto/ssh"
)

// SSHKey returns the private key that all tests use, in OpenSSH's format. It is always the same key, so that tests can
// tell whether what the program derives from it stays the same.
var SSHKey = sync.OnceValue(func() string {
	block, err := ssh.MarshalPrivateKey(ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)), "")
	if err != nil {
		panic(err)
	}
	return string(pem.EncodeToMemory(block))
})
