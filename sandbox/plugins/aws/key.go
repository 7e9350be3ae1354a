package aws

import (
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

func addKey(state *region.State, c call, in *keyProperties) (string, error) {
	key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(in.PublicKey))
	if err != nil {
		return "", fmt.Errorf("InvalidKey.Format: publicKey is no line of authorized_keys")
	}
	name := in.KeyName
	switch {
	case name == "" && in.KeyNamePrefix != "":
		name = in.KeyNamePrefix + randomHex(13)
	case name == "":
		name = c.name + "-" + randomHex(4)[:7]
	}
	if state.KeyPairs[name] != nil {
		return "", fmt.Errorf("InvalidKeyPair.Duplicate: the key pair %q already exists", name)
	}
	state.KeyPairs[name] = &region.KeyPair{
		ID: newID("key"), PublicKey: in.PublicKey, Prefix: in.KeyNamePrefix, Fingerprint: ssh.FingerprintSHA256(key), Type: key.Type(), Tags: c.tags,
	}
	return name, nil
}

func getKey(state *region.State, c call, id string) *keyProperties {
	k := state.KeyPairs[id]
	if k == nil {
		return nil
	}
	return &keyProperties{
		KeyName: id, KeyNamePrefix: k.Prefix, PublicKey: k.PublicKey, KeyPairID: k.ID, Fingerprint: k.Fingerprint,
		KeyType: k.Type, ARN: arn(c, "key-pair", id), tagged: tagsOf(k.Tags),
	}
}

func changeKey(state *region.State, c call, id string, _ *keyProperties) error {
	state.KeyPairs[id].Tags = c.tags
	return nil
}

func dropKey(state *region.State, id string) error {
	delete(state.KeyPairs, id)
	return nil
}
