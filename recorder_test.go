package main

import (
	"fmt"
	"maps"
	"sync"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"hello-kubernetes/config"
	"hello-kubernetes/tests/recorder"
)

// A stack is the whole program's recording and the configuration that it ran with.
type stack struct {
	*recorder.Recording
	config *config.Config
}

// stackOutputs is the label under which the stack's outputs are recorded, as inputs of a component.
const stackOutputs = "Outputs stack"

// record runs the whole program with values over the shortest good configuration.
func record(t testing.TB, values map[string]string) stack {
	t.Helper()
	s, err := run(values)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func run(values map[string]string) (stack, error) {
	all := map[string]string{
		"aws:region": "us-east-1", "adminCidrs": `["203.0.113.7/32"]`, "sshPrivateKey": recorder.NewKey(),
	}
	maps.Copy(all, values)
	c, err := config.Parse(projectFile, all)
	if err != nil {
		return stack{}, err
	}
	recording, err := recorder.Run(nil, func(ctx *pulumi.Context) error {
		outputs, err := deploy(ctx, c)
		if err != nil {
			return err
		}
		return ctx.RegisterComponentResourceV2("test:index:Outputs", "stack", outputs, &pulumi.ResourceState{})
	})
	return stack{recording, c}, err
}

// variants are configurations that take every branch of the program.
var variants = map[string]map[string]string{
	"defaults":         nil,
	"NAT gateway":      {"nat": "gateway"},
	"no NAT":           {"nat": "none", "mirror": "10.0.0.20"},
	"private":          {"topology": "private"},
	"private, gateway": {"topology": "private", "nat": "gateway", "edge": `{"instanceType": "t2.nano"}`},
	"private, no NAT":  {"topology": "private", "nat": "none", "mirror": "10.0.0.20"},
	"more workers":     {"workers": `{"count": 4, "instanceType": "t2.small"}`},
	"one worker":       {"workers": `{"count": 1}`},
	"image configured": {"amiId": "ami-0123456789abcdef0"},
	"several admins":   {"adminCidrs": `["203.0.113.7/32", "198.51.100.0/24", "2001:db8::/32"]`},
	"world as admin":   {"adminCidrs": `["0.0.0.0/0", "::/0"]`, "allowWorldAdmin": "true"},
	"site and app":     {"proxy": `{"serverName": "hello.example.com"}`, "app": `{"replicas": 6, "env": {}, "port": 8080}`},
}

// recordings are the variants' recordings, each made when the first test asks for it. Tests only read them.
var recordings = func() map[string]func() (stack, error) {
	all := map[string]func() (stack, error){}
	for name, values := range variants {
		all[name] = sync.OnceValues(func() (stack, error) { return run(values) })
	}
	return all
}()

// private tells whether the edge has a host of its own, and edge what host is the edge.
func (s stack) private() bool { return s.config.Topology == config.Private }

func (s stack) edge() string {
	if s.private() {
		return "edge"
	}
	return "control-plane"
}

// behind are the hosts that are reached through the edge.
func (s stack) behind() []string {
	var hosts []string
	if s.private() {
		hosts = append(hosts, "control-plane")
	}
	for i := range s.config.Workers.Count {
		hosts = append(hosts, fmt.Sprintf("worker-%d", i))
	}
	return hosts
}

// inEachVariant runs check against the whole program in each variant.
func inEachVariant(t *testing.T, check func(t *testing.T, s stack)) {
	t.Helper()
	t.Parallel()
	for name, recording := range recordings {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := recording()
			if err != nil {
				t.Fatal(err)
			}
			check(t, s)
		})
	}
}
