package e2e

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"
)

// A flow is traffic that may pass from one end to another, as the program's network component has it. The ends are the
// roles of hosts, internet, admins and mirror.
type flow struct {
	From string `json:"from"`
	To   string `json:"to"`
	ports
}

// ports are a range of a protocol's, or an ICMP message's type and code.
type ports struct {
	Protocol string `json:"protocol"` // tcp, udp or icmp
	First    int    `json:"firstPort"`
	Last     int    `json:"lastPort"`
}

func port(protocol string, number int) ports { return ports{protocol, number, number} }

func (p ports) String() string {
	switch {
	case p.Protocol == "icmp":
		return fmt.Sprintf("%d:%d/icmp", p.First, p.Last)
	case p.First == p.Last:
		return fmt.Sprintf("%d/%s", p.First, p.Protocol)
	}
	return fmt.Sprintf("%d-%d/%s", p.First, p.Last, p.Protocol)
}

func (p ports) contain(q ports) bool {
	if p.Protocol == "icmp" {
		return p == q
	}
	return p.Protocol == q.Protocol && p.First <= q.First && q.Last <= p.Last
}

// flows returns what the stack lets pass, from its state.
func (p *project) flows(t *testing.T) []flow {
	t.Helper()
	var state struct {
		Deployment struct {
			Resources []struct {
				Type   string `json:"type"`
				Inputs struct {
					Flows []flow `json:"flows"`
				} `json:"inputs"`
			} `json:"resources"`
		} `json:"deployment"`
	}
	if err := json.Unmarshal([]byte(p.run(t, time.Minute, "pulumi", "stack", "export")), &state); err != nil {
		t.Fatal(err)
	}
	for _, resource := range state.Deployment.Resources {
		if resource.Type == "hello-kubernetes:network:Network" && len(resource.Inputs.Flows) > 0 {
			return resource.Inputs.Flows
		}
	}
	t.Fatal("the state has no flows")
	return nil
}
