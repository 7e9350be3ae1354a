package vpc

import (
	"fmt"
	"net/netip"

	"hello-kubernetes/sandbox/region"
)

// The objects of cluster, by the IDs that AWS might give them.
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

// flow is a row of the table from which cluster makes its rules, in both directions like the real program.
type flow struct {
	from, to, protocol string // from and to are security groups or ranges
	first, last        int
	name               string
}

var flows = []flow{
	{"0.0.0.0/0", controlPlaneSG, "tcp", 80, 80, "http"},
	{"198.51.100.102/32", controlPlaneSG, "tcp", 22, 22, "ssh"},
	{"2001:db8::/32", controlPlaneSG, "tcp", 22, 22, "ssh"},
	{workerSG, controlPlaneSG, "tcp", 6443, 6443, "api"},
	{controlPlaneSG, workerSG, "tcp", 22, 22, "ssh"},
	{controlPlaneSG, workerSG, "tcp", 30000, 32767, "nodeports"},
	{controlPlaneSG, workerSG, "udp", 8472, 8472, "vxlan"},
	{workerSG, controlPlaneSG, "udp", 8472, 8472, "vxlan"},
	{workerSG, workerSG, "udp", 8472, 8472, "vxlan"},
	{"0.0.0.0/0", controlPlaneSG, "icmp", 3, 4, "path-mtu"},
	{controlPlaneSG, "0.0.0.0/0", "tcp", 443, 443, "images"},
	{workerSG, "0.0.0.0/0", "tcp", 443, 443, "images"},
	{workerSG, controlPlaneSG, "tcp", 443, 443, "nat-images"},
	{controlPlaneSG, "0.0.0.0/0", "udp", 123, 123, "time"},
	{"0.0.0.0/0", controlPlaneSG, "udp", 80, 80, "http3"},
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
	for i, f := range flows {
		allow(state, fmt.Sprintf("sgr-%02d", i), f)
	}
	return state
}

// allow adds a flow's rules: one an end that is a security group.
func allow(state *region.State, id string, f flow) {
	rule := region.Rule{Protocol: f.protocol, FromPort: f.first, ToPort: f.last, Description: f.name}
	for _, egress := range []bool{false, true} {
		group, peer := f.to, f.from
		if egress {
			group, peer = peer, group
		}
		if state.SecurityGroups[group] == nil {
			continue
		}
		r := rule
		r.Group, r.Egress = group, egress
		if cidr, err := netip.ParsePrefix(peer); err == nil {
			r.CIDR = cidr
		} else {
			r.Peer = peer
		}
		state.Rules[fmt.Sprintf("%s-%t", id, egress)] = &r
	}
}

// withNATGateway is cluster with a NAT gateway in the control plane's place.
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
