package vpc

import (
	"net"
	"net/netip"
)

// Network is all that the machine needs, and nothing that it may not have.
type Network struct {
	Prefix     string         // of the namespaces' names, and of the link's on the machine
	Guarded    []netip.Prefix // nothing to these leaves the machine: the ranges of the VPCs
	Namespaces []Namespace    // by name, the machine's own first
	Cables     []Cable
}

// Namespace is the inside of a network namespace.
type Namespace struct {
	Name      string   // without prefix; empty for the machine's own
	Shared    bool     // others configure it too: what is not in the plan stays
	Sysctls   []Sysctl // set before the namespace gets its name
	PerLink   []Sysctl // set before a link is up; %s in a key is its name
	Addresses []Address
	Routes    []Route
	Rules     []Rule
	Ruleset   string // for nft; empty for none
}

// Sysctl is a setting that is made once. Key is a path below /proc/sys/net.
type Sysctl struct{ Key, Value string }

// Address is an address of a link.
type Address struct {
	Link   string
	Prefix netip.Prefix
}

// Route leads to a range: through a link, or nowhere if Link is empty.
type Route struct {
	Table uint32 // zero for the main one
	To    netip.Prefix
	Link  string
	Via   netip.Addr // zero if the range is on the link
	From  netip.Addr // source of what the namespace itself sends; zero for the link's
}

// Rule chooses a routing table: for packets that come from Link, or that bear Mark.
type Rule struct {
	Priority int
	Link     string
	Mark     uint32
	Table    uint32
}

// Cable is a pair of links.
type Cable [2]End

// End is one link of a cable.
type End struct {
	Namespace string
	Link      string
	MAC       net.HardwareAddr // nil for any
}

// The sysctls, in an order that matters: ip_forward resets others. A namespace may inherit the machine's values.
var (
	alone = []Sysctl{
		{"ipv6/conf/all/disable_ipv6", "1"},
		{"ipv6/conf/default/disable_ipv6", "1"},
		{"ipv4/conf/all/rp_filter", "0"},
		{"ipv4/conf/default/rp_filter", "0"},
	}
	guestSysctls = append([]Sysctl{{"ipv4/ip_forward", "0"}}, alone...)
	forwarding   = append([]Sysctl{
		{"ipv4/ip_forward", "1"},
		{"ipv4/conf/all/send_redirects", "0"},
		{"ipv4/conf/default/send_redirects", "0"},
	}, alone...)
	// An address that is not routed to a link may not send from it: nothing leaves a VPC but from its public addresses.
	internetSysctls = append(forwarding[:len(forwarding):len(forwarding)], Sysctl{"ipv4/conf/default/rp_filter", "1"})
	// The router answers for all addresses of the VPC, at once and not after the usual random delay.
	routerLinks = []Sysctl{{"ipv4/conf/%s/proxy_arp", "1"}, {"ipv4/neigh/%s/proxy_delay", "0"}}
	// The machine does not forward what the sandbox sends, even if it forwards otherwise. Nor does it forward to the
	// sandbox: the internet's source check lets in what the machine itself sends.
	hostLinks = []Sysctl{{"ipv4/conf/%s/forwarding", "0"}, {"ipv6/conf/%s/disable_ipv6", "1"}}
)

func single(a netip.Addr) netip.Prefix { return netip.PrefixFrom(a, a.BitLen()) }
