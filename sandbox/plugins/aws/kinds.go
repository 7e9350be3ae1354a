package aws

// kinds are all types of resources, by token.
var kinds map[string]kind

func init() {
	kinds = map[string]kind{
		"aws:ec2/vpc:Vpc":                                           of[vpcProperties]{addVPC, getVPC, changeVPC, dropVPC},
		"aws:ec2/subnet:Subnet":                                     of[subnetProperties]{addSubnet, getSubnet, changeSubnet, dropSubnet},
		"aws:ec2/internetGateway:InternetGateway":                   of[gatewayProperties]{addGateway, getGateway, changeGateway, dropGateway},
		"aws:ec2/natGateway:NatGateway":                             of[natProperties]{addNAT, getNAT, changeNAT, dropNAT},
		"aws:ec2/routeTable:RouteTable":                             of[tableProperties]{addTable, getTable, changeTable, dropTable},
		"aws:ec2/route:Route":                                       of[routeProperties]{addRoute, getRoute, changeRoute, dropRoute},
		"aws:ec2/routeTableAssociation:RouteTableAssociation":       of[associationProperties]{addAssociation, getAssociation, changeAssociation, dropAssociation},
		"aws:ec2/securityGroup:SecurityGroup":                       of[groupProperties]{addGroup, getGroup, changeGroup, dropGroup},
		"aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": of[ruleProperties]{addRule(false), getRule, changeRule, dropRule},
		"aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule":   of[ruleProperties]{addRule(true), getRule, changeRule, dropRule},
		"aws:ec2/keyPair:KeyPair":                                   of[keyProperties]{addKey, getKey, changeKey, dropKey},
		"aws:ec2/eip:Eip":                                           of[addressProperties]{addAddress, getAddress, changeAddress, dropAddress},
		"aws:ec2/eipAssociation:EipAssociation":                     of[addressAssociationProperties]{addAddressAssociation, getAddressAssociation, nil, dropAddressAssociation},
		instanceType:                                                of[instanceProperties]{addInstance, getInstance, changeInstance, dropInstance},
	}
}
