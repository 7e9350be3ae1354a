package e2e

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"hello-kubernetes/tests/sandbox/region"
	"hello-kubernetes/tests/sandbox/vpc"
)

// A matrix is all that may be asked of a stack's network: from each source, for each target and each of the ports.
type matrix struct {
	sources []source
	targets []target
	ports   []ports
	flows   []flow // what docs/security.md says
}

// A source is where packets come from.
type source struct {
	name      string
	ends      []string   // the ends of flows that it counts as
	namespace string     // a file
	address   netip.Addr // in it
	host      string     // that it is, or is on; empty for the internet
	pod       bool
}

// A target is a host, or the internet.
type target struct {
	name, end string
	namespace string     // a file
	inside    netip.Addr // for sources inside the VPC
	outside   netip.Addr // for the internet, which has no way to the other one
}

// A cell is one question of a matrix: do packets get from here to there?
type cell struct {
	source source
	target target
	ports
}

func (c cell) String() string {
	return fmt.Sprintf("%s → %s %v", c.source.name, c.target.name, c.ports)
}

// allowed tells whether packets should.
func (c cell) allowed(flows []flow) bool {
	return slices.ContainsFunc(flows, func(f flow) bool {
		return slices.Contains(c.source.ends, f.from) && f.to == c.target.end && f.contain(c.ports)
	})
}

var (
	echo    = ports{"icmp", 8, 0}
	pathMTU = ports{"icmp", 3, 4}
)

// newMatrix looks at the stack. The admins are clients of the internet; another one of them is a stranger.
func newMatrix(t *testing.T, p *project, admins ...netip.Addr) *matrix {
	t.Helper()
	document, err := os.ReadFile(filepath.Join(p.dir, "docs/security.md"))
	if err != nil {
		t.Fatal(err)
	}
	m := &matrix{}
	if m.flows, err = parseFlows(string(document), p.stack.topology); err != nil {
		t.Fatal(err)
	}
	internet := vpc.Path(vpc.InternetNamespace)
	for _, client := range vpc.Clients()[:2] {
		s := source{name: "a stranger", ends: []string{"internet"}, namespace: internet, address: client}
		if slices.Contains(admins, client) {
			s.name, s.ends = "an admin", append(s.ends, "admins")
		}
		m.sources = append(m.sources, s)
	}
	m.targets = append(m.targets, target{name: "internet", end: "internet", namespace: internet, inside: vpc.ServiceAddress})
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
	state, err := region.Open(region.Dir).Read()
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range hosts {
		namespace := ""
		for id, instance := range state.Instances {
			if instance.IP == h.PrivateIP {
				namespace = vpc.Path(vpc.InstanceNamespace(id))
			}
		}
		if namespace == "" {
			t.Fatalf("the region has no instance with the address of %+v", h)
		}
		to := target{name: h.Name, end: h.Role, namespace: namespace, inside: h.PrivateIP, outside: h.PrivateIP}
		if h.PublicIP != "" {
			to.outside = netip.MustParseAddr(h.PublicIP)
		}
		m.targets = append(m.targets, to)
		m.sources = append(m.sources, source{
			name: h.Name, ends: []string{h.Role}, namespace: namespace, address: h.PrivateIP, host: h.Name,
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
				name: "a pod on " + pod.Spec.NodeName, ends: []string{"worker"}, namespace: filepath.Dir(file) + "/ns/net",
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
		case f.protocol == "icmp":
			all[f.ports] = true
		case f.first == f.last:
			all[f.ports] = true
		default:
			for _, n := range []int{f.first - 1, f.first, f.last, f.last + 1} {
				all[port(f.protocol, n)] = true
			}
		}
	}
	m.ports = slices.SortedFunc(maps.Keys(all), func(a, b ports) int { return strings.Compare(a.String(), b.String()) })
}

// ask asks everything at once.
func (m *matrix) ask(t *testing.T) []*question {
	t.Helper()
	listeners := map[string]*listener{}
	for _, target := range m.targets {
		l, err := listen(target.namespace)
		if err != nil {
			t.Fatal(err)
		}
		defer l.close()
		listeners[target.name] = l
	}
	var all []*question
	var wait sync.WaitGroup
	errs := make([]error, len(m.sources))
	for i, source := range m.sources {
		v := visit{source: source, questions: m.questions(source)}
		all = append(all, v.questions...)
		wait.Go(func() { errs[i] = v.run() })
	}
	wait.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	for _, q := range all {
		switch {
		case q.mark != "" && listeners[q.target.name].hears(q.mark):
			q.open, q.how = true, "it arrives"
		case q.how == "":
			q.how = "silence"
		}
	}
	return all
}

func (m *matrix) questions(s source) []*question {
	var all []*question
	for _, target := range m.targets {
		to := target.inside
		if s.host == "" {
			to = target.outside
		}
		if !to.IsValid() || s.host == target.name {
			continue // the internet asks itself, or a host
		}
		for _, ports := range m.ports {
			if s.pod && ports == pathMTU {
				continue // kube-proxy forwards no message that is about no connection
			}
			q := &question{cell: cell{s, target, ports}, to: to}
			if ports.protocol != "tcp" {
				q.mark = newMark()
			}
			all = append(all, q)
		}
	}
	return all
}

// differences compares the answers with what they should be, a line for each that is not.
func differences(answers []*question, flows []flow) []string {
	says := map[bool]string{true: "open", false: "closed"}
	var all []string
	for _, q := range answers {
		if want := q.allowed(flows); q.open != want {
			all = append(all, fmt.Sprintf("%v: want %s, got %s (%s)", q.cell, says[want], says[q.open], q.how))
		}
	}
	return all
}

func (m *matrix) isClean(t *testing.T) []*question {
	t.Helper()
	answers := m.ask(t)
	for _, difference := range differences(answers, m.flows) {
		t.Error(difference)
	}
	return answers
}

// passes asks the whole network: what docs/security.md lets through passes, and nothing else.
func passes(t *testing.T, p *project) {
	admin := vpc.Clients()[0]
	p.set(t, "adminCidrs[1]", admin.String()+"/32")
	t.Cleanup(func() { // and then is none again
		p.run(t, time.Minute, "pulumi", "config", "rm", "--path", "adminCidrs[1]")
		p.up(t)
		newMatrix(t, p).isClean(t)
	})
	if out := p.up(t); strings.Contains(out, "replaced") || strings.Contains(out, "remote:Command") {
		t.Errorf("another admin changes more than rules:\n%s", tail(out))
	}
	m := newMatrix(t, p, admin)
	answers := m.isClean(t)
	// Said again, whatever the document says: a stranger reaches nginx and nothing else.
	var reached []string
	for _, q := range answers {
		if q.open && q.source.name == "a stranger" && q.ports != pathMTU {
			reached = append(reached, q.String())
		}
	}
	if want := "a stranger → " + p.stack.entrance() + " 80/tcp"; len(reached) != 1 || reached[0] != want {
		t.Errorf("a stranger gets through %q, want %q only", reached, want)
	}
	t.Logf("%d questions were asked", len(answers))
}
