// Package recorder runs a Pulumi program under mocks and keeps what it registered, for tests that ask about the whole
// of it: "every command has a timeout", "no worker waits for another".
package recorder

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Project and Stack are the names that programs run under.
const (
	Project = "hello-kubernetes"
	Stack   = "test"
)

// Types of the resources that tests ask for.
const (
	Command       = "command:remote:Command"
	Instance      = "aws:ec2/instance:Instance"
	SecurityGroup = "aws:ec2/securityGroup:SecurityGroup"
	IngressRule   = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
	EgressRule    = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
)

// A Recording is what one run of a program registered and looked up.
type Recording struct {
	Resources []*Resource // in the order of registration, without the stack's own
	Calls     []pulumi.MockCallArgs
	stdout    map[string]string
	mu        sync.Mutex
}

// A Resource is one registration: its inputs, with secrets marked, in RegisterRPC its options, and the ID that it got.
type Resource struct {
	pulumi.MockResourceArgs
	URN string
}

// Run runs program under mocks. A command prints stdout[its name], or "stdout of " and its name.
func Run(stdout map[string]string, program pulumi.RunFunc) (*Recording, error) {
	r := &Recording{stdout: stdout}
	return r, pulumi.RunErr(program, pulumi.WithMocks(Project, Stack, r))
}

// NewResource implements pulumi.MockResourceMonitor.
func (r *Recording) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	args.ID = IDOf(args.TypeToken, args.Name)
	outputs := r.outputs(args)
	for _, key := range args.RegisterRPC.GetAdditionalSecretOutputs() {
		if value, found := outputs[resource.PropertyKey(key)]; found {
			outputs[resource.PropertyKey(key)] = resource.MakeSecret(value)
		}
	}
	r.Resources = append(r.Resources, &Resource{args, urnOf(args.RegisterRPC.GetParent(), args.TypeToken, args.Name)})
	return args.ID, outputs, nil
}

// IDOf returns the ID of a resource, such as "hello-kubernetes-test-worker-0-instance".
func IDOf(kind, name string) string { return name + "-" + strings.ToLower(shortType(kind)) }

// shortType returns the last part of a type.
func shortType(kind string) string { return path.Base(strings.ReplaceAll(kind, ":", "/")) }

// urnOf returns the URN of a resource, as the engine makes it.
func urnOf(parent, kind, name string) string {
	var parentType tokens.Type
	if urn := resource.URN(parent); urn != "" && urn.QualifiedType() != resource.RootStackType {
		parentType = urn.QualifiedType()
	}
	return string(resource.NewURN(Stack, Project, parentType, tokens.Type(kind), name))
}

// Of returns the resources of one type.
func (r *Recording) Of(token string) []*Resource {
	var found []*Resource
	for _, res := range r.Resources {
		if res.TypeToken == token {
			found = append(found, res)
		}
	}
	return found
}

// Get returns the resource with a label.
func (r *Recording) Get(t testing.TB, label string) *Resource {
	t.Helper()
	i := slices.IndexFunc(r.Resources, func(res *Resource) bool { return res.Label() == label })
	if i < 0 {
		t.Fatalf("no resource %q", label)
	}
	return r.Resources[i]
}

// Label is how tests call the resource: a command by its name, any other by its short type and its name without that of
// project and stack, such as "Instance worker-0", or "Vpc" for the only one.
func (res *Resource) Label() string {
	if res.TypeToken == Command {
		return res.Name
	}
	name := strings.TrimPrefix(strings.TrimPrefix(res.Name, Project+"-"+Stack), "-")
	return strings.TrimSpace(shortType(res.TypeToken) + " " + name)
}

// Component tells whether the resource is only a parent of others.
func (res *Resource) Component() bool { return !res.Custom }

// Property returns the input at a path such as "tags.Name", without its marks as a secret. It is null when there is
// none.
func (res *Resource) Property(path string) resource.PropertyValue {
	value := resource.NewProperty(res.Inputs)
	for key := range strings.SplitSeq(path, ".") {
		if value = unwrap(value); !value.IsObject() {
			return resource.NewNullProperty()
		}
		value = value.ObjectValue()[resource.PropertyKey(key)]
	}
	return unwrap(value)
}

// Text returns the string at a path, or "".
func (res *Resource) Text(path string) string {
	if value := res.Property(path); value.IsString() {
		return value.StringValue()
	}
	return ""
}

// Texts returns the elements of the array at a path, as text.
func (res *Resource) Texts(path string) []string {
	var texts []string
	if array := res.Property(path); array.IsArray() {
		for _, value := range array.ArrayValue() {
			texts = append(texts, fmt.Sprint(unwrap(value).V))
		}
	}
	return texts
}

// Traffic is what a rule of a security group lets through, such as "tcp 80-80".
func (res *Resource) Traffic() string {
	return fmt.Sprintf("%s %v-%v", res.Text("ipProtocol"), res.Property("fromPort").V, res.Property("toPort").V)
}

func unwrap(value resource.PropertyValue) resource.PropertyValue {
	for value.IsSecret() {
		value = value.SecretValue().Element
	}
	return value
}
