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

// Config is the stack's configuration, decoded and checked. Pulumi.yaml describes each key.
type Config struct {
	AdminCIDRs            []string
	AllowWorldAdmin       bool
	SSHPrivateKey         string // a secret: hand it on only as a secret output
	SSHPublicKey          string // derived, in authorized_keys format
	VPCCIDR               string
	PublicSubnetCIDR      string
	PrivateSubnetCIDR     string
	Topology              string
	NAT                   layout.NAT
	Mirror                string
	KubernetesVersion     string
	PodCIDR               string
	ServiceCIDR           string
	Edge                  EdgeConfig
	ControlPlane          ControlPlaneConfig
	Workers               WorkersConfig
	AMIID                 string
	IgnorePreflightErrors []string
	App                   AppConfig
	Proxy                 ProxyConfig
}

// EdgeConfig is the value of edge.
type EdgeConfig struct {
	InstanceType string `json:"instanceType"`
}

// ControlPlaneConfig is the value of controlPlane.
type ControlPlaneConfig struct {
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
}

// ProxyConfig is the value of proxy.
type ProxyConfig struct {
	ServerName string `json:"serverName"`
}

// Load reads the stack's configuration by the schema of projectFile, the text of Pulumi.yaml. Its error lists every problem,
// each with its key and the remedy.
func Load(ctx *pulumi.Context, projectFile []byte) (*Config, error) {
	values := map[string]string{}
	if err := json.Unmarshal([]byte(cmp.Or(os.Getenv(pulumi.EnvConfig), "{}")), &values); err != nil {
		return nil, fmt.Errorf("read the stack's configuration: %w", err)
	}
	own := map[string]string{}
	for key, value := range values {
		if name, found := strings.CutPrefix(key, ctx.Project()+":"); found {
			own[name] = value
		}
	}
	return Parse(projectFile, own)
}

// Parse decodes and checks values, keyed by name without namespace: plain text for a string, an integer or a boolean, JSON
// for an array or an object. Its error is that of Load.
func Parse(projectFile []byte, values map[string]string) (*Config, error) {
	schema, err := readSchema(projectFile)
	if err != nil {
		return nil, err
	}
	config := &Config{}
	targets := config.targets()
	var problems []error
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if _, known := schema[key]; !known {
			problems = append(problems, fmt.Errorf("%s: unknown key: remove it, or use one of %s", key,
				strings.Join(slices.Sorted(maps.Keys(schema)), ", ")))
		}
	}
	bad := map[string]bool{}
	for _, key := range slices.Sorted(maps.Keys(schema)) {
		value, given := values[key]
		if err := schema[key].decode(value, given, targets[key]); err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", key, err))
			bad[key] = true
		}
	}
	problems = append(problems, config.check(bad)...)
	return config, errors.Join(problems...)
}

// targets maps each key of the schema to the place of its value.
func (c *Config) targets() map[string]any {
	return map[string]any{
		"adminCidrs":            &c.AdminCIDRs,
		"allowWorldAdmin":       &c.AllowWorldAdmin,
		"sshPrivateKey":         &c.SSHPrivateKey,
		"vpcCidr":               &c.VPCCIDR,
		"publicSubnetCidr":      &c.PublicSubnetCIDR,
		"privateSubnetCidr":     &c.PrivateSubnetCIDR,
		"topology":              &c.Topology,
		"nat":                   (*string)(&c.NAT),
		"mirror":                &c.Mirror,
		"kubernetesVersion":     &c.KubernetesVersion,
		"podCidr":               &c.PodCIDR,
		"serviceCidr":           &c.ServiceCIDR,
		"edge":                  &c.Edge,
		"controlPlane":          &c.ControlPlane,
		"workers":               &c.Workers,
		"amiId":                 &c.AMIID,
		"ignorePreflightErrors": &c.IgnorePreflightErrors,
		"app":                   &c.App,
		"proxy":                 &c.Proxy,
	}
}

// A property is one key of the schema in Pulumi.yaml.
type property struct {
	Type    string `yaml:"type"`
	Default any    `yaml:"default"`
}

func readSchema(projectFile []byte) (map[string]property, error) {
	var project struct {
		Config map[string]property `yaml:"config"`
	}
	if err := yaml.Unmarshal(projectFile, &project); err != nil {
		return nil, fmt.Errorf("read Pulumi.yaml: %w", err)
	}
	return project.Config, nil
}

// decode puts value, or the default, into target. Fields that an object leaves out keep their defaults.
func (p property) decode(value string, given bool, target any) error {
	if !given && p.Default == nil {
		return errors.New("missing: set it (Pulumi.yaml describes it)")
	}
	if text, ok := target.(*string); ok {
		*text, _ = p.Default.(string)
		if given {
			*text = value
		}
		return nil
	}
	preset, err := json.Marshal(p.Default)
	if err != nil {
		return fmt.Errorf("default: %w", err)
	}
	switch {
	case !given:
		value = string(preset)
	case p.Type == "object":
		if value, err = overlay(string(preset), value); err != nil {
			return err
		}
	}
	return decodeStrictly(value, target)
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
			return "", fmt.Errorf("unknown field %q: use %s", name, strings.Join(slices.Sorted(maps.Keys(fields)), ", "))
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
