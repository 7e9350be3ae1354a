package e2e

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hello-kubernetes/sandbox/vpc"
)

// A matrix is all that may be asked of a stack's network: from each source, for each target and each of the ports.
type matrix struct {
	sources []source
	targets []target
	ports   []ports
	flows   []flow // what may pass
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
	name      string
	ends      []string   // likewise
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

// allowed tells whether packets should. The internet is every address: what may go there, and may come from there, may
// go from one host to another, too.
func (c cell) allowed(flows []flow) bool {
	may := func(from, to []string) bool {
		return slices.ContainsFunc(flows, func(f flow) bool {
			return slices.Contains(from, f.From) && slices.Contains(to, f.To) && f.contain(c.ports)
		})
	}
	internet := []string{"internet"}
	return may(c.source.ends, c.target.ends) || may(c.source.ends, internet) && may(internet, c.target.ends)
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
			if ports.Protocol != "tcp" {
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

// passes asks the whole network: what the stack's flows let pass gets through, and nothing else.
func passes(t *testing.T, p *project) {
	admin, stranger := vpc.Clients()[0], vpc.Clients()[1]
	p.set(t, "adminCidrs[1]", admin.String()+"/32")
	t.Cleanup(func() { // and then is none again
		p.run(t, time.Minute, "pulumi", "config", "rm", "--path", "adminCidrs[1]")
		p.up(t)
		newMatrix(t, p).isClean(t)
	})
	for _, change := range p.up(t) {
		if !strings.HasPrefix(change.Type, "aws:vpc/securityGroup") &&
			!strings.HasPrefix(change.Type, "hello-kubernetes:") {
			t.Errorf("another admin changes more than rules: %v", change)
		}
	}
	m := newMatrix(t, p, admin)
	answers := m.isClean(t)
	// Whatever the flows say: a stranger reaches nginx and nothing else.
	var reached []string
	for _, q := range answers {
		if q.open && q.source.address == stranger && q.ports != pathMTU {
			reached = append(reached, q.String())
		}
	}
	if want := fmt.Sprintf("stranger %v → %s 80/tcp", stranger, p.edge(t).Name); len(reached) != 1 ||
		reached[0] != want {
		t.Errorf("of a stranger %q get through, want %q only", reached, want)
	}
	t.Logf("%d questions were asked", len(answers))
}

func TestDifferences(t *testing.T) {
	t.Parallel()
	edge, worker := target{name: "e", ends: []string{"edge"}}, target{name: "w", ends: []string{"worker"}}
	admin := source{name: "admin", ends: []string{"internet", "admins"}}
	stranger := source{name: "stranger", ends: []string{"internet"}}
	flows := []flow{{"internet", "edge", port("tcp", 80)}, {"admins", "edge", ports{"tcp", 20, 29}}}
	var answers []*question
	for _, s := range []source{admin, stranger} {
		for _, to := range []target{edge, worker} {
			for _, n := range []int{22, 80} {
				open := to.name == "e" && s.name == "stranger" // too much at 22, and for the admin too little
				answers = append(answers, &question{cell: cell{s, to, port("tcp", n)}, open: open, how: "h"})
			}
		}
	}
	want := []string{
		"admin → e 22/tcp: want open, got closed (h)",
		"admin → e 80/tcp: want open, got closed (h)",
		"stranger → e 22/tcp: want closed, got open (h)",
	}
	if got := differences(answers, flows); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
