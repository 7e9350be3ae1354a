package vpc

import (
	"maps"
	"net/netip"
	"slices"

	"hello-kubernetes/sandbox/region"
)

var anywhere = netip.MustParsePrefix("0.0.0.0/0")

const (
	// The marks of packets to the resolver and to the metadata service, which are the numbers of their routing tables
	// too.
	resolverMark = 53
	metadataMark = 80
	// Priorities of the rules that choose a routing table. The main table, which has the VPC's own addresses, is at
	// 32766.
	resolverPriority = 100
	metadataPriority = 101
	subnetPriority   = 33000
)

// router is the router of a VPC.
type router struct {
	state     *region.State
	id        string
	VPC       *region.VPC
	Instances []instance
	Uplinks   []uplink          // the first takes what goes through the internet gateway, to the resolver and for metadata
	nat       map[string]uplink // by NAT gateway
	tables    map[string]uint32 // numbers of the VPC's route tables
}

// instance is an instance as its router sees it.
type instance struct {
	*region.Instance
	ID      string
	Link    string // the router's link to it
	subnet  *region.Subnet
	Transit netip.Addr // the address from which it comes to the metadata service
	Elastic netip.Addr // its Elastic IP; invalid if it has none, or the VPC no internet gateway
}

// uplink is a link of a router to the internet. There is one for the internet gateway and one for each NAT gateway.
type uplink struct {
	Link    string // its end at the router
	far     string // its end at the internet
	Transit netip.Addr
	Elastic []netip.Addr // the Elastic IPs behind it
	asking  []netip.Addr // the addresses from which instances come to the metadata service
}

func newRouter(state *region.State, id string, transits map[string]netip.Addr) *router {
	r := &router{state: state, id: id, VPC: state.VPCs[id], nat: map[string]uplink{}}
	attached := slices.ContainsFunc(slices.Collect(maps.Values(state.InternetGateways)), r.isGateway)
	first := uplink{Link: internet, far: linkName("vpc", id), Transit: transits[id]}
	for i, record := range ordered(state.Instances) {
		if !r.owns(record.Subnet) {
			continue
		}
		one := instance{Instance: record, ID: i, Link: linkName("i", i), Transit: transits[i]}
		one.subnet = state.Subnets[record.Subnet]
		first.asking = append(first.asking, one.Transit)
		if ip := state.PublicIP(i); attached && ip.IsValid() {
			one.Elastic = ip
			first.Elastic = append(first.Elastic, ip)
		}
		r.Instances = append(r.Instances, one)
	}
	r.Uplinks = append(r.Uplinks, first)
	for g, gateway := range ordered(state.NATGateways) {
		if address := state.Addresses[gateway.Address]; attached && address != nil && r.owns(gateway.Subnet) {
			link := linkName("nat", g)
			r.nat[g] = uplink{Link: link, far: link, Transit: transits[g], Elastic: []netip.Addr{address.IP}}
			r.Uplinks = append(r.Uplinks, r.nat[g])
		}
	}
	others := func(t string) bool { return state.RouteTables[t].VPC != id }
	r.tables = number(slices.DeleteFunc(sorted(state.RouteTables), others), 1<<20)
	return r
}

// Internet returns the uplink of the internet gateway.
func (r *router) Internet() uplink { return r.Uplinks[0] }

// NATs returns the uplinks of the NAT gateways.
func (r *router) NATs() []uplink { return r.Uplinks[1:] }

// Inward returns the addresses that the internet sends through the uplink, beside the router's own.
func (u uplink) Inward() []netip.Addr { return slices.Concat(u.Elastic, u.asking) }

// routes returns the internet's routes through the uplink.
func (u uplink) routes() []Route {
	routes := []Route{{To: single(u.Transit), Link: u.far, From: ServiceAddress}}
	for _, a := range u.Inward() {
		routes = append(routes, Route{To: single(a), Link: u.far, Via: u.Transit, From: ServiceAddress})
	}
	return routes
}

func (r *router) owns(subnet string) bool {
	s := r.state.Subnets[subnet]
	return s != nil && s.VPC == r.id
}

