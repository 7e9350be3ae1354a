// Package vpc is the sandbox's network. It turns the VPCs, routes, security groups and Elastic IPs of a region into
// network namespaces, links, routes and nftables rules.
//
// Plan is a pure function from the region's record to such a network, and Apply makes the machine be as planned:
//
//	this machine ── hk-internet ──┬── hk-vpc-…, the router of a VPC ──┬── hk-i-…, an instance
//	198.51.100.1    198.51.100.53 │                                   └── hk-i-…
//	                and clients   └── hk-vpc-…
//
// Every instance has a link of its own to the router of its VPC, where the security groups filter.
//
// As on AWS, an instance reaches the Elastic IPs of its own VPC as it reaches the internet: it comes from its own
// Elastic IP or from that of its NAT gateway. Open connections outlive the rule that allowed them. What no rule allows
// is dropped without an answer. docs/sandbox.md lists what differs.
package vpc

import (
	"cmp"
	"hash/fnv"
	"iter"
	"maps"
	"net/netip"
	"slices"

	"hello-kubernetes/sandbox/region"
)

const (
	prefix = "hk-" // of the namespaces' names, and of the link on the machine
	folder = "/run/netns"

	internet = "internet" // the namespace of the internet, and a router's link to it
	host     = "host"     // the internet's link to the machine

	// InternetNamespace is the namespace that is the sandbox's internet.
	InternetNamespace = prefix + internet
)

var (
	// InternetRange is TEST-NET-2, which has all addresses of the sandbox's internet but its Elastic IPs.
	InternetRange = netip.MustParsePrefix("198.51.100.0/24")
	// ElasticRange is TEST-NET-3, which has the Elastic IPs.
	ElasticRange = netip.MustParsePrefix("203.0.113.0/24")

	// HostAddress is the machine's address in the sandbox's internet. Only answers get there.
	HostAddress = netip.MustParseAddr("198.51.100.1")
	// ServiceAddress is the address for the internet's DNS and mirror, in InternetNamespace.
	ServiceAddress = netip.MustParseAddr("198.51.100.53")
	// MetadataAddress is the address for the instances' metadata service, in InternetNamespace.
	MetadataAddress = netip.MustParseAddr("198.51.100.54")

	// transit has an address for each link between a router and the internet, and for each instance that asks the
	// metadata service. It is the range of RFC 2544, for tests of networks.
	transit = netip.MustParsePrefix("198.18.0.0/15")
	// linkLocalResolver is the address that the DNS resolver has in every VPC, beside that in the VPC's own range.
	linkLocalResolver = netip.MustParseAddr("169.254.169.253")
	// linkLocalMetadata is the address of the metadata service for an instance.
	linkLocalMetadata = netip.MustParseAddr("169.254.169.254")
)

// Clients returns the addresses, in InternetNamespace, that probes, load and attackers of tests can use.
func Clients() []netip.Addr {
	var all []netip.Addr
	for a := netip.MustParseAddr("198.51.100.101"); len(all) < 10; a = a.Next() {
		all = append(all, a)
	}
	return all
}

// InstanceNamespace returns the name of an instance's namespace.
func InstanceNamespace(instanceID string) string { return prefix + instanceID }

// Path returns the path of a namespace's file.
func Path(namespace string) string { return folder + "/" + namespace }

// Gateway returns the router's address in a subnet: the first one after that of the subnet itself.
func Gateway(subnet netip.Prefix) netip.Addr { return subnet.Masked().Addr().Next() }

// Resolver returns the address of a VPC's DNS resolver: the second one after that of the VPC itself.
func Resolver(vpc netip.Prefix) netip.Addr { return Gateway(vpc).Next() }

// MetadataClients returns the IDs of a region's instances by the addresses from which they come to the metadata
// service. These are unique in the region, while two VPCs may have the same range.
func MetadataClients(state *region.State) map[netip.Addr]string {
	transits, clients := transitsOf(state), map[netip.Addr]string{}
	for id := range state.Instances {
		clients[transits[id]] = id
	}
	return clients
}

// transitsOf returns the transit addresses of a region, by the ID of the VPC, NAT gateway or instance.
func transitsOf(state *region.State) map[string]netip.Addr {
	addresses := map[string]netip.Addr{}
	ids := slices.Concat(sorted(state.VPCs), sorted(state.NATGateways), sorted(state.Instances))
	for id, n := range number(ids, 1<<17-2) {
		b := transit.Addr().As4()
		n++ // the first address is that of the range itself
		addresses[id] = netip.AddrFrom4([4]byte{b[0], b[1] + byte(n>>16), byte(n >> 8), byte(n)})
	}
	return addresses
}

// number gives each ID a number below size. It is made from a hash, so that it seldom changes when others come and go.
func number(ids []string, size uint32) map[string]uint32 {
	numbers, taken := map[string]uint32{}, map[uint32]bool{}
	for _, id := range slices.Sorted(slices.Values(ids)) {
		hash := fnv.New32a()
		hash.Write([]byte(id))
		n := hash.Sum32() % size
		for taken[n] {
			n = (n + 1) % size
		}
		numbers[id], taken[n] = n, true
	}
	return numbers
}

// linkName returns a link's name: kind and as much of the end of an ID as fits into 15 characters.
func linkName(kind, id string) string {
	return kind + "-" + id[max(0, len(id)-(14-len(kind))):]
}

// sorted returns a map's keys in order.
func sorted[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }

// ordered ranges over a map in the order of its keys.
func ordered[K cmp.Ordered, V any](m map[K]V) iter.Seq2[K, V] {
	return func(yield func(K, V) bool) {
		for _, key := range sorted(m) {
			if !yield(key, m[key]) {
				return
			}
		}
	}
}
