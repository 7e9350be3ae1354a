package vpc

import (
	"fmt"
	"net/netip"
	"slices"

	"hello-kubernetes/sandbox/region"
)

// Plan returns the network that realises a region. It has no side effects, and equal states have equal networks.
func Plan(state *region.State) Network { return plan(state, prefix, true) }

// plan is Plan with another prefix, and with no link to the machine if onHost is false.
func plan(state *region.State, prefix string, onHost bool) Network {
	transits := transitsOf(state)
	world := Namespace{Name: internet, Sysctls: internetSysctls, Ruleset: internetRuleset}
	for _, a := range append([]netip.Addr{ServiceAddress, MetadataAddress}, Clients()...) {
		world.Addresses = append(world.Addresses, Address{"lo", single(a)})
	}
	n := Network{Prefix: prefix}
	if onHost {
		machine := prefix + internet
		n.Namespaces = append(n.Namespaces, Namespace{
			Shared:    true,
			PerLink:   hostLinks,
			Addresses: []Address{{machine, single(HostAddress)}},
			Routes:    []Route{{To: InternetRange, Link: machine, Via: ServiceAddress, From: HostAddress}},
		})
		n.Cables = append(n.Cables, Cable{{"", machine, nil}, {internet, host, nil}})
		world.Routes = append(world.Routes, Route{To: single(HostAddress), Link: host, From: ServiceAddress})
	}
	var inside []Namespace
	for _, id := range sorted(state.VPCs) {
		r := newRouter(state, id, transits)
		n.Guarded = append(n.Guarded, r.vpc.CIDR)
		inside = append(inside, r.namespace())
		for _, u := range r.uplinks {
			n.Cables = append(n.Cables, Cable{{internet, u.far, nil}, {id, u.link, nil}})
			world.Routes = append(world.Routes, u.inward()...)
			for _, a := range u.elastic {
				if onHost {
					n.Namespaces[0].Routes = append(n.Namespaces[0].Routes, Route{To: single(a), Link: prefix + internet, Via: ServiceAddress, From: HostAddress})
				}
			}
		}
		for _, g := range r.guests {
			n.Cables = append(n.Cables, Cable{{id, g.link, nil}, {g.id, "eth0", region.MAC(g.id)}})
			inside = append(inside, g.namespace())
		}
	}
	n.Namespaces = append(append(n.Namespaces, world), inside...)
	return n
}

// guest is an instance, seen from its router.
type guest struct {
	*region.Instance
	id, link string // link is the router's
	subnet   *region.Subnet
	transit  netip.Addr // from which the metadata service sees it come
}

func (g guest) namespace() Namespace {
	return Namespace{
		Name:      g.id,
		Shared:    true,
		Sysctls:   guestSysctls,
		Addresses: []Address{{"eth0", netip.PrefixFrom(g.IP, g.subnet.CIDR.Bits())}},
		Routes:    []Route{{To: anywhere, Link: "eth0", Via: Gateway(g.subnet.CIDR)}},
	}
}

// uplink is a link of a router to the internet: one for the internet gateway, and one a NAT gateway.
type uplink struct {
	link    string // the router's
	far     string // the internet's
	transit netip.Addr
	elastic []netip.Addr // what the internet sends into it
	asking  []netip.Addr // and what the metadata service does
}

// inward returns the internet's routes through the link.
func (u uplink) inward() []Route {
	routes := []Route{{To: single(u.transit), Link: u.far, From: ServiceAddress}}
	for _, a := range slices.Concat(u.elastic, u.asking) {
		routes = append(routes, Route{To: single(a), Link: u.far, Via: u.transit, From: ServiceAddress})
	}
	return routes
}

// internetRuleset keeps the machine out of reach: the internet answers it, and opens nothing to it.
var internetRuleset = reload("internet", fmt.Sprintf(`	chain machine {
		type filter hook postrouting priority filter; policy accept;
		oifname %q ct state != { established, related } drop
	}
`, host))
