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

func addGateway(*region.State, call, *gatewayProperties) (string, *region.InternetGateway, error) {
	return newID("igw"), &region.InternetGateway{}, nil
}

func changeGateway(state *region.State, in *gatewayProperties, g *region.InternetGateway) error {
	if in.VPCID != "" && state.VPCs[in.VPCID] == nil {
		return missing("Vpc", in.VPCID)
	}
	for id, other := range state.InternetGateways {
		if other != g && in.VPCID != "" && other.VPC == in.VPCID {
			return fmt.Errorf("InvalidParameterValue: %s has an internet gateway already: %s", in.VPCID, id)
		}
	}
	g.VPC = in.VPCID
	return nil
}

func getGateway(_ *region.State, c call, id string, g *region.InternetGateway) *gatewayProperties {
	return &gatewayProperties{VPCID: g.VPC, ARN: arn(c, "internet-gateway", id), OwnerID: region.Account}
}

func dropGateway(state *region.State, id string, g *region.InternetGateway) error {
	return dependents(id, using(state.Addresses, func(a *region.Address) bool {
		instance := state.Instances[a.Instance]
		return instance != nil && state.Subnets[instance.Subnet].VPC == g.VPC
	}))
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

func addNAT(state *region.State, _ call, in *natProperties) (string, *region.NATGateway, error) {
	address := state.Addresses[in.AllocationID]
	switch {
	case in.ConnectivityType != "" && in.ConnectivityType != "public":
		return "", nil, fmt.Errorf("connectivityType: %q is not part of the sandbox: leave it out", in.ConnectivityType)
	case address == nil:
		return "", nil, missing("Allocation", in.AllocationID)
	case address.Instance != "" || len(gatewaysOf(state, in.AllocationID)) > 0:
		return "", nil, fmt.Errorf("Resource.AlreadyAssociated: %s is in use", in.AllocationID)
	}
	ip, err := freeAddress(state, in.SubnetID, in.PrivateIP)
	return newID("nat"), &region.NATGateway{
		Subnet: in.SubnetID, Address: in.AllocationID, PrivateIP: ip, Interface: newID("eni"),
	}, err
}

// gatewaysOf returns the NAT gateways that use an Elastic IP.
func gatewaysOf(state *region.State, address string) []string {
	return using(state.NATGateways, func(g *region.NATGateway) bool { return g.Address == address })
}

func getNAT(state *region.State, _ call, _ string, g *region.NATGateway) *natProperties {
	return &natProperties{
		SubnetID: g.Subnet, AllocationID: g.Address, ConnectivityType: "public", PrivateIP: g.PrivateIP.String(),
		PublicIP: state.Addresses[g.Address].IP.String(), InterfaceID: g.Interface,
	}
}
