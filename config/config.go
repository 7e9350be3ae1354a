// Package config reads and checks the stack's configuration.
package config

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"gopkg.in/yaml.v3"

	"hello-kubernetes/internal/layout"
)

// Config is the stack's configuration, decoded and checked. A field's tag is its key. Pulumi.yaml describes the keys,
// all but aws:region: Pulumi lets a project describe no keys of other namespaces.
type Config struct {
	Region                string        `json:"aws:region"`
	AdminCIDRs            []string      `json:"adminCidrs"`
	AllowWorldAdmin       bool          `json:"allowWorldAdmin"`
	SSHPrivateKey         string        `json:"sshPrivateKey"` // a secret: hand it on only as a secret output
	SSHPublicKey          string        `json:"-"`             // derived, in authorized_keys format
	VPCCIDR               string        `json:"vpcCidr"`
	PublicSubnetCIDR      string        `json:"publicSubnetCidr"`
	PrivateSubnetCIDR     string        `json:"privateSubnetCidr"`
	Topology              string        `json:"topology"`
	NAT                   layout.NAT    `json:"nat"`
	Mirror                string        `json:"mirror"`
	KubernetesVersion     string        `json:"kubernetesVersion"`
	PodCIDR               string        `json:"podCidr"`
	ServiceCIDR           string        `json:"serviceCidr"`
	Edge                  HostConfig    `json:"edge"`
	ControlPlane          HostConfig    `json:"controlPlane"`
	Workers               WorkersConfig `json:"workers"`
	AMIID                 string        `json:"amiId"`
	IgnorePreflightErrors []string      `json:"ignorePreflightErrors"`
	App                   AppConfig     `json:"app"`
	Proxy                 ProxyConfig   `json:"proxy"`
}

// HostConfig is the value of edge and of controlPlane.
type HostConfig struct {
	InstanceType string `json:"instanceType"`
}

// WorkersConfig is the value of workers.
type WorkersConfig struct {
	Count        int    `json:"count"`
	InstanceType string `json:"instanceType"`
}

// AppConfig is the value of app.
type AppConfig struct {
	Image    string            `json:"image"`
	Replicas int               `json:"replicas"`
	Env      map[string]string `json:"env"`
	Port     int               `json:"port"`
	NodePort int               `json:"nodePort"`
}

// ProxyConfig is the value of proxy.
type ProxyConfig struct {
	ServerName string `json:"serverName"`
}

// Load reads the stack's configuration, with the defaults of projectFile, the text of Pulumi.yaml. Its error lists
// every problem, each with its key and the remedy.
func Load(ctx *pulumi.Context, projectFile []byte) (*Config, error) {
	var given map[string]string
	if err := json.Unmarshal([]byte(cmp.Or(os.Getenv(pulumi.EnvConfig), "{}")), &given); err != nil {
		return nil, fmt.Errorf("read the stack's configuration: %w", err)
	}
	values := map[string]string{}
	for key, value := range given {
		values[strings.TrimPrefix(key, ctx.Project()+":")] = value
	}
	return Parse(projectFile, values)
}

// Parse decodes and checks values: plain text for a string, an integer or a boolean, JSON for an array or an object.
// The program's own keys are without namespace, as in Pulumi.yaml; of other namespaces only aws:region counts. Its
// error is that of Load.
func Parse(projectFile []byte, values map[string]string) (*Config, error) {
	var project struct {
		Config map[string]struct {
			Default any `yaml:"default"`
		} `yaml:"config"`
	}
	if err := yaml.Unmarshal(projectFile, &project); err != nil {
		return nil, fmt.Errorf("read Pulumi.yaml: %w", err)
	}
	config := &Config{}
	var keys []string
	var problems []error
	undecoded := map[string]bool{}
	for field, target := range reflect.ValueOf(config).Elem().Fields() {
		key := field.Tag.Get("json")
		if key == "-" {
			continue
		}
		keys = append(keys, key)
		value, given := values[key]
		if err := decode(value, given, project.Config[key].Default, target); err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", key, err))
			undecoded[key] = true
		}
	}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if !slices.Contains(keys, key) && !strings.Contains(key, ":") {
			problems = append(problems,
				fmt.Errorf("%s: unknown key: remove it, or use one of %s", key, strings.Join(keys, ", ")))
		}
	}
	problems = append(problems, config.check(undecoded)...)
	return config, errors.Join(problems...)
}

// decode puts value, or the default, into target. Fields that an object leaves out keep their defaults.
func decode(value string, given bool, preset any, target reflect.Value) error {
	if !given && preset == nil {
		return errors.New("missing: set it with pulumi config set (README.md tells how)")
	}
	if given && target.Kind() == reflect.String {
		target.SetString(value)
		return nil
	}
	defaults, err := json.Marshal(preset)
	if err != nil {
		return fmt.Errorf("default: %w", err)
	}
	switch {
	case !given:
		value = string(defaults)
	case target.Kind() == reflect.Struct:
		if value, err = overlay(string(defaults), value); err != nil {
			return err
		}
	}
	return decodeStrictly(value, target.Addr().Interface())
}

// overlay returns the JSON object base with the fields of the object top in the place of its own. base has every field:
// the decoder would also take Count for count, and one of the two would be lost.
func overlay(base, top string) (string, error) {
	var fields, given map[string]json.RawMessage
	if err := errors.Join(decodeStrictly(base, &fields), decodeStrictly(top, &given)); err != nil {
		return "", err
	}
	if given == nil {
		return "", errors.New("want an object, not null")
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if _, known := fields[name]; !known {
			known := strings.Join(slices.Sorted(maps.Keys(fields)), ", ")
			return "", fmt.Errorf("unknown field %q: use %s", name, known)
		}
		fields[name] = given[name]
	}
	merged, err := json.Marshal(fields)
	return string(merged), err
}

// wanted says what a Go type is in YAML.
var wanted = map[reflect.Kind]string{
	reflect.Bool: "true or false", reflect.Int: "a whole number", reflect.String: "a string",
	reflect.Slice: "a list", reflect.Map: "an object", reflect.Struct: "an object",
}

// decodeStrictly decodes text into target and refuses unknown fields. Its errors name the wanted type.
func decodeStrictly(text string, target any) error {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(target)
	if err == nil && decoder.More() {
		err = errors.New("text after the value")
	}
	var mismatch *json.UnmarshalTypeError
	switch {
	case errors.As(err, &mismatch) && mismatch.Field != "":
		return fmt.Errorf("%s: want %s, not %s", mismatch.Field, wanted[mismatch.Type.Kind()], mismatch.Value)
	case errors.As(err, &mismatch):
		return fmt.Errorf("want %s, not %s", wanted[mismatch.Type.Kind()], mismatch.Value)
	case err != nil:
		return fmt.Errorf("malformed: %s", strings.TrimPrefix(err.Error(), "json: "))
	}
	return nil
}
