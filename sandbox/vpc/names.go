// Package vpc is the sandbox's network: what a region's VPCs, routes, security groups and Elastic IPs are in network
// namespaces, links, routes and nftables.
//
// Plan is a pure function from the region's state to that network, and Apply makes the machine equal to it:
//
//	this machine ── hk-internet ──┬── hk-vpc-…, a router a VPC ──┬── hk-i-…, an instance
//	198.51.100.1    198.51.100.53 │                              └── hk-i-…
//	                and clients   └── hk-vpc-…
//
// Every instance has a routed link of its own to its VPC's router, where the security groups filter.
//
// As on AWS, an instance reaches an Elastic IP of its own VPC from its own Elastic IP or its NAT gateway's, connections
// that are open outlive the rule that let them in, and what no rule allows is dropped without an answer. Unlike there,
// the MTU is 1500 and not 9001, and what has no route is answered with an ICMP error.
package vpc

import (
	"cmp"
	"hash/fnv"
	"maps"
	"net/netip"
	"slices"

	"hello-kubernetes/sandbox/region"
)

const (
	prefix = "hk-" // labels the namespaces, and the link on the machine
	folder = "/run/netns"

	internet = "internet" // the namespace, and a router's link to it
	host     = "host"     // the internet's link to the machine

	// InternetNamespace is the namespace that plays the internet.
	InternetNamespace = prefix + internet
)

var (
	// InternetRange is TEST-NET-2: the sandbox's internet but for its Elastic IPs.
	InternetRange = netip.MustParsePrefix("198.51.100.0/24")
	// ElasticRange is TEST-NET-3: the Elastic IPs.
	ElasticRange = netip.MustParsePrefix("203.0.113.0/24")

	// HostAddress is the machine's address in the sandbox's internet. Only answers get to it.
	HostAddress = netip.MustParseAddr("198.51.100.1")
	// ServiceAddress is where the internet's DNS and mirror are to listen, in InternetNamespace.
	ServiceAddress = netip.MustParseAddr("198.51.100.53")

	// MetadataAddress is where the instances' metadata service is to listen, in InternetNamespace.
	MetadataAddress = netip.MustParseAddr("198.51.100.54")

	// transit numbers the routers' links to the internet, and the instances to the metadata service: RFC 2544's range, which
	// stays inside the namespaces.
	transit = netip.MustParsePrefix("198.18.0.0/15")
	// linkLocalResolver is the resolver's other address, the same in every VPC.
	linkLocalResolver = netip.MustParseAddr("169.254.169.253")
	// linkLocalMetadata is the metadata service as an instance knows it.
	linkLocalMetadata = netip.MustParseAddr("169.254.169.254")
)

// Clients returns the internet's addresses that probes, load and attackers may bind to, in InternetNamespace.
func Clients() []netip.Addr {
	var all []netip.Addr
	for a := netip.MustParseAddr("198.51.100.101"); len(all) < 10; a = a.Next() {
		all = append(all, a)
	}
	return all
}

// InstanceNamespace returns the name of an instance's namespace.
func InstanceNamespace(instanceID string) string { return prefix + instanceID }

// Path returns the file of a namespace, as podman takes it after "ns:".
func Path(namespace string) string { return folder + "/" + namespace }

// Gateway returns the router's address in a subnet: the first.
func Gateway(subnet netip.Prefix) netip.Addr { return subnet.Masked().Addr().Next() }

// Resolver returns the address of a VPC's resolver: the second.
func Resolver(vpc netip.Prefix) netip.Addr { return Gateway(vpc).Next() }

// linkName returns kind and the end of an ID in the 15 characters that a link's name may have.
func linkName(kind, id string) string {
	return kind + "-" + id[max(0, len(id)-(14-len(kind))):]
}

// number gives each ID a number below size of its own, that mostly stays when others come and go.
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

// Asking returns the IDs of the instances by the addresses from which they come to the metadata service: an address for
// each in the whole region, where two VPCs may have the same range.
func Asking(state *region.State) map[netip.Addr]string {
	transits, asking := transitsOf(state), map[netip.Addr]string{}
	for id := range state.Instances {
		asking[transits[id]] = id
	}
	return asking
}

// transitsOf returns the transit addresses of a region: of each VPC and NAT gateway for its link to the internet, and of
// each instance for what it asks the metadata service.
func transitsOf(state *region.State) map[string]netip.Addr {
	return transitAddresses(slices.Concat(sorted(state.VPCs), sorted(state.NATGateways), sorted(state.Instances)))
}

// transitAddresses gives each ID an address of its own.
func transitAddresses(ids []string) map[string]netip.Addr {
	addresses := map[string]netip.Addr{}
	for id, n := range number(ids, 1<<17-2) {
		b := transit.Addr().As4()
		n++ // not the range's own
		addresses[id] = netip.AddrFrom4([4]byte{b[0], b[1] + byte(n>>16), byte(n >> 8), byte(n)})
	}
	return addresses
}

// sorted returns a map's keys in order.
func sorted[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
