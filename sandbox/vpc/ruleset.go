package vpc

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
)

// reload returns a ruleset that takes the place of a table, whatever there was, in one transaction.
func reload(table, body string) string {
	return fmt.Sprintf("table ip %[1]s\ndelete table ip %[1]s\ntable ip %[1]s {\n%[2]s}\n", table, body)
}

// ruleset returns the router's: in the order in which a packet meets the chains.
//
// arrive sees addresses as they are on the link, forward sees private ones only: Elastic IPs are translated between
// those two, and after forward. A new packet must pass the egress rules of the link that it comes from and the
// ingress rules of the one that it goes to; with a NAT instance that happens twice, at the instance's link each time.
// So must the ICMP message of path MTU discovery, whatever connection it is about:
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/network_mtu.html
func (r *router) ruleset() string {
	var b strings.Builder
	b.WriteString(r.sets())
	chain(&b, "arrive", "filter hook prerouting priority raw; policy accept", r.arrive())
	chain(&b, "translate-destination", "nat hook prerouting priority dstnat; policy accept", []string{
		fmt.Sprintf("meta mark %d dnat to %s", resolverMark, ServiceAddress),
		fmt.Sprintf("meta mark %d dnat to %s", metadataMark, MetadataAddress),
		fmt.Sprintf("iifname %q dnat to ip daddr map @private", internet),
	})
	// Nobody needs the router itself; the answers are ICMP errors about traffic with the resolver and the metadata service.
	chain(&b, "input", "filter hook input priority filter; policy drop", []string{"ct state established,related accept"})
	chain(&b, "forward", "filter hook forward priority filter; policy drop", []string{
		"oifname @checked oifname . ip daddr != @guests drop",
		"icmp type destination-unreachable icmp code frag-needed goto groups", // an answer, but one that needs a rule
		"ct state invalid drop",
		"ct state established,related accept",
		fmt.Sprintf("oifname %q meta mark { %d, %d } accept", internet, resolverMark, metadataMark), // no security group filters them
		"goto groups",
	})
	var groups []string
	for _, u := range r.uplinks {
		groups = append(groups, fmt.Sprintf("iifname %q goto ingress", u.link))
	}
	chain(&b, "groups", "", append(groups, "iifname vmap @egress"))
	leave := []string{fmt.Sprintf("oifname %q ip saddr @public accept", internet)}
	snat := []string{
		fmt.Sprintf("meta mark %d snat to %s", resolverMark, r.uplinks[0].transit),
		fmt.Sprintf("meta mark %d snat to iifname map @asking", metadataMark), // by link: nobody asks as another
		fmt.Sprintf("oifname %q snat to ip saddr map @elastic", internet),
	}
	for _, u := range r.uplinks[1:] {
		leave = append(leave, fmt.Sprintf("oifname %q accept", u.link))
		snat = append(snat, fmt.Sprintf("oifname %q snat to %s", u.link, u.elastic[0]))
	}
	chain(&b, "ingress", "", []string{"oifname vmap @ingress", "drop"})
	chain(&b, "leave", "", append(leave, "goto ingress"))
	chain(&b, "translate-source", "nat hook postrouting priority srcnat; policy accept", snat)
	r.groupChains(&b)
	r.guestChains(&b)
	return reload("vpc", b.String())
}

// sets returns the router's sets and maps but the security groups'.
func (r *router) sets() string {
	var checked, guests, asking, ingress, egress, public, private, elastic []string
	for _, g := range r.guests {
		if g.SourceDestCheck {
			checked = append(checked, g.link)
			guests = append(guests, fmt.Sprintf("%s . %s", g.link, g.IP))
		}
		asking = append(asking, fmt.Sprintf("%s : %s", g.link, g.transit))
		ingress = append(ingress, fmt.Sprintf("%s : jump %[1]s-in", g.link))
		egress = append(egress, fmt.Sprintf("%s : jump %[1]s-out", g.link))
	}
	for _, a := range slices.SortedFunc(maps.Keys(r.public), netip.Addr.Compare) {
		public = append(public, a.String())
		elastic = append(elastic, fmt.Sprintf("%s : %s", a, r.public[a]))
		private = append(private, fmt.Sprintf("%s : %s", r.public[a], a))
	}
	var b strings.Builder
	set(&b, "set", "checked", "ifname", checked)
	set(&b, "set", "guests", "ifname . ipv4_addr", guests)
	set(&b, "map", "asking", "ifname : ipv4_addr", asking)
	set(&b, "set", "public", "ipv4_addr", public)
	set(&b, "map", "elastic", "ipv4_addr : ipv4_addr", elastic)
	set(&b, "map", "private", "ipv4_addr : ipv4_addr", private)
	set(&b, "map", "ingress", "ifname : verdict", ingress)
	set(&b, "map", "egress", "ifname : verdict", egress)
	return b.String()
}

// arrive returns the checks of what a link may bring: an instance its own address as the source, the internet nothing
// from or to a private address.
func (r *router) arrive() []string {
	rules := []string{"iifname @checked iifname . ip saddr != @guests drop"}
	for _, u := range r.uplinks {
		known := addresses(slices.Concat([]netip.Addr{u.transit}, u.elastic, u.asking))
		rules = append(rules,
			fmt.Sprintf("iifname %q ip daddr != { %s } drop", u.link, known),
			fmt.Sprintf("iifname %q ip saddr %s drop", u.link, r.vpc.CIDR),
			fmt.Sprintf("iifname %q accept", u.link))
	}
	rules = append(rules, fmt.Sprintf("ip daddr %s tcp dport 80 meta mark set %d", linkLocalMetadata, metadataMark))
	if r.vpc.DNSSupport {
		rules = append(rules, fmt.Sprintf("ip daddr { %s, %s } meta l4proto { tcp, udp } th dport 53 meta mark set %d",
			Resolver(r.vpc.CIDR), linkLocalResolver, resolverMark))
	}
	return rules
}

func addresses(all []netip.Addr) string {
	var texts []string
	for _, a := range all {
		texts = append(texts, a.String())
	}
	return strings.Join(texts, ", ")
}

// set writes a set, or a map; nft refuses an empty list of elements.
func set(b *strings.Builder, kind, name, typ string, elements []string) {
	fmt.Fprintf(b, "\t%s %s {\n\t\ttype %s\n", kind, name, typ)
	if len(elements) > 0 {
		fmt.Fprintf(b, "\t\telements = {\n\t\t\t%s\n\t\t}\n", strings.Join(elements, ",\n\t\t\t"))
	}
	b.WriteString("\t}\n")
}

// chain writes a chain; hook is empty for one that others jump to.
func chain(b *strings.Builder, name, hook string, rules []string) {
	fmt.Fprintf(b, "\tchain %s {\n", name)
	if hook != "" {
		fmt.Fprintf(b, "\t\ttype %s;\n", hook)
	}
	for _, rule := range rules {
		fmt.Fprintf(b, "\t\t%s\n", rule)
	}
	b.WriteString("\t}\n")
}
