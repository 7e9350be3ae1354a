package recorder

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"sync"

	"golang.org/x/crypto/ssh"
)

// NewKey returns a private key in OpenSSH format, the same one for all tests of a run.
var NewKey = sync.OnceValue(func() string {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		panic(err)
	}
	block, err := ssh.MarshalPrivateKey(key, "")
	if err != nil {
		panic(err)
	}
	return string(pem.EncodeToMemory(block))
})
