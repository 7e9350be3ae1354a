// Package program tests the whole program: it is compiled and run as pulumi up does, and all that it registers is
// recorded.
package program

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"hello-kubernetes/config"
	"hello-kubernetes/tests/recorder"
)

// root is the project's folder.
const root = "../.."

// binary is the compiled program.
var binary string

// projectFile is Pulumi.yaml.
var projectFile []byte

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "program-")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(dir)
		binary = filepath.Join(dir, "hello-kubernetes")
		build := exec.Command("go", "build", "-o", binary, ".")
		build.Dir = root
		if output, err := build.CombinedOutput(); err != nil {
			panic(fmt.Sprintf("%v\n%s", err, output))
		}
		if projectFile, err = os.ReadFile(filepath.Join(root, "Pulumi.yaml")); err != nil {
			panic(err)
		}
		return m.Run()
	}())
}

// A stack is the whole program's recording and the configuration that it ran with.
type stack struct {
	*recorder.Recording
	config *config.Config
}

// record runs the whole program with values over the shortest good configuration.
func record(t testing.TB, values map[string]string) stack {
	t.Helper()
	s, err := run(t.Context(), values)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func run(ctx context.Context, values map[string]string) (stack, error) {
	return execute(ctx, values, false)
}

func execute(ctx context.Context, values map[string]string, preview bool) (stack, error) {
	all := map[string]string{
		"aws:region":    "us-east-1",
		"adminCidrs":    `["203.0.113.7/32"]`,
		"sshPrivateKey": recorder.NewKey(),
	}
	maps.Copy(all, values)
	c, err := config.Parse(projectFile, all)
	if err != nil {
		return stack{}, err
	}
	environment := map[string]string{}
	for key, value := range all {
		if !strings.Contains(key, ":") {
			key = recorder.Project + ":" + key
		}
		environment[key] = value
	}
	recording, err := recorder.Execute(ctx, binary, environment, preview)
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
	"site and app": {
		"proxy": `{"serverName": "hello.example.com"}`,
		"app":   `{"replicas": 6, "env": {}, "port": 8080}`,
	},
}

// recordings are the variants' recordings, each made when the first test asks for it. Tests only read them.
var recordings = func() map[string]func() (stack, error) {
	all := map[string]func() (stack, error){}
	for name, values := range variants {
		all[name] = sync.OnceValues(func() (stack, error) { return run(context.Background(), values) })
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
