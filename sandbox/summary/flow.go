package summary

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
)

// networkType is the type of the program's component whose inputs tell who may reach what: its security-group rules
// follow from them.
const networkType = "hello-kubernetes:network:Network"

// A flow is traffic that may pass.
type flow struct {
	From      string `json:"from"` // a role, internet, admins or mirror
	To        string `json:"to"`   // likewise
	Protocol  string `json:"protocol"`
	FirstPort int    `json:"firstPort"` // for icmp: the type
	LastPort  int    `json:"lastPort"`  // for icmp: the code
	Reason    string `json:"reason"`
}

const (
	internet = "internet"
	admins   = "admins"
)

// flowsOf reads the flows of the network, none where there is no network. Each address range of the administrators has
// flows of its own, so that a new one shows; a range of all addresses is the internet.
func flowsOf(network *apitype.StepEventStateMetadata) ([]flow, error) {
	if network == nil {
		return nil, nil
	}
	encoded, err := json.Marshal(network.Inputs)
	if err != nil {
		return nil, err
	}
	var inputs struct {
		Flows      []flow         `json:"flows"`
		AdminCIDRs []netip.Prefix `json:"adminCidrs"`
	}
	if err := json.Unmarshal(encoded, &inputs); err != nil {
		return nil, fmt.Errorf("read the flows of the network: %w", err)
	}
	var flows []flow
	for _, f := range inputs.Flows {
		if f.From != admins {
			flows = append(flows, f)
			continue
		}
		for _, cidr := range inputs.AdminCIDRs {
			f.From = fmt.Sprintf("%s (%s)", admins, cidr)
			if cidr.Bits() == 0 {
				f.From = internet
			}
			flows = append(flows, f)
		}
	}
	return flows, nil
}

// without returns the flows that others have no equal of, whatever the reasons.
func without(flows, others []flow) []flow {
	return slices.DeleteFunc(slices.Clone(flows), func(f flow) bool {
		return slices.ContainsFunc(others, func(other flow) bool {
			other.Reason = f.Reason
			return f == other
		})
	})
}

// ports writes protocol and ports: 80/tcp, 30000-32767/tcp; for ICMP, type and code: 3:4/icmp.
func (f flow) ports() string {
	switch {
	case f.Protocol == "icmp":
		return fmt.Sprintf("%d:%d/icmp", f.FirstPort, f.LastPort)
	case f.FirstPort == f.LastPort:
		return fmt.Sprintf("%d/%s", f.FirstPort, f.Protocol)
	}
	return fmt.Sprintf("%d-%d/%s", f.FirstPort, f.LastPort, f.Protocol)
}

// exposed tells whether anybody on the internet gets more than web pages and ICMP errors.
func (f flow) exposed() bool {
	return f.From == internet && !slices.Contains([]string{"80/tcp", "443/tcp", "3:4/icmp"}, f.ports())
}

// rows writes flows as rows of a table, after the cells that all rows begin with.
func rows(flows []flow, first ...string) [][]string {
	var all [][]string
	for _, f := range flows {
		all = append(all, append(slices.Clone(first), cell(f.From), cell(f.To), f.ports(), cell(f.Reason)))
	}
	return all
}
