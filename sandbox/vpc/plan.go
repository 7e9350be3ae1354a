package vpc

import (
	"net/netip"

	"hello-kubernetes/sandbox/region"
)

// Plan returns the network of a region. It is a pure function: it does nothing to the machine, and returns the same for
// the same state.
func Plan(state *region.State) Network { return plan(state, prefix, true) }

// plan is Plan with another prefix, and with no link to the machine if onHost is false.
func plan(state *region.State, prefix string, onHost bool) Network {
	n := Network{Prefix: prefix}
	world := Namespace{Name: internet, Sysctls: internetSysctls, Ruleset: internetRuleset}
	for _, a := range append([]netip.Addr{ServiceAddress, MetadataAddress}, Clients()...) {
		world.Addresses = append(world.Addresses, Address{"lo", single(a)})
	}
	toInternet := func(to netip.Prefix) Route {
		return Route{To: to, Link: prefix + internet, Via: ServiceAddress, From: HostAddress}
	}
	machine := Namespace{
		Shared:    true,
		PerLink:   hostLinks,
		Addresses: []Address{{prefix + internet, single(HostAddress)}},
		Routes:    []Route{toInternet(InternetRange)},
	}
	if onHost {
		n.Cables = append(n.Cables, Cable{{"", prefix + internet, nil}, {internet, host, nil}})
		world.Routes = append(world.Routes, Route{To: single(HostAddress), Link: host, From: ServiceAddress})
	}
	var inside []Namespace
	transits := transitsOf(state)
	for _, id := range sorted(state.VPCs) {
		r := newRouter(state, id, transits)
		n.Guarded = append(n.Guarded, r.VPC.CIDR)
		inside = append(inside, r.namespace())
		for _, u := range r.Uplinks {
			n.Cables = append(n.Cables, Cable{{internet, u.far, nil}, {id, u.Link, nil}})
			world.Routes = append(world.Routes, u.routes()...)
			for _, a := range u.Elastic {
				machine.Routes = append(machine.Routes, toInternet(single(a)))
			}
		}
		for _, i := range r.Instances {
			n.Cables = append(n.Cables, Cable{{id, i.Link, nil}, {i.ID, "eth0", region.MAC(i.ID)}})
			inside = append(inside, i.namespace())
		}
	}
	if onHost {
		n.Namespaces = append(n.Namespaces, machine)
	}
	n.Namespaces = append(append(n.Namespaces, world), inside...)
	return n
}

func (i instance) namespace() Namespace {
	return Namespace{
		Name:      i.ID,
		Shared:    true,
		Sysctls:   instanceSysctls,
		Addresses: []Address{{"eth0", netip.PrefixFrom(i.IP, i.subnet.CIDR.Bits())}},
		Routes:    []Route{{To: anywhere, Link: "eth0", Via: Gateway(i.subnet.CIDR)}},
	}
}
