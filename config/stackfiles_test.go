package config

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"gopkg.in/yaml.v3"

	"hello-kubernetes/tests/recorder"
)

const namespace = recorder.Project + ":"

// stackFile reads a stack file as Pulumi hands it to the program: plain text for scalars, JSON for the rest.
// Encrypted values become a key, as the only secret is one.
func stackFile(t *testing.T, path string) values {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Config          map[string]any `yaml:"config"`
		EncryptionSalt  string         `yaml:"encryptionsalt"`
		EncryptedKey    string         `yaml:"encryptedkey"`
		SecretsProvider string         `yaml:"secretsprovider"`
		Environment     any            `yaml:"environment"`
	}
	decoder := yaml.NewDecoder(strings.NewReader(string(text)))
	decoder.KnownFields(true)
	if err := decoder.Decode(&file); err != nil {
		t.Fatal(err)
	}
	values := values{}
	for key, value := range file.Config {
		if object, ok := value.(map[string]any); ok && object["secure"] != nil {
			value = recorder.SSHKey()
		}
		text, isText := value.(string)
		if !isText {
			encoded, err := json.Marshal(value)
			if err != nil {
				t.Fatal(err)
			}
			text = string(encoded)
		}
		values[key] = text
	}
	return values
}

// The committed stack files are what a newcomer starts from.
func TestStackFilesAreAccepted(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../Pulumi.*.yaml")
	if err != nil || len(files) < 3 {
		t.Fatalf("stack files are %q, %v: want local, dev and prod at least", files, err)
	}
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			values := values{"sshPrivateKey": recorder.SSHKey()}
			for key, value := range stackFile(t, path) {
				name, own := strings.CutPrefix(key, namespace)
				if !own && key != "aws:region" {
					t.Errorf("%s: the program reads no such key", key)
				}
				values[name] = value
			}
			if _, err := Parse(projectFile, values); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestStackFilesHoldNoSecretInTheClear(t *testing.T) {
	t.Parallel()
	files, _ := filepath.Glob("../Pulumi.*.yaml")
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil || strings.Contains(string(text), "PRIVATE KEY") {
			t.Errorf("%s: holds a private key, or %v", path, err)
		}
	}
}

// Pulumi hands the program every namespace; the environment belongs to the process, so this test runs alone.
func TestLoadReadsOnlyItsNamespaceAndTheRegion(t *testing.T) {
	text, err := json.Marshal(values{
		"aws:region": "eu-central-1", "aws:profile": "x", "hello-kubernetes-test:nat": "x",
		namespace + "adminCidrs": `["203.0.113.7/32"]`, namespace + "sshPrivateKey": recorder.SSHKey(),
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ env, want string }{
		{string(text), ""},
		{"", "sshPrivateKey: missing"},
		{"{", "read the stack's configuration"},
	} {
		t.Setenv(pulumi.EnvConfig, tc.env)
		var c *Config
		var loaded error
		_, err = recorder.Run(nil, func(ctx *pulumi.Context) error {
			c, loaded = Load(ctx, projectFile)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case tc.want == "" && (loaded != nil || c.Region != "eu-central-1" || c.NAT != "instance"):
			t.Errorf("the configuration is %+v, %v", c, loaded)
		case tc.want != "" && (loaded == nil || !strings.Contains(loaded.Error(), tc.want)):
			t.Errorf("with %q the error is %v, want %q", tc.env, loaded, tc.want)
		}
	}
}
