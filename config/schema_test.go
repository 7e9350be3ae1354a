package config

import (
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// A property is all that Pulumi.yaml says about a key.
type property struct {
	Description string `yaml:"description"`
	Type        string `yaml:"type"`
	Secret      bool   `yaml:"secret"`
	Default     any    `yaml:"default"`
	Items       any    `yaml:"items"`
}

func schema(t *testing.T) map[string]property {
	t.Helper()
	var project struct {
		Config map[string]property `yaml:"config"`
	}
	if err := yaml.Unmarshal(projectFile, &project); err != nil {
		t.Fatal(err)
	}
	return project.Config
}

// Types and defaults of the schema, by the kind of the field that takes a key.
var (
	types = map[reflect.Kind]string{
		reflect.String: "string", reflect.Bool: "boolean", reflect.Int: "integer",
		reflect.Slice: "array", reflect.Struct: "object",
	}
	defaults = map[reflect.Kind]string{
		reflect.String: "string", reflect.Bool: "bool", reflect.Int: "int",
		reflect.Slice: "[]interface {}", reflect.Struct: "map[string]interface {}",
	}
)

func TestSchemaDescribesEveryField(t *testing.T) {
	t.Parallel()
	properties := schema(t)
	for field := range reflect.TypeFor[Config]().Fields() {
		key, kind := field.Tag.Get("json"), field.Type.Kind()
		if key == "-" || key == "aws:region" { // derived, and of another namespace
			continue
		}
		p, found := properties[key]
		delete(properties, key)
		switch {
		case !found:
			t.Errorf("%s has the key %q, which Pulumi.yaml does not have, or has another field", field.Name, key)
		case len(p.Description) < 10 || !strings.HasSuffix(p.Description, "."):
			t.Errorf("%s: the description is %q, want a sentence", key, p.Description)
		case p.Type != types[kind]:
			t.Errorf("%s: the schema's type is %q, the code's %s", key, p.Type, field.Type)
		case p.Default != nil && reflect.TypeOf(p.Default).String() != defaults[kind]:
			t.Errorf("%s: the default %v is no %s", key, p.Default, p.Type)
		case p.Secret != (key == "sshPrivateKey"):
			t.Errorf("%s: secret is %v", key, p.Secret)
		case p.Secret && p.Default != nil:
			t.Errorf("%s: Pulumi refuses a secret with a default", key)
		}
		if kind == reflect.Struct {
			checkFields(t, key, p, field.Type)
		}
	}
	for key := range properties {
		t.Errorf("%s: no field takes it", key)
	}
}

// checkFields checks that an object's default has every field of the code's and that its description names each.
func checkFields(t *testing.T, key string, p property, target reflect.Type) {
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

// keys returns every key that one can set, with the fields of objects as key.field.
func keys() []string {
	var all []string
	for field := range reflect.TypeFor[Config]().Fields() {
		key := field.Tag.Get("json")
		switch {
		case key == "-":
		case field.Type.Kind() == reflect.Struct:
			for inner := range field.Type.Fields() {
				all = append(all, key+"."+inner.Tag.Get("json"))
			}
		default:
			all = append(all, key)
		}
	}
	return all
}

func TestEveryKeyRefusesSomething(t *testing.T) {
	t.Parallel()
	refused := map[string]bool{}
	for _, p := range problems {
		refused[p.key] = true
	}
	for _, key := range keys() {
		if !refused[key] {
			t.Errorf("%s: no problem of TestConfigProblems is one of its values", key)
		}
	}
}

var (
	changesTable = regexp.MustCompile(`(?s)\n## What a change does\n.*?\n\|---\|---\|\n(.*?)\n\n`)
	quoted       = regexp.MustCompile("`([^`]*)`")
)

// Whoever changes a key of a running stack finds out beforehand what that does.
func TestDocsSayWhatAChangeOfEveryKeyDoes(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	table := changesTable.FindStringSubmatch(string(text))
	if table == nil {
		t.Fatal("docs/operations.md has no table under What a change does")
	}
	var rows []string
	for row := range strings.Lines(table[1]) {
		first, _, _ := strings.Cut(strings.TrimPrefix(row, "|"), "|")
		for _, key := range quoted.FindAllStringSubmatch(first, -1) {
			rows = append(rows, key[1])
		}
	}
	for _, key := range keys() {
		place := slices.Index(rows, key)
		if place < 0 {
			t.Errorf("docs/operations.md does not say what a change of %s does", key)
			continue
		}
		rows = slices.Delete(rows, place, place+1)
	}
	for _, key := range rows {
		t.Errorf("docs/operations.md says what a change of %s does, which is no key or has another row", key)
	}
}
