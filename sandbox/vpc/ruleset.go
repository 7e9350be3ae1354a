package vpc

import (
	"cmp"
	_ "embed"
	"fmt"
	"net/netip"
	"strings"
	"text/template"

	"hello-kubernetes/sandbox/region"
)

//go:embed internet.nft
var internetRuleset string

//go:embed router.nft
var routerText string

var routerTemplate = template.Must(template.New("router.nft").Parse(routerText))

// ruleset returns the router's rules for nft.
func (r *router) ruleset() string {
	var b strings.Builder
	err := routerTemplate.Execute(&b, struct {
		*router
		Resolver, LinkLocalResolver, LinkLocalMetadata netip.Addr
		ServiceAddress, MetadataAddress                netip.Addr
		ResolverMark, MetadataMark                     int
	}{
		r, Resolver(r.VPC.CIDR), linkLocalResolver, linkLocalMetadata, ServiceAddress, MetadataAddress,
		resolverMark, metadataMark,
	})
	if err != nil {
		panic(err) // the template names a field that is not there
	}
	return b.String()
}

// group is a security group of the VPC, with its rules as nft has them.
type group struct {
	ID      string
	In, Out []string
}

// Groups returns the security groups of the VPC.
func (r *router) Groups() []group {
	var all []group
	for id, g := range ordered(r.state.SecurityGroups) {
		if g.VPC != r.id {
			continue
		}
		one := group{ID: id}
		for i, rule := range ordered(r.state.Rules) {
			match, ok := r.match(rule)
			switch {
			case rule.Group != id || !ok:
			case rule.Egress:
				one.Out = append(one.Out, match+"goto leave"+comment(rule, i))
			default:
				one.In = append(one.In, match+"accept"+comment(rule, i))
			}
		}
		all = append(all, one)
	}
	return all
}

// match returns what a rule matches, as nft writes it. It returns false if that is nothing, such as IPv6.
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

// comment returns a rule's description, or its ID, as a comment. nft refuses quotes, and more than 128 bytes.
func comment(rule *region.Rule, id string) string {
	text := strings.Map(func(c rune) rune {
		if c < ' ' || c > '~' || c == '"' || c == '\\' {
			return '?'
		}
		return c
	}, cmp.Or(rule.Description, id))
	return fmt.Sprintf(" comment \"%s\"", text[:min(len(text), 127)])
}
