package config

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"gopkg.in/yaml.v3"

	"hello-kubernetes/tests/recorder"
)

const namespace = recorder.Project + ":"

// stackFile reads a stack file as Pulumi hands it to the program: plain text for scalars, JSON for the rest. Encrypted values
// become a key, as the only secret is one.
func stackFile(t *testing.T, path string) map[string]string {
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
	values := map[string]string{}
	for key, value := range file.Config {
		if object, ok := value.(map[string]any); ok && object["secure"] != nil {
			value = privateKey()
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

// stackConfig returns the program's keys of a stack file as Parse takes them, with a private key.
func stackConfig(t *testing.T, name string) map[string]string {
	t.Helper()
	values := map[string]string{"sshPrivateKey": privateKey()}
	for key, value := range stackFile(t, "../Pulumi."+name+".yaml") {
		if name, own := strings.CutPrefix(key, namespace); own {
			values[name] = value
		}
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
			for key := range stackFile(t, path) {
				if !strings.HasPrefix(key, namespace) && key != "aws:region" {
					t.Errorf("%s: the program reads no such key", key)
				}
			}
			if stackFile(t, path)["aws:region"] == "" {
				t.Error("aws:region is missing")
			}
			name := strings.TrimSuffix(strings.TrimPrefix(path, "../Pulumi."), ".yaml")
			if _, err := Parse(projectFile, stackConfig(t, name)); err != nil {
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

// schemaProperty is all that the schema says about a key.
type schemaProperty struct {
	Description string `yaml:"description"`
	Type        string `yaml:"type"`
	Secret      bool   `yaml:"secret"`
	Default     any    `yaml:"default"`
	Items       any    `yaml:"items"`
}

func TestSchemaDescribesEveryKeyAndMatchesTheConfig(t *testing.T) {
	t.Parallel()
	var project struct {
		Config map[string]schemaProperty `yaml:"config"`
	}
	if err := yaml.Unmarshal(projectFile, &project); err != nil {
		t.Fatal(err)
	}
	targets := (&Config{}).targets()
	if schema, code := slices.Sorted(maps.Keys(project.Config)), slices.Sorted(maps.Keys(targets)); !slices.Equal(schema, code) {
		t.Errorf("the schema has the keys\n%q, the code\n%q", schema, code)
	}
	types := map[reflect.Kind]string{
		reflect.String: "string", reflect.Bool: "boolean", reflect.Int: "integer", reflect.Slice: "array", reflect.Struct: "object",
	}
	defaults := map[string]string{ // in JSON, of the type that the schema says
		"string": "string", "boolean": "bool", "integer": "int", "array": "[]interface {}", "object": "map[string]interface {}",
	}
	for key, p := range project.Config {
		if targets[key] == nil {
			continue // reported above
		}
		if len(p.Description) < 10 || !strings.HasSuffix(p.Description, ".") {
			t.Errorf("%s: the description is %q, want a sentence", key, p.Description)
		}
		target := reflect.TypeOf(targets[key]).Elem()
		if p.Type != types[target.Kind()] {
			t.Errorf("%s: the schema's type is %q, the code's %s", key, p.Type, target)
		}
		if p.Default != nil && reflect.TypeOf(p.Default).String() != defaults[p.Type] {
			t.Errorf("%s: the default %v is no %s", key, p.Default, p.Type)
		}
		if p.Secret && p.Default != nil {
			t.Errorf("%s: Pulumi refuses a secret with a default", key)
		}
		if p.Secret != (key == "sshPrivateKey") {
			t.Errorf("%s: secret is %v", key, p.Secret)
		}
		if target.Kind() == reflect.Struct {
			checkFields(t, key, p, target)
		}
	}
}

// checkFields checks that an object's default has every field of the code's and that its description names each.
func checkFields(t *testing.T, key string, p schemaProperty, target reflect.Type) {
	t.Helper()
	preset, _ := p.Default.(map[string]any)
	for field := range target.Fields() {
		name := field.Tag.Get("json")
		if _, found := preset[name]; !found {
			t.Errorf("%s.%s has no default", key, name)
		}
		if !strings.Contains(p.Description, "`"+name+"`") {
			t.Errorf("%s: the description does not name `%s`", key, name)
		}
	}
	if len(preset) != target.NumField() {
		t.Errorf("%s: the default has %d fields, the code %d", key, len(preset), target.NumField())
	}
}

// A field of Config that no key leads to would keep its zero value for ever.
func TestEveryFieldOfTheConfigHasAKey(t *testing.T) {
	t.Parallel()
	c := &Config{}
	reached := map[uintptr]bool{}
	for _, target := range c.targets() {
		reached[reflect.ValueOf(target).Pointer()] = true
	}
	for i := range reflect.TypeFor[Config]().NumField() {
		field := reflect.TypeFor[Config]().Field(i)
		if !reached[reflect.ValueOf(c).Elem().Field(i).Addr().Pointer()] && field.Name != "SSHPublicKey" { // derived
			t.Errorf("no key leads to %s", field.Name)
		}
	}
}

// Pulumi hands the program every namespace; the environment belongs to the process, so this test runs alone.
func TestLoadReadsOnlyItsNamespace(t *testing.T) {
	values := map[string]string{"aws:region": "us-east-1", "hello-kubernetes-test:nat": "x"}
	for key, value := range goodConfig() {
		values[namespace+key] = value
	}
	text, err := json.Marshal(values)
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ env, want string }{
		{string(text), ""},
		{"", "sshPrivateKey: missing: set it (Pulumi.yaml describes it)"},
		{"{", "read the stack's configuration: unexpected end of JSON input"},
	} {
		t.Setenv(pulumi.EnvConfig, tc.env)
		var loaded error
		_, err = recorder.Run(nil, func(ctx *pulumi.Context) error {
			_, loaded = Load(ctx, projectFile)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if tc.want == "" && loaded != nil || tc.want != "" && (loaded == nil || !strings.Contains(loaded.Error(), tc.want)) {
			t.Errorf("with %q the error is %v, want %q", tc.env, loaded, tc.want)
		}
	}
}
