package aws

import (
	"cmp"
	"fmt"
	"maps"

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

func addVPC(state *region.State, _ call, in *vpcProperties) (string, *region.VPC, error) {
	cidr, err := parsePrefix("cidrBlock", in.CIDRBlock)
	if err != nil {
		return "", nil, err
	}
	if cidr.Bits() < 16 || cidr.Bits() > 28 || !cidr.Addr().Is4() {
		return "", nil, fmt.Errorf("InvalidVpc.Range: %s is no IPv4 network from /16 to /28", cidr)
	}
	if in.InstanceTenancy != "" && in.InstanceTenancy != "default" {
		return "", nil, fmt.Errorf("instanceTenancy: %q is not part of the sandbox: leave it out", in.InstanceTenancy)
	}
	if err := vpc.Conflict(cidr); err != nil {
		return "", nil, err
	}
	id := newID("vpc")
	state.RouteTables[newID("rtb")] = &region.RouteTable{VPC: id, Main: true}
	return id, &region.VPC{CIDR: cidr}, nil
}

func changeVPC(_ *region.State, in *vpcProperties, v *region.VPC) error {
	v.DNSSupport = or(in.EnableDNSSupport, true)
	v.DNSHostnames = or(in.EnableDNSHostnames, false)
	return nil
}

func getVPC(state *region.State, c call, id string, v *region.VPC) *vpcProperties {
	main := using(state.RouteTables, func(t *region.RouteTable) bool { return t.VPC == id && t.Main })[0]
	return &vpcProperties{
		CIDRBlock: v.CIDR.String(), EnableDNSSupport: &v.DNSSupport, EnableDNSHostnames: &v.DNSHostnames,
		InstanceTenancy: "default", MainRouteTableID: main, DefaultRouteTableID: main,
		ARN: arn(c, "vpc", id), OwnerID: region.Account,
	}
}

func dropVPC(state *region.State, id string, _ *region.VPC) error {
	err := dependents(id,
		using(state.Subnets, func(s *region.Subnet) bool { return s.VPC == id }),
		using(state.InternetGateways, func(g *region.InternetGateway) bool { return g.VPC == id }),
		using(state.SecurityGroups, func(g *region.SecurityGroup) bool { return g.VPC == id }),
		using(state.RouteTables, func(t *region.RouteTable) bool { return t.VPC == id && !t.Main }))
	if err == nil {
		maps.DeleteFunc(state.RouteTables, func(_ string, t *region.RouteTable) bool { return t.VPC == id })
	}
	return err
}

type subnetProperties struct {
	VPCID            string `json:"vpcId" aws:"required,replace"`
	CIDRBlock        string `json:"cidrBlock" aws:"required,replace"`
	AvailabilityZone string `json:"availabilityZone" aws:"computed,replace"`
	ARN              string `json:"arn" aws:"output"`
	OwnerID          string `json:"ownerId" aws:"output"`
	tagged
}

// zones returns the availability zones of a region.
func zones(name string) []string { return []string{name + "a", name + "b", name + "c"} }

func addSubnet(state *region.State, c call, in *subnetProperties) (string, *region.Subnet, error) {
	v := state.VPCs[in.VPCID]
	if v == nil {
		return "", nil, missing("Vpc", in.VPCID)
	}
	cidr, err := parsePrefix("cidrBlock", in.CIDRBlock)
	if err != nil {
		return "", nil, err
	}
	if cidr.Bits() < v.CIDR.Bits() || cidr.Bits() > 28 || !v.CIDR.Contains(cidr.Addr()) {
		return "", nil, fmt.Errorf("InvalidSubnet.Range: %s is no part of %s's %s from /16 to /28", cidr, in.VPCID, v.CIDR)
	}
	for other, s := range state.Subnets {
		if s.VPC == in.VPCID && s.CIDR.Overlaps(cidr) {
			return "", nil, fmt.Errorf("InvalidSubnet.Conflict: %s conflicts with %s of %s", cidr, s.CIDR, other)
		}
	}
	zone := cmp.Or(in.AvailabilityZone, zones(c.region)[0])
	return newID("subnet"), &region.Subnet{VPC: in.VPCID, CIDR: cidr, Zone: zone}, nil
}

func getSubnet(_ *region.State, c call, id string, s *region.Subnet) *subnetProperties {
	return &subnetProperties{
		VPCID: s.VPC, CIDRBlock: s.CIDR.String(), AvailabilityZone: s.Zone,
		ARN: arn(c, "subnet", id), OwnerID: region.Account,
	}
}

func dropSubnet(state *region.State, id string, _ *region.Subnet) error {
	err := dependents(id,
		using(state.Instances, func(i *region.Instance) bool { return i.Subnet == id }),
		using(state.NATGateways, func(g *region.NATGateway) bool { return g.Subnet == id }))
	if err == nil {
		maps.DeleteFunc(state.Associations, func(_ string, a *region.Association) bool { return a.Subnet == id })
	}
	return err
}
