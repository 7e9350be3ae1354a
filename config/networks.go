package config

import (
	"fmt"
	"net/netip"
	"slices"

	"hello-kubernetes/internal/layout"
)

const (
	reservedByAWS = 5  // the first four addresses of a subnet and its last
	nodePodBits   = 24 // every node's pods get a /24: https://kubernetes.io/docs/reference/command-line-tools-reference/kube-controller-manager/
)

// A block is a network of the configuration. Its prefix is valid only if the network has no problem by itself.
type block struct {
	key, text        string
	minBits, maxBits int
	prefix           netip.Prefix
}

// checkNetworks checks that every network is one, that the subnets lie in the VPC, that nothing else overlaps, and that all
// nodes have room.
func (c *Config) checkNetworks(skip map[string]bool, report reporter) {
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
	if !skip["workers"] {
		hosts := c.Workers.Count
		if c.Topology == Private {
			hosts++ // the control plane's
		}
		private.room(32, reservedByAWS, hosts, "hosts", report)
		pods.room(nodePodBits, 0, 1+c.Workers.Count, "nodes", report)
	}
}

// checkTopology checks where the nodes are, and how the private subnet reaches what it needs.
func (c *Config) checkTopology(report reporter) {
	vpc, _ := netip.ParsePrefix(c.VPCCIDR) // checkNetworks tells
	if !slices.Contains([]string{Public, Private}, c.Topology) {
		report("topology", "%q is unknown: use public or private", c.Topology)
	}
	none := c.NAT == layout.NATNone
	if !none && !slices.Contains([]layout.NAT{layout.NATInstance, layout.NATGateway}, c.NAT) {
		report("nat", "%q is unknown: use instance, gateway or none", c.NAT)
	}
	mirror, err := netip.ParseAddr(c.Mirror)
	switch {
	case !none && c.Mirror != "":
		report("mirror", "%s is of no use with nat: %s: remove it, or set nat to none", c.Mirror, c.NAT)
	case none && c.Mirror == "":
		report("mirror", "missing: with nat: none it is the private subnet's only source of packages and images: write the address of one in the VPC")
	case none && (err != nil || !mirror.Is4() || mirror.String() != c.Mirror):
		report("mirror", "%q is no IPv4 address: write one such as 10.0.0.20", c.Mirror)
	case none && vpc.IsValid() && !vpc.Contains(mirror):
		report("mirror", "%s lies outside vpcCidr %s, which nothing leaves with nat: none: choose an address inside", c.Mirror, vpc)
	}
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
