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

// addressLimit is the quota of Elastic IPs. That of AWS is 5, unless one asks for more.
const addressLimit = 32

func addAddress(state *region.State, _ call, in *addressProperties) (string, *region.Address, error) {
	if in.Domain != "" && in.Domain != "vpc" {
		return "", nil, fmt.Errorf("domain: %q is not part of the sandbox: use vpc", in.Domain)
	}
	taken := map[netip.Addr]bool{}
	for _, a := range state.Addresses {
		taken[a.IP] = true
	}
	ip := offset(vpc.ElasticRange.Addr(), 10)
	for range addressLimit {
		if !taken[ip] {
			return newID("eipalloc"), &region.Address{IP: ip}, nil
		}
		ip = ip.Next()
	}
	return "", nil, errors.New("AddressLimitExceeded: the maximum number of addresses has been reached")
}

func getAddress(_ *region.State, c call, id string, a *region.Address) *addressProperties {
	return &addressProperties{
		Domain: "vpc", AllocationID: id, ARN: arn(c, "elastic-ip", id),
		PublicIP: a.IP.String(), PublicDNS: publicName(c.region, a.IP),
	}
}

func dropAddress(state *region.State, id string, a *region.Address) error {
	if a.Instance != "" || len(gatewaysOf(state, id)) > 0 {
		return fmt.Errorf("InvalidIPAddress.InUse: %s is in use", a.IP)
	}
	return nil
}

type associatedProperties struct {
	AllocationID       string `json:"allocationId" aws:"required,replace"`
	InstanceID         string `json:"instanceId" aws:"required,replace"`
	NetworkInterfaceID string `json:"networkInterfaceId" aws:"output"`
	PrivateIPAddress   string `json:"privateIpAddress" aws:"output"`
	PublicIP           string `json:"publicIp" aws:"output"`
}

// associatedAddresses returns the Elastic IPs that are associated with an instance, by the ID of the association.
func associatedAddresses(state *region.State) map[string]*region.Address {
	all := map[string]*region.Address{}
	for _, a := range state.Addresses {
		if a.Association != "" {
			all[a.Association] = a
		}
	}
	return all
}

// addAddressAssociation moves an address that is associated already, without an error, as AWS does.
func addAddressAssociation(state *region.State, _ call, in *associatedProperties) (string, *region.Address, error) {
	a, instance := state.Addresses[in.AllocationID], state.Instances[in.InstanceID]
	switch {
	case a == nil:
		return "", nil, missing("Allocation", in.AllocationID)
	case instance == nil:
		return "", nil, missing("Instance", in.InstanceID)
	case len(gatewaysOf(state, in.AllocationID)) > 0:
		return "", nil, fmt.Errorf("Resource.AlreadyAssociated: %s is in use", in.AllocationID)
	}
	vpcID := state.Subnets[instance.Subnet].VPC
	if len(using(state.InternetGateways, func(g *region.InternetGateway) bool { return g.VPC == vpcID })) == 0 {
		return "", nil, fmt.Errorf("Gateway.NotAttached: %s has no internet gateway", vpcID)
	}
	a.Association, a.Instance = newID("eipassoc"), in.InstanceID
	return a.Association, a, nil
}

func getAddressAssociation(state *region.State, _ call, _ string, a *region.Address) *associatedProperties {
	allocation := using(state.Addresses, func(other *region.Address) bool { return other == a })[0]
	instance := state.Instances[a.Instance]
	return &associatedProperties{
		AllocationID: allocation, InstanceID: a.Instance, NetworkInterfaceID: instance.Interface,
		PrivateIPAddress: instance.IP.String(), PublicIP: a.IP.String(),
	}
}

func dropAddressAssociation(_ *region.State, _ string, a *region.Address) error {
	a.Association, a.Instance = "", ""
	return nil
}
