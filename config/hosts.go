package config

import (
	"fmt"
	"net/netip"

	"hello-kubernetes/internal/layout"
)

// Values of topology.
const (
	Public  = "public"
	Private = "private"
)

// A Host is one host of the stack.
type Host struct {
	Name         string // unique in the stack
	Roles        []layout.Role
	InstanceType string
	Public       bool   // whether it is in the public subnet
	Address      string // fixed private address, or empty for one that is free
}

// Hosts returns the stack's hosts, the edge first.
func (c *Config) Hosts() []Host {
	controlPlane := Host{
		Name: "control-plane", Roles: []layout.Role{layout.ControlPlane}, InstanceType: c.ControlPlane.InstanceType,
	}
	var hosts []Host
	if c.Topology == Private {
		hosts = []Host{{
			Name: "edge", Roles: []layout.Role{layout.Edge}, InstanceType: c.Edge.InstanceType,
			Public: true, Address: c.addressOf(edgePlace),
		}, controlPlane}
	} else {
		controlPlane.Roles = []layout.Role{layout.Edge, layout.ControlPlane}
		controlPlane.Public, controlPlane.Address = true, c.addressOf(controlPlanePlace)
		hosts = []Host{controlPlane}
	}
	for i := range c.Workers.Count {
		hosts = append(hosts, Host{
			Name:         fmt.Sprintf("worker-%d", i),
			Roles:        []layout.Role{layout.Worker},
			InstanceType: c.Workers.InstanceType,
		})
	}
	return hosts
}

// Places of the fixed addresses in the public subnet, counted from its first address. All differ, so that a host that
// is new there can come before another goes. AWS keeps a subnet's first four addresses and its last; the smallest
// subnet has 16.
const (
	controlPlanePlace = 10
	natGatewayPlace   = 11
	edgePlace         = 12
)

// NATGatewayAddress is the private address of the NAT gateway, if there is one.
func (c *Config) NATGatewayAddress() string { return c.addressOf(natGatewayPlace) }

// fixedAddresses are those of either topology and any NAT, so that nothing is in the way of a change.
func (c *Config) fixedAddresses() []string {
	return []string{c.addressOf(controlPlanePlace), c.addressOf(natGatewayPlace), c.addressOf(edgePlace)}
}

// addressOf returns the address at a place in the public subnet, which must be a valid one.
func (c *Config) addressOf(place int) string {
	subnet, _ := netip.ParsePrefix(c.PublicSubnetCIDR) // checkNetworks reports one that is not valid
	address := subnet.Addr()
	for range place {
		address = address.Next()
	}
	return address.String()
}