// isGateway tells whether an internet gateway is the VPC's. There may be none.
func (r *router) isGateway(g *region.InternetGateway) bool { return g != nil && g.VPC == r.id }

func (r *router) namespace() Namespace {
	n := Namespace{Name: r.id, Sysctls: forwarding, PerLink: routerLinks, Ruleset: r.ruleset()}
	for id, subnet := range ordered(r.state.Subnets) {
		if r.owns(id) {
			n.Addresses = append(n.Addresses, Address{"lo", single(Gateway(subnet.CIDR))})
		}
	}
	n.Routes = append(n.Routes, Route{To: r.VPC.CIDR}) // nowhere, for the addresses that no instance has
	n.Rules = append(n.Rules, Rule{Priority: metadataPriority, Mark: metadataMark, Table: metadataMark})
	n.Routes = append(n.Routes, Route{Table: metadataMark, To: single(MetadataAddress), Link: internet})
	if r.VPC.DNSSupport {
		// An address of the router, so that it answers ARP for it. The ruleset sends the questions on.
		n.Addresses = append(n.Addresses, Address{"lo", single(Resolver(r.VPC.CIDR))})
		n.Rules = append(n.Rules, Rule{Priority: resolverPriority, Mark: resolverMark, Table: resolverMark})
		n.Routes = append(n.Routes, Route{Table: resolverMark, To: single(ServiceAddress), Link: internet})
	}
	for _, u := range r.Uplinks {
		n.Addresses = append(n.Addresses, Address{u.Link, single(u.Transit)})
	}
	for _, i := range r.Instances {
		n.Routes = append(n.Routes, Route{To: single(i.IP), Link: i.Link})
		if table := r.table(i.Subnet); table != "" {
			n.Rules = append(n.Rules, Rule{Priority: subnetPriority, Link: i.Link, Table: r.number(table)})
		}
	}
	for _, t := range sorted(r.tables) {
		routes := r.state.RouteTables[t].Routes
		for _, to := range slices.SortedFunc(maps.Keys(routes), netip.Prefix.Compare) {
			n.Routes = append(n.Routes, r.route(r.number(t), to.Masked(), routes[to]))
		}
	}
	return n
}

// table returns the ID of a subnet's route table: the one that it is associated with, or else the VPC's main one.
func (r *router) table(subnet string) string {
	for _, a := range ordered(r.state.Associations) {
		if _, ours := r.tables[a.RouteTable]; ours && a.Subnet == subnet {
			return a.RouteTable
		}
	}
	for _, t := range sorted(r.tables) {
		if r.state.RouteTables[t].Main {
			return t
		}
	}
	return ""
}

// number returns the number of a route table's routing table. The kernel uses those below 256.
func (r *router) number(table string) uint32 { return 1000 + r.tables[table] }

// route returns a route of a route table. One whose target does not exist leads nowhere, as on AWS.
func (r *router) route(table uint32, to netip.Prefix, target *region.Route) Route {
	route := Route{Table: table, To: to}
	switch {
	case r.isGateway(r.state.InternetGateways[target.InternetGateway]):
		route.Link, route.Via = internet, ServiceAddress
	case target.NATGateway != "":
		if nat, ok := r.nat[target.NATGateway]; ok && r.reachesInternet(r.state.NATGateways[target.NATGateway].Subnet, to) {
			route.Link, route.Via = nat.Link, ServiceAddress
		}
	case target.Interface != "":
		for _, i := range r.Instances {
			if i.Interface == target.Interface {
				route.Link, route.Via = i.Link, i.IP
			}
		}
	}
	return route
}

// reachesInternet tells whether a subnet's most specific route to a range is through the internet gateway.
func (r *router) reachesInternet(subnet string, to netip.Prefix) bool {
	table := r.state.RouteTables[r.table(subnet)]
	if table == nil {
		return false
	}
	best, bits := &region.Route{}, -1
	for p, route := range table.Routes {
		if p.Bits() > bits && p.Bits() <= to.Bits() && p.Contains(to.Addr()) {
			best, bits = route, p.Bits()
		}
	}
	return r.isGateway(r.state.InternetGateways[best.InternetGateway])
}
