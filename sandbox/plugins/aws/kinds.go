package aws

import (
	"maps"
	"slices"

	"hello-kubernetes/sandbox/region"
)

// kinds are the types of resources that the sandbox has, by token.
var kinds = map[string]kind{
	"aws:ec2/vpc:Vpc": of[vpcProperties, region.VPC]{
		all: func(s *region.State) map[string]*region.VPC { return s.VPCs },
		add: addVPC, get: getVPC, change: changeVPC, drop: dropVPC,
	},
	"aws:ec2/subnet:Subnet": of[subnetProperties, region.Subnet]{
		all: func(s *region.State) map[string]*region.Subnet { return s.Subnets },
		add: addSubnet, get: getSubnet, drop: dropSubnet,
	},
	"aws:ec2/internetGateway:InternetGateway": of[gatewayProperties, region.InternetGateway]{
		all: func(s *region.State) map[string]*region.InternetGateway { return s.InternetGateways },
		add: addGateway, get: getGateway, change: changeGateway, drop: dropGateway,
	},
	"aws:ec2/natGateway:NatGateway": of[natProperties, region.NATGateway]{
		all: func(s *region.State) map[string]*region.NATGateway { return s.NATGateways },
		add: addNAT, get: getNAT,
	},
	"aws:ec2/routeTable:RouteTable": of[tableProperties, region.RouteTable]{
		all: func(s *region.State) map[string]*region.RouteTable { return s.RouteTables },
		add: addTable, get: getTable, drop: dropTable,
	},
	"aws:ec2/route:Route": of[routeProperties, route]{
		all: routes, add: addRoute, get: getRoute, change: changeRoute, drop: dropRoute,
	},
	"aws:ec2/routeTableAssociation:RouteTableAssociation": of[associationProperties, region.Association]{
		all: func(s *region.State) map[string]*region.Association { return s.Associations },
		add: addAssociation, get: getAssociation, change: changeAssociation,
	},
	"aws:ec2/securityGroup:SecurityGroup": of[groupProperties, region.SecurityGroup]{
		all: func(s *region.State) map[string]*region.SecurityGroup { return s.SecurityGroups },
		add: addGroup, get: getGroup, drop: dropGroup,
	},
	"aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": rules(false),
	"aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule":   rules(true),
	"aws:ec2/keyPair:KeyPair": of[keyProperties, region.KeyPair]{
		all: func(s *region.State) map[string]*region.KeyPair { return s.KeyPairs },
		add: addKey, get: getKey,
	},
	"aws:ec2/eip:Eip": of[addressProperties, region.Address]{
		all: func(s *region.State) map[string]*region.Address { return s.Addresses },
		add: addAddress, get: getAddress, drop: dropAddress,
	},
	"aws:ec2/eipAssociation:EipAssociation": of[associatedProperties, region.Address]{
		all: associatedAddresses, add: addAddressAssociation, get: getAddressAssociation, drop: dropAddressAssociation,
	},
	instanceType: of[instanceProperties, region.Instance]{
		all: func(s *region.State) map[string]*region.Instance { return s.Instances },
		add: addInstance, get: getInstance, change: changeInstance, drop: dropInstance,
	},
}

// Sweep removes from the region the resources that no stack has, which a plugin that was killed has left, and returns
// their IDs. known has the URNs of all stacks' resources by ID. What a stack's resource depends on stays.
func Sweep(state *region.State, known map[string]string) []string {
	var swept []string
	for more := true; more; { // what others depend on goes after them, in a further round
		more = false
		for _, token := range slices.Sorted(maps.Keys(kinds)) {
			for _, id := range kinds[token].ids(state) {
				if known[id] == "" && kinds[token].remove(state, id) == nil {
					swept, more = append(swept, id), true
				}
			}
		}
	}
	return swept
}

// Terminate takes an instance whose container is gone out of the region.
func Terminate(state *region.State, id string) error { return kinds[instanceType].remove(state, id) }
