package aws

import (
	"errors"
	"fmt"
	"hash/crc32"
	"net/netip"

	"hello-kubernetes/sandbox/region"
)

type tableProperties struct {
	VPCID   string `json:"vpcId" aws:"required,replace"`
	ARN     string `json:"arn" aws:"output"`
	OwnerID string `json:"ownerId" aws:"output"`
	tagged
}

func addTable(state *region.State, _ call, in *tableProperties) (string, *region.RouteTable, error) {
	if state.VPCs[in.VPCID] == nil {
		return "", nil, missing("Vpc", in.VPCID)
	}
	return newID("rtb"), &region.RouteTable{VPC: in.VPCID}, nil
}

func getTable(_ *region.State, c call, id string, t *region.RouteTable) *tableProperties {
	return &tableProperties{VPCID: t.VPC, ARN: arn(c, "route-table", id), OwnerID: region.Account}
}

func dropTable(state *region.State, id string, t *region.RouteTable) error {
	if t.Main {
		return dependents(id, []string{t.VPC}) // it is removed with its VPC
	}
	return dependents(id, using(state.Associations, func(a *region.Association) bool { return a.RouteTable == id }))
}

type routeProperties struct {
	RouteTableID         string `json:"routeTableId" aws:"required,replace"`
	DestinationCIDRBlock string `json:"destinationCidrBlock" aws:"required,replace"`
	GatewayID            string `json:"gatewayId,omitempty"`
	NATGatewayID         string `json:"natGatewayId,omitempty"`
	NetworkInterfaceID   string `json:"networkInterfaceId,omitempty" aws:"computed"`
	InstanceID           string `json:"instanceId" aws:"output"`
	Origin               string `json:"origin" aws:"output"`
	State                string `json:"state" aws:"output"`
}

// route is a route and its place in the region.
type route struct {
	*region.Route
	table       string
	destination netip.Prefix
}

// routeID forms the ID of a route as the official plugin does.
func routeID(table string, destination netip.Prefix) string {
	return fmt.Sprintf("r-%s%d", table, crc32.ChecksumIEEE([]byte(destination.String())))
}

// routes returns the routes of all tables by ID.
func routes(state *region.State) map[string]*route {
	all := map[string]*route{}
	for table, t := range state.RouteTables {
		for destination, r := range t.Routes {
			all[routeID(table, destination)] = &route{r, table, destination}
		}
	}
	return all
}

func addRoute(state *region.State, _ call, in *routeProperties) (string, *route, error) {
	table := state.RouteTables[in.RouteTableID]
	if table == nil {
		return "", nil, missing("RouteTable", in.RouteTableID)
	}
	destination, err := parsePrefix("destinationCidrBlock", in.DestinationCIDRBlock)
	if err != nil {
		return "", nil, err
	}
	if table.Routes[destination] != nil {
		return "", nil, fmt.Errorf("RouteAlreadyExists: the route to %s already exists in %s", destination, in.RouteTableID)
	}
	if table.Routes == nil {
		table.Routes = map[netip.Prefix]*region.Route{}
	}
	table.Routes[destination] = &region.Route{}
	return routeID(in.RouteTableID, destination), &route{table.Routes[destination], in.RouteTableID, destination}, nil
}

func changeRoute(state *region.State, in *routeProperties, r *route) error {
	targets := 0
	for _, target := range []struct {
		id    string
		found bool
		kind  string
	}{
		{in.GatewayID, state.InternetGateways[in.GatewayID] != nil, "InternetGateway"},
		{in.NATGatewayID, state.NATGateways[in.NATGatewayID] != nil, "NatGateway"},
		{in.NetworkInterfaceID, ownerOf(state, in.NetworkInterfaceID) != "", "NetworkInterface"},
	} {
		if target.id == "" {
			continue
		}
		targets++
		if !target.found {
			return missing(target.kind, target.id)
		}
	}
	if targets != 1 {
		return errors.New("InvalidParameterCombination: a route has one of gatewayId, natGatewayId and networkInterfaceId")
	}
	*r.Route = region.Route{InternetGateway: in.GatewayID, NATGateway: in.NATGatewayID, Interface: in.NetworkInterfaceID}
	return nil
}

func getRoute(state *region.State, _ call, _ string, r *route) *routeProperties {
	out := &routeProperties{
		RouteTableID: r.table, DestinationCIDRBlock: r.destination.String(), GatewayID: r.InternetGateway,
		NATGatewayID: r.NATGateway, NetworkInterfaceID: r.Interface, Origin: "CreateRoute", State: "active",
	}
	if r.Interface != "" {
		if out.InstanceID = ownerOf(state, r.Interface); out.InstanceID == "" {
			out.State = "blackhole"
		}
	}
	return out
}

// ownerOf returns the instance that has a network interface, or an empty string.
func ownerOf(state *region.State, networkInterface string) string {
	for id, instance := range state.Instances {
		if instance.Interface == networkInterface {
			return id
		}
	}
	return ""
}

func dropRoute(state *region.State, _ string, r *route) error {
	delete(state.RouteTables[r.table].Routes, r.destination)
	return nil
}

type associationProperties struct {
	RouteTableID string `json:"routeTableId" aws:"required"`
	SubnetID     string `json:"subnetId" aws:"required,replace"`
}

func addAssociation(state *region.State, _ call, in *associationProperties) (string, *region.Association, error) {
	if state.Subnets[in.SubnetID] == nil {
		return "", nil, missing("Subnet", in.SubnetID)
	}
	for other, a := range state.Associations {
		if a.Subnet == in.SubnetID {
			return "", nil, fmt.Errorf("Resource.AlreadyAssociated: %s has a route table already: %s", in.SubnetID, other)
		}
	}
	return newID("rtbassoc"), &region.Association{Subnet: in.SubnetID}, nil
}

func changeAssociation(state *region.State, in *associationProperties, a *region.Association) error {
	if state.RouteTables[in.RouteTableID] == nil {
		return missing("RouteTable", in.RouteTableID)
	}
	a.RouteTable = in.RouteTableID
	return nil
}

func getAssociation(_ *region.State, _ call, _ string, a *region.Association) *associationProperties {
	return &associationProperties{RouteTableID: a.RouteTable, SubnetID: a.Subnet}
}
