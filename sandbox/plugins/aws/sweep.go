package aws

import (
	"maps"
	"slices"

	"hello-kubernetes/sandbox/region"
)

// Sweep removes from the region everything whose ID no stack knows, and returns the IDs: what the plug-in had begun
// when it was killed. Known are the URNs of all stacks' resources by ID.
func Sweep(state *region.State, known map[string]string) []string {
	unknown := func(id string) bool { return id != "" && known[id] == "" }
	var swept []string
	sweep := func(ids []string, drop func(*region.State, string) error) {
		for _, id := range ids {
			if unknown(id) && drop(state, id) == nil {
				swept = append(swept, id)
			}
		}
	}
	// Users before what they use.
	var associations, routes []string
	for _, address := range state.Addresses {
		associations = append(associations, address.Association)
	}
	for table, t := range state.RouteTables {
		for destination := range t.Routes {
			routes = append(routes, routeID(table, destination))
		}
	}
	sweep(associations, dropAddressAssociation)
	sweep(routes, dropRoute)
	sweep(keys(state.Instances), dropInstance)
	sweep(keys(state.NATGateways), dropNAT)
	sweep(keys(state.Addresses), dropAddress)
	sweep(keys(state.Associations), dropAssociation)
	sweep(keys(state.Rules), dropRule)
	sweep(keys(state.SecurityGroups), dropGroup)
	var tables []string
	for table, t := range state.RouteTables {
		if !t.Main { // it goes with its VPC
			tables = append(tables, table)
		}
	}
	sweep(tables, dropTable)
	sweep(keys(state.Subnets), dropSubnet)
	sweep(keys(state.InternetGateways), dropGateway)
	sweep(keys(state.VPCs), dropVPC)
	sweep(keys(state.KeyPairs), dropKey)
	return swept
}

func keys[T any](all map[string]*T) []string { return slices.Sorted(maps.Keys(all)) }
