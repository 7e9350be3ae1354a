package aws

import (
	"cmp"
	"errors"
	"fmt"

	"golang.org/x/crypto/ssh"

	"hello-kubernetes/sandbox/region"
)

type keyProperties struct {
	KeyName       string `json:"keyName" aws:"computed,replace"`
	KeyNamePrefix string `json:"keyNamePrefix,omitempty" aws:"replace"`
	PublicKey     string `json:"publicKey" aws:"required,replace"`
	KeyPairID     string `json:"keyPairId" aws:"output"`
	Fingerprint   string `json:"fingerprint" aws:"output"`
	KeyType       string `json:"keyType" aws:"output"`
	ARN           string `json:"arn" aws:"output"`
	tagged
}

func addKey(state *region.State, c call, in *keyProperties) (string, *region.KeyPair, error) {
	key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(in.PublicKey))
	if err != nil {
		return "", nil, errors.New("InvalidKey.Format: publicKey is no line of authorized_keys")
	}
	generated := autoname(c)
	if in.KeyNamePrefix != "" {
		generated = in.KeyNamePrefix + randomHex(13)
	}
	name := cmp.Or(in.KeyName, generated)
	if state.KeyPairs[name] != nil {
		return "", nil, fmt.Errorf("InvalidKeyPair.Duplicate: the key pair %q already exists", name)
	}
	return name, &region.KeyPair{
		ID: newID("key"), PublicKey: in.PublicKey, Prefix: in.KeyNamePrefix,
		Fingerprint: ssh.FingerprintSHA256(key), Type: key.Type(),
	}, nil
}

func getKey(_ *region.State, c call, id string, k *region.KeyPair) *keyProperties {
	return &keyProperties{
		KeyName: id, KeyNamePrefix: k.Prefix, PublicKey: k.PublicKey, KeyPairID: k.ID, Fingerprint: k.Fingerprint,
		KeyType: k.Type, ARN: arn(c, "key-pair", id),
	}
}
