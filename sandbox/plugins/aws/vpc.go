package aws

import (
	"fmt"

	"hello-kubernetes/sandbox/region"
	"hello-kubernetes/sandbox/vpc"
)

type vpcProperties struct {
	CIDRBlock           string `json:"cidrBlock" aws:"required,replace"`
	EnableDNSSupport    *bool  `json:"enableDnsSupport" aws:"computed"`
	EnableDNSHostnames  *bool  `json:"enableDnsHostnames" aws:"computed"`
	InstanceTenancy     string `json:"instanceTenancy" aws:"computed,replace"`
	ARN                 string `json:"arn" aws:"output"`
	MainRouteTableID    string `json:"mainRouteTableId" aws:"output"`
	DefaultRouteTableID string `json:"defaultRouteTableId" aws:"output"`
	OwnerID             string `json:"ownerId" aws:"output"`
	tagged
}

func addVPC(state *region.State, c call, in *vpcProperties) (string, error) {
	cidr, err := parsePrefix("cidrBlock", in.CIDRBlock)
	if err != nil {
		return "", err
	}
	if cidr.Bits() < 16 || cidr.Bits() > 28 || !cidr.Addr().Is4() {
		return "", fmt.Errorf("InvalidVpc.Range: %s is no IPv4 network from /16 to /28", cidr)
	}
	if in.InstanceTenancy != "" && in.InstanceTenancy != "default" {
		return "", fmt.Errorf("instanceTenancy: %q is not part of the sandbox: leave it out", in.InstanceTenancy)
	}
	if err := vpc.Conflict(cidr); err != nil {
		return "", err
	}
	id := newID("vpc")
	state.VPCs[id] = &region.VPC{CIDR: cidr}
	state.RouteTables[newID("rtb")] = &region.RouteTable{VPC: id, Main: true}
	return id, changeVPC(state, c, id, in)
}

func getVPC(state *region.State, c call, id string) *vpcProperties {
	v := state.VPCs[id]
	if v == nil {
		return nil
	}
	main := ""
	for table, t := range state.RouteTables {
		if t.VPC == id && t.Main {
			main = table
		}
	}
	return &vpcProperties{
		CIDRBlock: v.CIDR.String(), EnableDNSSupport: &v.DNSSupport, EnableDNSHostnames: &v.DNSHostnames, InstanceTenancy: "default",
		ARN: arn(c, "vpc", id), MainRouteTableID: main, DefaultRouteTableID: main, OwnerID: region.Account, tagged: tagsOf(v.Tags),
	}
}

func changeVPC(state *region.State, c call, id string, in *vpcProperties) error {
	v := state.VPCs[id]
	v.DNSSupport = in.EnableDNSSupport == nil || *in.EnableDNSSupport
	v.DNSHostnames = in.EnableDNSHostnames != nil && *in.EnableDNSHostnames
	v.Tags = c.tags
	return nil
}

func dropVPC(state *region.State, id string) error {
	err := dependents(id,
		using(state.Subnets, func(s *region.Subnet) bool { return s.VPC == id }),
		using(state.InternetGateways, func(g *region.InternetGateway) bool { return g.VPC == id }),
		using(state.SecurityGroups, func(g *region.SecurityGroup) bool { return g.VPC == id }),
		using(state.RouteTables, func(t *region.RouteTable) bool { return t.VPC == id && !t.Main }))
	if err != nil {
		return err
	}
	for table, t := range state.RouteTables {
		if t.VPC == id {
			delete(state.RouteTables, table)
		}
	}
	delete(state.VPCs, id)
	return nil
}

type subnetProperties struct {
	VPCID            string `json:"vpcId" aws:"required,replace"`
	CIDRBlock        string `json:"cidrBlock" aws:"required,replace"`
	AvailabilityZone string `json:"availabilityZone" aws:"computed,replace"`
	ARN              string `json:"arn" aws:"output"`
	OwnerID          string `json:"ownerId" aws:"output"`
	tagged
}

// zones are the availability zones of the region.
func zones(name string) []string { return []string{name + "a", name + "b", name + "c"} }

func addSubnet(state *region.State, c call, in *subnetProperties) (string, error) {
	v := state.VPCs[in.VPCID]
	if v == nil {
		return "", missing("Vpc", in.VPCID)
	}
	cidr, err := parsePrefix("cidrBlock", in.CIDRBlock)
	if err != nil {
		return "", err
	}
	if cidr.Bits() < v.CIDR.Bits() || cidr.Bits() > 28 || !v.CIDR.Contains(cidr.Addr()) {
		return "", fmt.Errorf("InvalidSubnet.Range: %s is no part of %s's %s from /16 to /28", cidr, in.VPCID, v.CIDR)
	}
	for other, s := range state.Subnets {
		if s.VPC == in.VPCID && s.CIDR.Overlaps(cidr) {
			return "", fmt.Errorf("InvalidSubnet.Conflict: %s conflicts with %s of %s", cidr, s.CIDR, other)
		}
	}
	zone := in.AvailabilityZone
	if zone == "" {
		zone = zones(c.region)[0]
	}
	id := newID("subnet")
	state.Subnets[id] = &region.Subnet{VPC: in.VPCID, CIDR: cidr, Zone: zone, Tags: c.tags}
	return id, nil
}

func getSubnet(state *region.State, c call, id string) *subnetProperties {
	s := state.Subnets[id]
	if s == nil {
		return nil
	}
	return &subnetProperties{
		VPCID: s.VPC, CIDRBlock: s.CIDR.String(), AvailabilityZone: s.Zone, ARN: arn(c, "subnet", id), OwnerID: region.Account, tagged: tagsOf(s.Tags),
	}
}

func changeSubnet(state *region.State, c call, id string, _ *subnetProperties) error {
	state.Subnets[id].Tags = c.tags
	return nil
}

func dropSubnet(state *region.State, id string) error {
	if err := dependents(id,
		using(state.Instances, func(i *region.Instance) bool { return i.Subnet == id }),
		using(state.NATGateways, func(g *region.NATGateway) bool { return g.Subnet == id })); err != nil {
		return err
	}
	for association, a := range state.Associations {
		if a.Subnet == id {
			delete(state.Associations, association)
		}
	}
	delete(state.Subnets, id)
	return nil
}
