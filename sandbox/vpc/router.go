package vpc

import (
	"maps"
	"net/netip"
	"slices"

	"hello-kubernetes/sandbox/region"
)

var anywhere = netip.MustParsePrefix("0.0.0.0/0")

const (
	resolverMark  = 53 // on packets to the resolver, and its routing table
	metadataMark  = 80 // likewise for the metadata service
	resolverFirst = 100
	metadataFirst = 101
	// Behind the main table, where the VPC's own addresses are.
	bySubnet = 33000
)

// router is a VPC seen from its router.
type router struct {
	state   *region.State
	id      string
	vpc     *region.VPC
	guests  []guest
	uplinks []uplink // the internet gateway's first: the resolver and the metadata service use it too
	nat     map[string]uplink
	public  map[netip.Addr]netip.Addr // Elastic IPs by private address; none without an internet gateway
	tables  map[string]uint32         // numbers of the route tables
}

func newRouter(state *region.State, id string, transits map[string]netip.Addr) *router {
	r := &router{state: state, id: id, vpc: state.VPCs[id], nat: map[string]uplink{}, public: map[netip.Addr]netip.Addr{}}
	first := uplink{link: internet, far: linkName("vpc", id), transit: transits[id]}
	for _, i := range sorted(state.Instances) {
		instance := state.Instances[i]
		if subnet := state.Subnets[instance.Subnet]; subnet != nil && subnet.VPC == id {
			r.guests = append(r.guests, guest{instance, i, linkName("i", i), subnet, transits[i]})
			first.asking = append(first.asking, transits[i])
		}
	}
	attached := r.attached()
	for _, a := range sorted(state.Addresses) {
		address := state.Addresses[a]
		instance := state.Instances[address.Instance]
		if attached && instance != nil && r.owns(instance.Subnet) {
			first.elastic = append(first.elastic, address.IP)
			r.public[instance.IP] = address.IP
		}
	}
	r.uplinks = append(r.uplinks, first)
	for _, g := range sorted(state.NATGateways) {
		gateway := state.NATGateways[g]
		address := state.Addresses[gateway.Address]
		if attached && address != nil && r.owns(gateway.Subnet) {
			link := linkName("nat", g)
			r.nat[g] = uplink{link: link, far: link, transit: transits[g], elastic: []netip.Addr{address.IP}}
			r.uplinks = append(r.uplinks, r.nat[g])
		}
	}
	var tables []string
	for _, t := range sorted(state.RouteTables) {
		if state.RouteTables[t].VPC == id {
			tables = append(tables, t)
		}
	}
	r.tables = number(tables, 1<<20)
	return r
}

func (r *router) owns(subnet string) bool {
	s := r.state.Subnets[subnet]
	return s != nil && s.VPC == r.id
}

func (r *router) attached() bool {
	for _, g := range r.state.InternetGateways {
		if g.VPC == r.id {
			return true
		}
	}
	return false
}

func (r *router) namespace() Namespace {
	n := Namespace{Name: r.id, Sysctls: forwarding, PerLink: routerLinks, Ruleset: r.ruleset()}
	for _, s := range sorted(r.state.Subnets) {
		if r.owns(s) {
			n.Addresses = append(n.Addresses, Address{"lo", single(Gateway(r.state.Subnets[s].CIDR))})
		}
	}
	n.Routes = append(n.Routes, Route{To: r.vpc.CIDR}) // the VPC's unused addresses
	n.Rules = append(n.Rules, Rule{Priority: metadataFirst, Mark: metadataMark, Table: metadataMark})
	n.Routes = append(n.Routes, Route{Table: metadataMark, To: single(MetadataAddress), Link: internet})
	if r.vpc.DNSSupport {
		// Local, so that the router answers ARP for it; the ruleset sends on what comes.
		n.Addresses = append(n.Addresses, Address{"lo", single(Resolver(r.vpc.CIDR))})
		n.Rules = append(n.Rules, Rule{Priority: resolverFirst, Mark: resolverMark, Table: resolverMark})
		n.Routes = append(n.Routes, Route{Table: resolverMark, To: single(ServiceAddress), Link: internet})
	}
	for _, u := range r.uplinks {
		n.Addresses = append(n.Addresses, Address{u.link, single(u.transit)})
	}
	for _, g := range r.guests {
		n.Routes = append(n.Routes, Route{To: single(g.IP), Link: g.link})
		if table := r.table(g.Subnet); table != "" {
			n.Rules = append(n.Rules, Rule{Priority: bySubnet, Link: g.link, Table: r.number(table)})
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

// table returns the ID of a subnet's route table: its own, else the VPC's main one, else none.
func (r *router) table(subnet string) string {
	for _, a := range sorted(r.state.Associations) {
		if association := r.state.Associations[a]; association.Subnet == subnet {
			if _, ours := r.tables[association.RouteTable]; ours {
				return association.RouteTable
			}
		}
	}
	for _, t := range sorted(r.tables) {
		if r.state.RouteTables[t].Main {
			return t
		}
	}
	return ""
}

// number returns the routing table of a route table. The kernel's own are below 256.
func (r *router) number(table string) uint32 { return 1000 + r.tables[table] }

// route returns a route of a route table; one whose target is not there leads nowhere, as on AWS.
func (r *router) route(table uint32, to netip.Prefix, target *region.Route) Route {
	route := Route{Table: table, To: to}
	gateway := r.state.InternetGateways[target.InternetGateway]
	switch {
	case gateway != nil && gateway.VPC == r.id:
		route.Link, route.Via = internet, ServiceAddress
	case target.NATGateway != "":
		if nat, ok := r.nat[target.NATGateway]; ok && r.leadsOut(r.state.NATGateways[target.NATGateway].Subnet, to) {
			route.Link, route.Via = nat.link, ServiceAddress
		}
	case target.Interface != "":
		for _, g := range r.guests {
			if g.Interface == target.Interface {
				route.Link, route.Via = g.link, g.IP
			}
		}
	}
	return route
}

// leadsOut tells whether a subnet's route to a range is through the internet gateway.
func (r *router) leadsOut(subnet string, to netip.Prefix) bool {
	table := r.state.RouteTables[r.table(subnet)]
	if table == nil {
		return false
	}
	var best *region.Route
	bits := -1
	for p, route := range table.Routes {
		if p.Bits() > bits && p.Bits() <= to.Bits() && p.Contains(to.Addr()) {
			best, bits = route, p.Bits()
		}
	}
	if best == nil {
		return false
	}
	gateway := r.state.InternetGateways[best.InternetGateway]
	return gateway != nil && gateway.VPC == r.id
}
