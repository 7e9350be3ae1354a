package vpc

import (
	"fmt"
	"net/netip"

	"hello-kubernetes/sandbox/region"
)

// The IDs of what cluster returns, in the form of AWS's.
const (
	theVPC         = "vpc-00000000000000001"
	publicSubnet   = "subnet-0000000000000pub"
	privateSubnet  = "subnet-0000000000000prv"
	publicTable    = "rtb-0000000000000pub"
	privateTable   = "rtb-0000000000000prv"
	theGateway     = "igw-00000000000000001"
	natGateway     = "nat-00000000000000001"
	controlPlane   = "i-00000000000000010"
	worker1        = "i-00000000000000011"
	worker2        = "i-00000000000000012"
	controlPlaneSG = "sg-0000000000000000c"
	workerSG       = "sg-0000000000000000d"
)

var (
	controlPlaneIP = netip.MustParseAddr("10.0.0.10")
	worker1IP      = netip.MustParseAddr("10.0.1.11")
	worker2IP      = netip.MustParseAddr("10.0.1.12")
	elasticIP      = netip.MustParseAddr("203.0.113.10")
	natIP          = netip.MustParseAddr("203.0.113.20")
	client         = Clients()[0]
	admin          = Clients()[1]
)

// rules are the rules of cluster. Of those with a Peer, allow makes two.
var rules = []region.Rule{
	in(controlPlaneSG, "0.0.0.0/0", "tcp", 80, 80, "http"),
	in(controlPlaneSG, "198.51.100.102/32", "tcp", 22, 22, "ssh"),
	in(controlPlaneSG, "2001:db8::/32", "tcp", 22, 22, "ssh"),
	in(controlPlaneSG, workerSG, "tcp", 6443, 6443, "api"),
	in(workerSG, controlPlaneSG, "tcp", 22, 22, "ssh"),
	in(workerSG, controlPlaneSG, "tcp", 30000, 32767, "nodeports"),
	in(workerSG, controlPlaneSG, "udp", 8472, 8472, "vxlan"),
	in(controlPlaneSG, workerSG, "udp", 8472, 8472, "vxlan"),
	in(workerSG, workerSG, "udp", 8472, 8472, "vxlan"),
	in(controlPlaneSG, "0.0.0.0/0", "icmp", 3, 4, "path-mtu"),
	out(controlPlaneSG, "0.0.0.0/0", "tcp", 443, 443, "images"),
	out(workerSG, "0.0.0.0/0", "tcp", 443, 443, "images"),
	in(controlPlaneSG, workerSG, "tcp", 443, 443, "nat-images"),
	out(controlPlaneSG, "0.0.0.0/0", "udp", 123, 123, "time"),
	in(controlPlaneSG, "0.0.0.0/0", "udp", 80, 80, "http3"),
}

// in returns an ingress rule of a group; from is another group or a range.
func in(group, from, protocol string, first, last int, description string) region.Rule {
	rule := region.Rule{Group: group, Protocol: protocol, FromPort: first, ToPort: last, Description: description}
	var err error
	if rule.CIDR, err = netip.ParsePrefix(from); err != nil {
		rule.Peer = from
	}
	return rule
}

// out returns an egress rule of a group.
func out(group, to, protocol string, first, last int, description string) region.Rule {
	rule := in(group, to, protocol, first, last, description)
	rule.Egress = true
	return rule
}

// cluster returns a region with a control plane, which has an Elastic IP and is the NAT of two workers.
func cluster() *region.State {
	cidr := netip.MustParsePrefix
	node := func(ip netip.Addr, subnet, group string) *region.Instance {
		return &region.Instance{
			Subnet: subnet, IP: ip, Interface: "eni-" + ip.String(), Groups: []string{group}, SourceDestCheck: group == workerSG,
		}
	}
	state := &region.State{
		VPCs: map[string]*region.VPC{theVPC: {CIDR: cidr("10.0.0.0/16"), DNSSupport: true}},
		Subnets: map[string]*region.Subnet{
			publicSubnet:  {VPC: theVPC, CIDR: cidr("10.0.0.0/24")},
			privateSubnet: {VPC: theVPC, CIDR: cidr("10.0.1.0/24")},
		},
		InternetGateways: map[string]*region.InternetGateway{theGateway: {VPC: theVPC}},
		RouteTables: map[string]*region.RouteTable{
			"rtb-main":   {VPC: theVPC, Main: true},
			publicTable:  {VPC: theVPC, Routes: map[netip.Prefix]*region.Route{anywhere: {InternetGateway: theGateway}}},
			privateTable: {VPC: theVPC, Routes: map[netip.Prefix]*region.Route{anywhere: {Interface: "eni-10.0.0.10"}}},
		},
		Associations: map[string]*region.Association{
			"rtbassoc-1": {RouteTable: publicTable, Subnet: publicSubnet},
			"rtbassoc-2": {RouteTable: privateTable, Subnet: privateSubnet},
		},
		SecurityGroups: map[string]*region.SecurityGroup{controlPlaneSG: {VPC: theVPC}, workerSG: {VPC: theVPC}},
		Rules:          map[string]*region.Rule{},
		Addresses:      map[string]*region.Address{"eipalloc-1": {IP: elasticIP, Instance: controlPlane}},
		NATGateways:    map[string]*region.NATGateway{},
		Instances: map[string]*region.Instance{
			controlPlane: node(controlPlaneIP, publicSubnet, controlPlaneSG),
			worker1:      node(worker1IP, privateSubnet, workerSG),
			worker2:      node(worker2IP, privateSubnet, workerSG),
		},
	}
	allow(state, rules...)
	return state
}

// allow adds rules to a region. For a rule with a Peer it also adds the one that allows the same at the other end.
func allow(state *region.State, rules ...region.Rule) {
	for _, rule := range rules {
		id := fmt.Sprintf("sgr-%02d", len(state.Rules))
		state.Rules[id+"-a"] = &rule
		if rule.Peer != "" {
			counterpart := rule
			counterpart.Group, counterpart.Peer, counterpart.Egress = rule.Peer, rule.Group, !rule.Egress
			state.Rules[id+"-b"] = &counterpart
		}
	}
}

// withNATGateway is cluster, but the workers reach the internet through a NAT gateway.
func withNATGateway() *region.State {
	state := cluster()
	state.Addresses["eipalloc-2"] = &region.Address{IP: natIP}
	state.NATGateways[natGateway] = &region.NATGateway{
		Subnet: publicSubnet, Address: "eipalloc-2", PrivateIP: netip.MustParseAddr("10.0.0.200"),
	}
	state.RouteTables[privateTable].Routes[anywhere] = &region.Route{NATGateway: natGateway}
	state.Instances[controlPlane].SourceDestCheck = true
	return state
}
