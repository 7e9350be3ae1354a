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
	"slices"
	"strings"
	"sync"
	"testing"

	"hello-kubernetes/config"
	"hello-kubernetes/internal/layout"
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
	s, err := run(t.Context(), values, false)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// run runs the whole program, or lets it preview a new stack. Its error is what the program prints.
func run(ctx context.Context, values map[string]string, preview bool) (stack, error) {
	all := map[string]string{
		"aws:region":    "us-east-1",
		"adminCidrs":    `["203.0.113.7/32"]`,
		"sshPrivateKey": recorder.SSHKey(),
	}
	maps.Copy(all, values)
	environment := map[string]string{}
	for key, value := range all {
		if !strings.Contains(key, ":") {
			key = recorder.Project + ":" + key
		}
		environment[key] = value
	}
	recording, err := recorder.Execute(ctx, binary, environment, preview)
	if err != nil {
		return stack{}, err
	}
	c, err := config.Parse(projectFile, all)
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
	"other Kubernetes": {"kubernetesVersion": "1.36.1", "podCidr": "10.128.0.0/16", "serviceCidr": "10.112.0.0/16"},
	"all checks":       {"ignorePreflightErrors": `[]`},
	"no checks":        {"ignorePreflightErrors": `["all"]`},
	"image configured": {"amiId": "ami-0123456789abcdef0"},
	"several admins":   {"adminCidrs": `["203.0.113.7/32", "198.51.100.0/24", "2001:db8::/32"]`},
	"world as admin":   {"adminCidrs": `["0.0.0.0/0", "::/0"]`, "allowWorldAdmin": "true"},
	"site and app": {
		"proxy": `{"serverName": "hello.example.com"}`,
		"app":   `{"replicas": 6, "env": {}, "port": 8080, "nodePort": 31000}`,
	},
}

// recordings are the variants' recordings, each made when the first test asks for it. Tests only read them.
var recordings = func() map[string]func() (stack, error) {
	all := map[string]func() (stack, error){}
	for name, values := range variants {
		all[name] = sync.OnceValues(func() (stack, error) { return run(context.Background(), values, false) })
	}
	return all
}()

// private tells whether the edge has a host of its own.
func (s stack) private() bool { return s.config.Topology == config.Private }

// edge is the name of the host that is the edge.
func (s stack) edge() string {
	hosts := s.config.Hosts()
	return hosts[slices.IndexFunc(hosts, isEdge)].Name
}

// behind are the names of the hosts that are reached through the edge.
func (s stack) behind() []string {
	var names []string
	for _, host := range s.config.Hosts() {
		if !isEdge(host) {
			names = append(names, host.Name)
		}
	}
	return names
}

func isEdge(host config.Host) bool { return slices.Contains(host.Roles, layout.Edge) }

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
