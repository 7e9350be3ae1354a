package aws

import (
	"fmt"

	"hello-kubernetes/sandbox/region"
)

type gatewayProperties struct {
	VPCID   string `json:"vpcId"`
	ARN     string `json:"arn" aws:"output"`
	OwnerID string `json:"ownerId" aws:"output"`
	tagged
}

func addGateway(state *region.State, c call, in *gatewayProperties) (string, error) {
	id := newID("igw")
	state.InternetGateways[id] = &region.InternetGateway{}
	return id, changeGateway(state, c, id, in)
}

func getGateway(state *region.State, c call, id string) *gatewayProperties {
	g := state.InternetGateways[id]
	if g == nil {
		return nil
	}
	return &gatewayProperties{VPCID: g.VPC, ARN: arn(c, "internet-gateway", id), OwnerID: region.Account, tagged: tagsOf(g.Tags)}
}

func changeGateway(state *region.State, c call, id string, in *gatewayProperties) error {
	if in.VPCID != "" && state.VPCs[in.VPCID] == nil {
		return missing("Vpc", in.VPCID)
	}
	for other, g := range state.InternetGateways {
		if other != id && in.VPCID != "" && g.VPC == in.VPCID {
			return fmt.Errorf("InvalidParameterValue: %s has an internet gateway already: %s", in.VPCID, other)
		}
	}
	g := state.InternetGateways[id]
	g.VPC, g.Tags = in.VPCID, c.tags
	return nil
}

func dropGateway(state *region.State, id string) error {
	vpcID := state.InternetGateways[id].VPC
	mapped := using(state.Addresses, func(a *region.Address) bool {
		instance := state.Instances[a.Instance]
		return instance != nil && state.Subnets[instance.Subnet].VPC == vpcID
	})
	if err := dependents(id, mapped); err != nil {
		return err
	}
	delete(state.InternetGateways, id)
	return nil
}

type natProperties struct {
	SubnetID         string `json:"subnetId" aws:"required,replace"`
	AllocationID     string `json:"allocationId" aws:"required,replace"`
	ConnectivityType string `json:"connectivityType" aws:"computed,replace"`
	PrivateIP        string `json:"privateIp" aws:"computed,replace"`
	PublicIP         string `json:"publicIp" aws:"output"`
	InterfaceID      string `json:"networkInterfaceId" aws:"output"`
	tagged
}

func addNAT(state *region.State, c call, in *natProperties) (string, error) {
	if in.ConnectivityType != "" && in.ConnectivityType != "public" {
		return "", fmt.Errorf("connectivityType: %q is not part of the sandbox: leave it out", in.ConnectivityType)
	}
	address := state.Addresses[in.AllocationID]
	switch {
	case address == nil:
		return "", missing("Allocation", in.AllocationID)
	case address.Instance != "" || len(gatewaysOf(state, in.AllocationID)) > 0:
		return "", fmt.Errorf("Resource.AlreadyAssociated: %s is in use", in.AllocationID)
	}
	ip, err := freeAddress(state, in.SubnetID, in.PrivateIP)
	if err != nil {
		return "", err
	}
	id := newID("nat")
	state.NATGateways[id] = &region.NATGateway{Subnet: in.SubnetID, Address: in.AllocationID, PrivateIP: ip, Interface: newID("eni"), Tags: c.tags}
	return id, nil
}

// gatewaysOf returns the NAT gateways that use an Elastic IP.
func gatewaysOf(state *region.State, address string) []string {
	return using(state.NATGateways, func(g *region.NATGateway) bool { return g.Address == address })
}

func getNAT(state *region.State, _ call, id string) *natProperties {
	g := state.NATGateways[id]
	if g == nil {
		return nil
	}
	return &natProperties{
		SubnetID: g.Subnet, AllocationID: g.Address, ConnectivityType: "public", PrivateIP: g.PrivateIP.String(),
		PublicIP: state.Addresses[g.Address].IP.String(), InterfaceID: g.Interface, tagged: tagsOf(g.Tags),
	}
}

func changeNAT(state *region.State, c call, id string, _ *natProperties) error {
	state.NATGateways[id].Tags = c.tags
	return nil
}

func dropNAT(state *region.State, id string) error {
	delete(state.NATGateways, id)
	return nil
}
