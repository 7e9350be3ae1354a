package vpc

import (
	"fmt"
	"slices"
	"strings"

	"hello-kubernetes/sandbox/region"
)

// groupChains writes each security group of the VPC: the set of its instances' addresses, and a chain a direction.
func (r *router) groupChains(b *strings.Builder) {
	for _, id := range sorted(r.state.SecurityGroups) {
		if r.state.SecurityGroups[id].VPC != r.id {
			continue
		}
		var members, in, out []string
		for _, i := range sorted(r.state.Instances) {
			if instance := r.state.Instances[i]; slices.Contains(instance.Groups, id) {
				members = append(members, instance.IP.String())
			}
		}
		for _, i := range sorted(r.state.Rules) {
			rule := r.state.Rules[i]
			match, ok := r.match(rule)
			switch {
			case rule.Group != id || !ok:
			case rule.Egress:
				out = append(out, match+"goto leave"+comment(rule, i))
			default:
				in = append(in, match+"accept"+comment(rule, i))
			}
		}
		set(b, "set", id, "ipv4_addr", members)
		chain(b, id+"-in", "", in)
		chain(b, id+"-out", "", out)
	}
}

// guestChains writes what the verdict maps jump to: the groups of each instance. What none accepts is dropped.
func (r *router) guestChains(b *strings.Builder) {
	for _, g := range r.guests {
		for _, direction := range []string{"-in", "-out"} {
			var jumps []string
			for _, id := range slices.Sorted(slices.Values(g.Groups)) {
				if group := r.state.SecurityGroups[id]; group != nil && group.VPC == r.id {
					jumps = append(jumps, "jump "+id+direction)
				}
			}
			chain(b, g.link+direction, "", jumps)
		}
	}
}

// match returns what a rule matches, in nft's words; false if that is nothing, such as IPv6.
func (r *router) match(rule *region.Rule) (string, bool) {
	peer := "ip saddr "
	if rule.Egress {
		peer = "ip daddr "
	}
	switch group := r.state.SecurityGroups[rule.Peer]; {
	case group != nil && group.VPC == r.id:
		peer += "@" + rule.Peer + " "
	case rule.Peer != "" || !rule.CIDR.IsValid() || !rule.CIDR.Addr().Is4():
		return "", false
	case rule.CIDR.Bits() == 0:
		peer = ""
	default:
		peer += rule.CIDR.Masked().String() + " "
	}
	switch rule.Protocol {
	case "-1":
		return peer, true
	case "tcp", "udp":
		return peer + ports(rule), true
	case "icmp":
		return peer + icmp(rule), true
	}
	return "", false
}

func ports(rule *region.Rule) string {
	switch {
	case rule.FromPort <= 0 && (rule.ToPort < 0 || rule.ToPort == 65535):
		return "ip protocol " + rule.Protocol + " "
	case rule.FromPort == rule.ToPort:
		return fmt.Sprintf("%s dport %d ", rule.Protocol, rule.FromPort)
	}
	return fmt.Sprintf("%s dport %d-%d ", rule.Protocol, rule.FromPort, rule.ToPort)
}

func icmp(rule *region.Rule) string {
	switch {
	case rule.FromPort < 0:
		return "ip protocol icmp "
	case rule.ToPort < 0:
		return fmt.Sprintf("icmp type %d ", rule.FromPort)
	}
	return fmt.Sprintf("icmp type %d icmp code %d ", rule.FromPort, rule.ToPort)
}

// comment returns a rule's description, or its ID, as a comment: at most 128 bytes and no quotes, or nft refuses it.
func comment(rule *region.Rule, id string) string {
	text := strings.Map(func(c rune) rune {
		if c < ' ' || c > '~' || c == '"' || c == '\\' {
			return '?'
		}
		return c
	}, rule.Description)
	if text == "" {
		text = id
	}
	return fmt.Sprintf(" comment \"%s\"", text[:min(len(text), 127)])
}
