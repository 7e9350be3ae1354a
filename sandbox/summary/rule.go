package summary

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
)

// Where a flow leads, in the order of the table.
const (
	inbound  = "in"
	inside   = "inside"
	outbound = "out"
)

const (
	internet = "internet"
	admins   = "admins"
)

// A flow is traffic that security-group rules let pass. Between two groups it needs a rule at each end.
type flow struct {
	direction, from, to string
	cidrs               []string // of the end outside, but for the internet
	protocol            string   // tcp, udp, icmp, or -1 for all
	firstPort, lastPort string   // for icmp: type and code; "" or "-1" for all
	reason              string
	sender, receiver    string // what happens to the rule at that end: an operation, or "" where there is none
}

// flows are the planned rules: one flow for all addresses of the admins, one for both ends of traffic between roles.
func (p *Plan) flows(all []change) []flow {
	var found []*flow
	for _, c := range all {
		token := string(c.urn.Type())
		if state := c.state(); state != nil && (token == ingressType || token == egressType) {
			found = merge(found, p.flow(state, token == egressType, c.op))
		}
	}
	flows := make([]flow, len(found))
	for i, f := range found {
		slices.Sort(f.cidrs)
		flows[i] = *f
	}
	ranks := []string{inbound, inside, outbound, "tcp", "udp", "icmp"}
	rank := func(name string) int { return slices.Index(ranks, name) }
	slices.SortStableFunc(flows, func(a, b flow) int {
		return cmp.Or(
			cmp.Compare(rank(a.direction), rank(b.direction)),
			-cmp.Compare(fmt.Sprint(a.from == internet), fmt.Sprint(b.from == internet)),
			strings.Compare(a.from, b.from), strings.Compare(a.to, b.to),
			cmp.Compare(rank(a.protocol), rank(b.protocol)), cmp.Compare(number(a.firstPort), number(b.firstPort)))
	})
	return flows
}

// flow reads one rule.
func (p *Plan) flow(state *State, egress bool, op string) flow {
	group := state.role("securityGroupId")
	peer, cidr := state.role("referencedSecurityGroupId"), ""
	direction := inside
	if peer == "" {
		cidr = cmp.Or(state.text("cidrIpv4"), state.text("cidrIpv6"), "an unknown address")
		peer = p.who(cidr)
		direction = inbound
		if egress {
			direction = outbound
		}
	}
	f := flow{
		direction: direction, from: peer, to: group, reason: state.text("description"),
		protocol: state.text("ipProtocol"), firstPort: state.text("fromPort"), lastPort: state.text("toPort"),
	}
	if egress {
		f.from, f.to, f.sender = group, peer, op
		f.reason = strings.TrimSuffix(f.reason, ", to "+f.to)
	} else {
		f.receiver = op
		f.reason = strings.TrimSuffix(f.reason, ", from "+f.from)
	}
	if cidr != "" && peer != internet && peer != cidr {
		f.cidrs = []string{cidr}
	}
	return f
}

// merge adds a flow to those it is one with.
func merge(found []*flow, f flow) []*flow {
	for _, other := range found {
		same := other.direction == f.direction && other.from == f.from && other.to == f.to && other.traffic() == f.traffic()
		switch {
		case !same:
		case f.direction == inside && f.sender != "" && other.sender == "":
			other.sender = f.sender
			return found
		case f.direction == inside && f.receiver != "" && other.receiver == "":
			other.receiver, other.reason = f.receiver, f.reason
			return found
		case f.direction != inside && other.sender == f.sender && other.receiver == f.receiver && other.reason == f.reason:
			other.cidrs = append(other.cidrs, f.cidrs...)
			return found
		}
	}
	return append(found, &f)
}

// role names the security group that an input refers to, by its resource's name.
func (s *State) role(key string) string {
	if needed := s.PropertyDependencies[key]; len(needed) > 0 {
		return short(needed[0])
	}
	return s.text(key)
}

// who names the owner of an address range: the internet, the admins, or the key of the configuration whose value it is.
// A range of nobody known is its own name.
func (p *Plan) who(cidr string) string {
	if prefix, err := netip.ParsePrefix(cidr); err == nil && prefix.Bits() == 0 {
		return internet
	}
	for _, key := range slices.Sorted(maps.Keys(p.Config)) {
		var cidrs []string
		name := key[strings.LastIndex(key, ":")+1:]
		switch err := json.Unmarshal([]byte(p.Config[key]), &cidrs); {
		case err == nil && name == "adminCidrs" && slices.Contains(cidrs, cidr):
			return admins
		case p.Config[key] == cidr:
			return name
		}
	}
	return cidr
}

// op is what happens to a flow's rules together.
func (f flow) op() string {
	if f.sender == "" || f.receiver == "" || f.sender == f.receiver {
		return cmp.Or(f.sender, f.receiver)
	}
	return updated
}

// halved tells whether only one end lets the flow pass, so that it does not.
func (f flow) halved() bool {
	there := func(op string) bool { return op != "" && op != deleted }
	return f.direction == inside && there(f.sender) != there(f.receiver)
}

// exposed tells whether anybody on the internet gets more than web pages and ICMP errors through a flow.
func (f flow) exposed() bool {
	web := f.protocol == "tcp" && f.firstPort == f.lastPort && (f.firstPort == "80" || f.firstPort == "443")
	return f.direction == inbound && f.from == internet && f.op() != deleted && !web && f.protocol != "icmp"
}
