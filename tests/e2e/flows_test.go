package e2e

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A flow is a line of a table in docs/security.md: what may pass from one end to another. The ends are the roles of hosts,
// internet and admins.
type flow struct {
	from, to string
	ports
}

// ports are a range of a protocol's, or an ICMP message's type and code.
type ports struct {
	protocol    string // tcp, udp or icmp
	first, last int
}

func port(protocol string, number int) ports { return ports{protocol, number, number} }

func (p ports) String() string {
	switch {
	case p.protocol == "icmp":
		return fmt.Sprintf("%d:%d/icmp", p.first, p.last)
	case p.first == p.last:
		return fmt.Sprintf("%d/%s", p.first, p.protocol)
	}
	return fmt.Sprintf("%d-%d/%s", p.first, p.last, p.protocol)
}

func (p ports) contain(q ports) bool {
	if p.protocol == "icmp" {
		return p == q
	}
	return p.protocol == q.protocol && p.first <= q.first && q.last <= p.last
}

var flowLine = regexp.MustCompile(`^\| ([a-z-]+) \| ([a-z-]+) \| (?:(\d+)(?:-(\d+))?/(tcp|udp)|(\d+):(\d+)/(icmp)) \| .* \|$`)

// parseFlows reads the table of a topology.
func parseFlows(document, topology string) ([]flow, error) {
	_, rest, opened := strings.Cut(document, "<!-- flows "+topology+" -->\n")
	table, _, closed := strings.Cut(rest, "<!-- /flows "+topology+" -->\n")
	lines := strings.Split(strings.TrimSpace(table), "\n")
	if !opened || !closed || len(lines) < 3 {
		return nil, fmt.Errorf("there is no table of the flows of the %s topology", topology)
	}
	var flows []flow
	for _, line := range lines[2:] {
		match := flowLine.FindStringSubmatch(line)
		if match == nil {
			return nil, fmt.Errorf("%q is no flow", line)
		}
		first, last := match[3]+match[6], match[4]+match[7]
		if last == "" {
			last = first
		}
		f := flow{match[1], match[2], ports{protocol: match[5] + match[8]}}
		f.first, _ = strconv.Atoi(first) // digits
		f.last, _ = strconv.Atoi(last)
		flows = append(flows, f)
	}
	return flows, nil
}

func TestParseFlows(t *testing.T) {
	t.Parallel()
	const head = "text\n<!-- flows a -->\n| from | to | ports | reason |\n|---|---|---|---|\n"
	const tail = "<!-- /flows a -->\n| internet | worker | 1/tcp | of another part |\n"
	for _, tc := range []struct {
		name, lines string
		want        []flow // nil for an error
	}{
		{"a port", "| internet | edge | 80/tcp | r |\n", []flow{{"internet", "edge", ports{"tcp", 80, 80}}}},
		{"a range", "| edge | worker | 30000-32767/udp | r |\n", []flow{{"edge", "worker", ports{"udp", 30000, 32767}}}},
		{"a type and a code", "| worker | control-plane | 3:4/icmp | r |\n", []flow{{"worker", "control-plane", ports{"icmp", 3, 4}}}},
		{"none", "", nil},
		{"another protocol", "| worker | worker | 1/sctp | r |\n", nil},
		{"no port", "| worker | worker | icmp | r |\n", nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got, err := parseFlows(head+tc.lines+tail, "a")
			if !slices.Equal(got, tc.want) || (err == nil) != (tc.want != nil) {
				t.Errorf("got %v, %v, want %v", got, err, tc.want)
			}
		})
	}
	if _, err := parseFlows(head+tail, "b"); err == nil {
		t.Error("a topology without a table has flows")
	}
}
