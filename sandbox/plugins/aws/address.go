package aws

import (
	"errors"
	"fmt"
	"net/netip"

	"hello-kubernetes/sandbox/region"
	"hello-kubernetes/sandbox/vpc"
)

type addressProperties struct {
	Domain       string `json:"domain" aws:"computed,replace"`
	AllocationID string `json:"allocationId" aws:"output"`
	PublicIP     string `json:"publicIp" aws:"output"`
	PublicDNS    string `json:"publicDns" aws:"output"`
	ARN          string `json:"arn" aws:"output"`
	tagged
}

// addressLimit is the quota of Elastic IPs. AWS's own is 5 unless one asks for more.
const addressLimit = 32

func addAddress(state *region.State, c call, in *addressProperties) (string, error) {
	if in.Domain != "" && in.Domain != "vpc" {
		return "", fmt.Errorf("domain: %q is not part of the sandbox: use vpc", in.Domain)
	}
	taken := map[netip.Addr]bool{}
	for _, a := range state.Addresses {
		taken[a.IP] = true
	}
	ip := offset(vpc.ElasticRange.Addr(), 10)
	for range addressLimit {
		if !taken[ip] {
			id := newID("eipalloc")
			state.Addresses[id] = &region.Address{IP: ip, Tags: c.tags}
			return id, nil
		}
		ip = ip.Next()
	}
	return "", errors.New("AddressLimitExceeded: the maximum number of addresses has been reached")
}

func getAddress(state *region.State, c call, id string) *addressProperties {
	a := state.Addresses[id]
	if a == nil {
		return nil
	}
	return &addressProperties{
		Domain: "vpc", AllocationID: id, PublicIP: a.IP.String(), PublicDNS: publicName(c.region, a.IP), ARN: arn(c, "elastic-ip", id), tagged: tagsOf(a.Tags),
	}
}

func changeAddress(state *region.State, c call, id string, _ *addressProperties) error {
	state.Addresses[id].Tags = c.tags
	return nil
}

func dropAddress(state *region.State, id string) error {
	if a := state.Addresses[id]; a.Instance != "" || len(gatewaysOf(state, id)) > 0 {
		return fmt.Errorf("InvalidIPAddress.InUse: %s is associated with %s", a.IP, a.Instance)
	}
	delete(state.Addresses, id)
	return nil
}

type addressAssociationProperties struct {
	AllocationID       string `json:"allocationId" aws:"required,replace"`
	InstanceID         string `json:"instanceId" aws:"required,replace"`
	NetworkInterfaceID string `json:"networkInterfaceId" aws:"output"`
	PrivateIPAddress   string `json:"privateIpAddress" aws:"output"`
	PublicIP           string `json:"publicIp" aws:"output"`
}

func addAddressAssociation(state *region.State, _ call, in *addressAssociationProperties) (string, error) {
	a, instance := state.Addresses[in.AllocationID], state.Instances[in.InstanceID]
	switch {
	case a == nil:
		return "", missing("Allocation", in.AllocationID)
	case instance == nil:
		return "", missing("Instance", in.InstanceID)
	case len(gatewaysOf(state, in.AllocationID)) > 0:
		return "", fmt.Errorf("Resource.AlreadyAssociated: %s is in use", in.AllocationID)
	}
	vpcID := state.Subnets[instance.Subnet].VPC
	if len(using(state.InternetGateways, func(g *region.InternetGateway) bool { return g.VPC == vpcID })) == 0 {
		return "", fmt.Errorf("Gateway.NotAttached: %s has no internet gateway", vpcID)
	}
	a.Association, a.Instance = newID("eipassoc"), in.InstanceID // an older association ends without a word, as on AWS
	return a.Association, nil
}

// associated returns the Elastic IP of an association.
func associated(state *region.State, association string) (string, *region.Address) {
	for id, a := range state.Addresses {
		if a.Association == association {
			return id, a
		}
	}
	return "", nil
}

func getAddressAssociation(state *region.State, _ call, id string) *addressAssociationProperties {
	allocation, a := associated(state, id)
	if a == nil {
		return nil
	}
	instance := state.Instances[a.Instance]
	return &addressAssociationProperties{
		AllocationID: allocation, InstanceID: a.Instance, NetworkInterfaceID: instance.Interface,
		PrivateIPAddress: instance.IP.String(), PublicIP: a.IP.String(),
	}
}

func dropAddressAssociation(state *region.State, id string) error {
	_, a := associated(state, id)
	a.Association, a.Instance = "", ""
	return nil
}
