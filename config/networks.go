package config

import (
	"fmt"
	"net/netip"
	"slices"

	"hello-kubernetes/internal/layout"
)

const (
	reservedByAWS = 5  // addresses of each subnet, see reserved
	nodePodBits   = 24 // the size of a node's part of the pods' network: the controller manager's default
)

// A block is a network of the configuration. Its prefix is valid only if the network has no problem by itself.
type block struct {
	key, text        string
	minBits, maxBits int
	prefix           netip.Prefix
}

// checkNetworks checks that every network is one, that the subnets lie in the VPC, that nothing else overlaps, that
// all hosts and nodes have room, and that the mirror has an address of its own.
func (c *Config) checkNetworks(report reporter) {
	vpc := block{key: "vpcCidr", text: c.VPCCIDR, minBits: 16, maxBits: 28}
	public := block{key: "publicSubnetCidr", text: c.PublicSubnetCIDR, minBits: 16, maxBits: 28}
	private := block{key: "privateSubnetCidr", text: c.PrivateSubnetCIDR, minBits: 16, maxBits: 28}
	pods := block{key: "podCidr", text: c.PodCIDR, minBits: 8, maxBits: nodePodBits - 1}
	services := block{key: "serviceCidr", text: c.ServiceCIDR, minBits: 12, maxBits: 24}
	blocks := []*block{&vpc, &public, &private, &pods, &services}
	for _, b := range blocks {
		b.parse(report)
	}
	for _, subnet := range []block{public, private} {
		if vpc.prefix.IsValid() && subnet.prefix.IsValid() && !subnet.inside(vpc) {
			report(subnet.key, "%s lies outside vpcCidr %s: choose a part of it", subnet.text, vpc.text)
		}
	}
	for i, a := range blocks {
		for _, b := range blocks[i+1:] {
			nested := a == &vpc && (b == &public || b == &private)
			if a.prefix.IsValid() && b.prefix.IsValid() && !nested && a.prefix.Overlaps(b.prefix) {
				report(b.key, "%s overlaps %s %s: choose another network", b.text, a.key, a.text)
			}
		}
	}
	if c.Workers.Count <= maxWorkers { // else there are too many to list
		c.checkRoom(private, pods, report)
	}
	c.checkMirror(vpc.prefix, public.prefix, private.prefix, report)
}

// checkRoom checks that the private subnet has an address for every host in it, and the pods' network a part for
// every node.
func (c *Config) checkRoom(private, pods block, report reporter) {
	var hosts, nodes int
	for _, host := range c.Hosts() {
		if !host.Public {
			hosts++
		}
		if slices.Contains(host.Roles, layout.ControlPlane) || slices.Contains(host.Roles, layout.Worker) {
			nodes++
		}
	}
	private.room(32, reservedByAWS, hosts, "hosts", report)
	pods.room(nodePodBits, 0, nodes, "nodes", report)
}

// checkTopology checks where the nodes are, and how the private subnet reaches the internet.
func (c *Config) checkTopology(report reporter) {
	if !slices.Contains([]string{Public, Private}, c.Topology) {
		report("topology", "%q is unknown: use public or private", c.Topology)
	}
	if !slices.Contains([]layout.NAT{layout.NATInstance, layout.NATGateway, layout.NATNone}, c.NAT) {
		report("nat", "%q is unknown: use instance, gateway or none", c.NAT)
	}
}

// checkMirror checks that there is a mirror where it is needed, at an address of the VPC that is nobody else's.
func (c *Config) checkMirror(vpc, public, private netip.Prefix, report reporter) {
	none := c.NAT == layout.NATNone
	address, err := netip.ParseAddr(c.Mirror)
	switch {
	case !none && c.Mirror != "":
		report("mirror", "%s is of no use with nat: %s: remove it, or set nat to none", c.Mirror, c.NAT)
	case !none:
	case c.Mirror == "":
		report("mirror", "missing: with nat: none it is the private subnet's only source of packages and images: "+
			"write the address of one in the VPC")
	case err != nil || !address.Is4():
		report("mirror", "%q is no IPv4 address: write one such as 10.0.0.20", c.Mirror)
	case vpc.IsValid() && !vpc.Contains(address):
		report("mirror", "%s lies outside vpcCidr %s, which nothing leaves with nat: none: choose an address inside",
			c.Mirror, vpc)
	case reserved(public, address) || reserved(private, address):
		report("mirror", "AWS keeps %s, like the first four addresses and the last of a subnet: choose another", c.Mirror)
	case slices.Contains(c.fixedAddresses(), c.Mirror):
		report("mirror", "%s is kept for a host or the NAT gateway: choose another", c.Mirror)
	}
}

// reserved tells whether AWS keeps an address of a subnet for itself: the network's, the router's, the DNS server's,
// one for future use and the broadcast address. https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html
func reserved(subnet netip.Prefix, address netip.Addr) bool {
	fourth := subnet.Addr().Next().Next().Next()
	return subnet.Contains(address) && (address.Compare(fourth) <= 0 || !subnet.Contains(address.Next()))
}

// parse sets the prefix, or reports why it cannot.
func (b *block) parse(report reporter) {
	prefix, err := parseCIDR(b.text)
	switch {
	case err != nil:
		report(b.key, "%w", err)
	case !prefix.Addr().Is4():
		report(b.key, "%s is not IPv4: write an IPv4 network", b.text)
	case prefix.Bits() < b.minBits || prefix.Bits() > b.maxBits:
		report(b.key, "%s is a /%d: choose a size from /%d to /%d", b.text, prefix.Bits(), b.minBits, b.maxBits)
	default:
		b.prefix = prefix
	}
}

func (b *block) inside(outer block) bool {
	return b.prefix.Bits() >= outer.prefix.Bits() && outer.prefix.Contains(b.prefix.Addr())
}

// room reports a block in which count parts of the given size do not fit beside the reserved ones.
func (b *block) room(partBits, reserved, count int, what string, report reporter) {
	if !b.prefix.IsValid() {
		return
	}
	if room := 1<<(partBits-b.prefix.Bits()) - reserved; count > room {
		report(b.key, "%s has room for %d %s, not for %d: choose a larger network", b.text, room, what, count)
	}
}

// parseCIDR parses a network in CIDR notation and refuses host bits and spellings that AWS would return differently.
func parseCIDR(text string) (netip.Prefix, error) {
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		return prefix, fmt.Errorf("%q is no CIDR: write one such as 10.0.0.0/16", text)
	}
	if prefix != prefix.Masked() {
		return prefix, fmt.Errorf("%s has host bits: write %s", text, prefix.Masked())
	}
	if text != prefix.String() {
		return prefix, fmt.Errorf("%s has another spelling: write %s", text, prefix)
	}
	return prefix, nil
}
