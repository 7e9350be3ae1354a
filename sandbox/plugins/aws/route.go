package aws

import (
	"errors"
	"fmt"
	"hash/crc32"
	"net/netip"
	"strings"

	"hello-kubernetes/sandbox/region"
)

type tableProperties struct {
	VPCID   string `json:"vpcId" aws:"required,replace"`
	ARN     string `json:"arn" aws:"output"`
	OwnerID string `json:"ownerId" aws:"output"`
	tagged
}

func addTable(state *region.State, c call, in *tableProperties) (string, error) {
	if state.VPCs[in.VPCID] == nil {
		return "", missing("Vpc", in.VPCID)
	}
	id := newID("rtb")
	state.RouteTables[id] = &region.RouteTable{VPC: in.VPCID, Tags: c.tags}
	return id, nil
}

func getTable(state *region.State, c call, id string) *tableProperties {
	t := state.RouteTables[id]
	if t == nil {
		return nil
	}
	return &tableProperties{VPCID: t.VPC, ARN: arn(c, "route-table", id), OwnerID: region.Account, tagged: tagsOf(t.Tags)}
}

func changeTable(state *region.State, c call, id string, _ *tableProperties) error {
	state.RouteTables[id].Tags = c.tags
	return nil
}

func dropTable(state *region.State, id string) error {
	if err := dependents(id, using(state.Associations, func(a *region.Association) bool { return a.RouteTable == id })); err != nil {
		return err
	}
	delete(state.RouteTables, id)
	return nil
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

// routeID is made as the official plug-in makes it, so that it tells the table.
func routeID(table string, destination netip.Prefix) string {
	return fmt.Sprintf("r-%s%d", table, crc32.ChecksumIEEE([]byte(destination.String())))
}

// findRoute returns a route with its table and destination.
func findRoute(state *region.State, id string) (*region.Route, string, netip.Prefix) {
	for table, t := range state.RouteTables {
		if !strings.HasPrefix(id, "r-"+table) {
			continue
		}
		for destination, route := range t.Routes {
			if routeID(table, destination) == id {
				return route, table, destination
			}
		}
	}
	return nil, "", netip.Prefix{}
}

func addRoute(state *region.State, c call, in *routeProperties) (string, error) {
	table := state.RouteTables[in.RouteTableID]
	if table == nil {
		return "", missing("RouteTable", in.RouteTableID)
	}
	destination, err := parsePrefix("destinationCidrBlock", in.DestinationCIDRBlock)
	if err != nil {
		return "", err
	}
	if table.Routes[destination] != nil {
		return "", fmt.Errorf("RouteAlreadyExists: the route to %s already exists in %s", destination, in.RouteTableID)
	}
	if table.Routes == nil {
		table.Routes = map[netip.Prefix]*region.Route{}
	}
	table.Routes[destination] = &region.Route{}
	id := routeID(in.RouteTableID, destination)
	return id, changeRoute(state, c, id, in)
}

func getRoute(state *region.State, _ call, id string) *routeProperties {
	route, table, destination := findRoute(state, id)
	if route == nil {
		return nil
	}
	out := &routeProperties{
		RouteTableID: table, DestinationCIDRBlock: destination.String(), GatewayID: route.InternetGateway,
		NATGatewayID: route.NATGateway, NetworkInterfaceID: route.Interface, Origin: "CreateRoute", State: "active",
	}
	if route.Interface != "" {
		if out.InstanceID = ownerOf(state, route.Interface); out.InstanceID == "" {
			out.State = "blackhole"
		}
	}
	return out
}

// ownerOf returns the instance of a network interface.
func ownerOf(state *region.State, networkInterface string) string {
	for id, instance := range state.Instances {
		if instance.Interface == networkInterface {
			return id
		}
	}
	return ""
}

func changeRoute(state *region.State, _ call, id string, in *routeProperties) error {
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
	route, _, _ := findRoute(state, id)
	*route = region.Route{InternetGateway: in.GatewayID, NATGateway: in.NATGatewayID, Interface: in.NetworkInterfaceID}
	return nil
}

func dropRoute(state *region.State, id string) error {
	_, table, destination := findRoute(state, id)
	delete(state.RouteTables[table].Routes, destination)
	return nil
}

type associationProperties struct {
	RouteTableID string `json:"routeTableId" aws:"required"`
	SubnetID     string `json:"subnetId" aws:"required,replace"`
}

func addAssociation(state *region.State, c call, in *associationProperties) (string, error) {
	if state.Subnets[in.SubnetID] == nil {
		return "", missing("Subnet", in.SubnetID)
	}
	for other, a := range state.Associations {
		if a.Subnet == in.SubnetID {
			return "", fmt.Errorf("Resource.AlreadyAssociated: %s has a route table already: %s", in.SubnetID, other)
		}
	}
	id := newID("rtbassoc")
	state.Associations[id] = &region.Association{Subnet: in.SubnetID}
	return id, changeAssociation(state, c, id, in)
}

func getAssociation(state *region.State, _ call, id string) *associationProperties {
	a := state.Associations[id]
	if a == nil {
		return nil
	}
	return &associationProperties{RouteTableID: a.RouteTable, SubnetID: a.Subnet}
}

func changeAssociation(state *region.State, _ call, id string, in *associationProperties) error {
	if state.RouteTables[in.RouteTableID] == nil {
		return missing("RouteTable", in.RouteTableID)
	}
	state.Associations[id].RouteTable = in.RouteTableID
	return nil
}

func dropAssociation(state *region.State, id string) error {
	delete(state.Associations, id)
	return nil
}
