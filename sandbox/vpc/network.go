package vpc

import (
	"net"
	"net/netip"
)

// Network is everything of a region's network that the machine needs, and nothing that it may not have.
type Network struct {
	Prefix     string         // of the names of the namespaces, and of the machine's link
	Guarded    []netip.Prefix // the ranges of the VPCs; see Guard
	Namespaces []Namespace    // the machine's own first
	Cables     []Cable
}

// Namespace is how a network namespace is configured.
type Namespace struct {
	Name      string   // without the prefix; empty for the machine's own
	Shared    bool     // others configure it too: what the plan does not have stays
	Sysctls   []Sysctl // set before the namespace gets its name
	PerLink   []Sysctl // set before a link is up; %s in a key is the link's name
	Addresses []Address
	Routes    []Route
	Rules     []Rule
	Ruleset   string // for nft; empty for none
}

// Sysctl is a kernel setting, which is set once. Key is a path below /proc/sys/net.
type Sysctl struct{ Key, Value string }

// Address is an address of a link.
type Address struct {
	Link   string
	Prefix netip.Prefix
}

// Route leads to a range through a link, or nowhere if Link is empty.
type Route struct {
	Table uint32 // zero for the main one
	To    netip.Prefix
	Link  string
	Via   netip.Addr // the next router; invalid if the range is at the link itself
	From  netip.Addr // the source address of what the namespace itself sends; invalid for the link's
}

// Rule chooses a routing table for the packets that come from Link or have Mark.
type Rule struct {
	Priority int
	Link     string
	Mark     uint32
	Table    uint32
}

// Cable is a pair of links that are connected.
type Cable [2]End

// End is one link of a cable.
type End struct {
	Namespace string
	Link      string
	MAC       net.HardwareAddr // nil for any
}

// A new namespace may inherit the machine's values. The order matters: ip_forward resets other settings.
var (
	alone = []Sysctl{
		{"ipv6/conf/all/disable_ipv6", "1"},
		{"ipv6/conf/default/disable_ipv6", "1"},
		{"ipv4/conf/all/rp_filter", "0"},
		{"ipv4/conf/default/rp_filter", "0"},
	}
	instanceSysctls = append([]Sysctl{{"ipv4/ip_forward", "0"}}, alone...)
	forwarding      = append([]Sysctl{
		{"ipv4/ip_forward", "1"},
		{"ipv4/conf/all/send_redirects", "0"},
		{"ipv4/conf/default/send_redirects", "0"},
	}, alone...)
	// The internet drops what comes by a link to which its source address is not routed: nothing leaves a VPC but from
	// an Elastic IP.
	internetSysctls = append(forwarding[:len(forwarding):len(forwarding)], Sysctl{"ipv4/conf/default/rp_filter", "1"})
	// The router answers ARP for all addresses of the VPC, at once instead of after a random delay.
	routerLinks = []Sysctl{{"ipv4/conf/%s/proxy_arp", "1"}, {"ipv4/neigh/%s/proxy_delay", "0"}}
	// The machine does not forward what the sandbox sends, even if it forwards for others. For others to the sandbox it
	// does not either: rp_filter of the internet drops all that the machine did not send itself.
	hostLinks = []Sysctl{{"ipv4/conf/%s/forwarding", "0"}, {"ipv6/conf/%s/disable_ipv6", "1"}}
)

func single(a netip.Addr) netip.Prefix { return netip.PrefixFrom(a, a.BitLen()) }
