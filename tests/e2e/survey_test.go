package e2e

import (
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"hello-kubernetes/sandbox/vpc"
)

// newMatrix looks at the stack. The admins are clients of the internet; another one of them is a stranger.
func newMatrix(t *testing.T, p *project, admins ...netip.Addr) *matrix {
	t.Helper()
	m := &matrix{flows: p.flows(t)}
	internet := vpc.Path(vpc.InternetNamespace)
	for _, client := range vpc.Clients()[:2] {
		s := source{
			name:      "stranger " + client.String(),
			ends:      []string{"internet"},
			namespace: internet,
			address:   client,
		}
		if slices.Contains(admins, client) {
			s.name, s.ends = "admin "+client.String(), append(s.ends, "admins")
		}
		m.sources = append(m.sources, s)
	}
	m.targets = append(
		m.targets,
		target{name: "internet", ends: []string{"internet"}, namespace: internet, inside: vpc.ServiceAddress},
	)
	m.addHosts(t, p.hosts(t))
	m.addPod(t, p.readyPods(t)[0])
	nodePort, err := strconv.Atoi(strings.TrimSpace(p.run(t, time.Minute, "pulumi", "stack", "output", "nodePort")))
	if err != nil {
		t.Fatal(err)
	}
	m.choosePorts(nodePort)
	return m
}

func (m *matrix) addHosts(t *testing.T, hosts []host) {
	t.Helper()
	for _, h := range hosts {
		id, _ := instanceOf(t, h)
		namespace := vpc.Path(vpc.InstanceNamespace(id))
		to := target{name: h.Name, ends: h.Roles, namespace: namespace, inside: h.PrivateIP, outside: h.PrivateIP}
		if h.PublicIP != "" {
			to.outside = netip.MustParseAddr(h.PublicIP)
		}
		m.targets = append(m.targets, to)
		m.sources = append(m.sources, source{
			name: h.Name, ends: h.Roles, namespace: namespace, address: h.PrivateIP, host: h.Name,
		})
	}
}

// addPod adds a pod as a source. Its node's address is the one that its packets have on the way.
func (m *matrix) addPod(t *testing.T, pod pod) {
	t.Helper()
	files, _ := filepath.Glob("/proc/[0-9]*/cgroup")                // the pattern is a good one
	group := "pod" + strings.ReplaceAll(pod.Metadata.UID, "-", "_") // as systemd spells it
	for _, file := range files {
		if text, err := os.ReadFile(file); err == nil && strings.Contains(string(text), group) {
			m.sources = append(m.sources, source{
				name: "pod on " + pod.Spec.NodeName, ends: []string{"worker"}, namespace: filepath.Dir(file) + "/ns/net",
				address: pod.Status.PodIP, host: pod.Spec.NodeName, pod: true,
			})
			return
		}
	}
	t.Fatalf("no process on this machine is of the pod %s", pod.Metadata.UID)
}

// choosePorts chooses those of the flows, with what is just beside a range, and those that a cluster is known for.
func (m *matrix) choosePorts(nodePort int) {
	all := map[ports]bool{echo: true}
	for _, n := range []int{22, 80, 443, 2379, 2380, 4194, 6443, nodePort, 31111} {
		all[port("tcp", n)] = true
	}
	for n := 10248; n <= 10259; n++ {
		all[port("tcp", n)] = true
	}
	for _, n := range []int{53, 123, 8472} {
		all[port("udp", n)] = true
	}
	for _, f := range m.flows {
		switch {
		case f.Protocol == "icmp":
			all[f.ports] = true
		case f.First == f.Last:
			all[f.ports] = true
		default:
			for _, n := range []int{f.First - 1, f.First, f.Last, f.Last + 1} {
				all[port(f.Protocol, n)] = true
			}
		}
	}
	m.ports = slices.SortedFunc(maps.Keys(all), func(a, b ports) int { return strings.Compare(a.String(), b.String()) })
}
