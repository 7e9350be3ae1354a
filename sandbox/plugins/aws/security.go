package aws

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"

	"hello-kubernetes/sandbox/region"
)

type groupProperties struct {
	Name                string `json:"name" aws:"computed,replace"`
	Description         string `json:"description" aws:"computed,replace"`
	VPCID               string `json:"vpcId" aws:"required,replace"`
	RevokeRulesOnDelete *bool  `json:"revokeRulesOnDelete,omitempty"`
	ARN                 string `json:"arn" aws:"output"`
	OwnerID             string `json:"ownerId" aws:"output"`
	tagged
}

// addGroup adds a group without rules: the official plugin removes the one that AWS creates with a group.
func addGroup(state *region.State, c call, in *groupProperties) (string, *region.SecurityGroup, error) {
	if state.VPCs[in.VPCID] == nil {
		return "", nil, missing("Vpc", in.VPCID)
	}
	name, description := cmp.Or(in.Name, autoname(c)), cmp.Or(in.Description, "Managed by Pulumi")
	for _, g := range state.SecurityGroups {
		if g.VPC == in.VPCID && g.Name == name {
			return "", nil, fmt.Errorf("InvalidGroup.Duplicate: the security group %q already exists in %s", name, in.VPCID)
		}
	}
	return newID("sg"), &region.SecurityGroup{VPC: in.VPCID, Name: name, Description: description}, nil
}

func getGroup(_ *region.State, c call, id string, g *region.SecurityGroup) *groupProperties {
	return &groupProperties{
		Name: g.Name, Description: g.Description, VPCID: g.VPC, ARN: arn(c, "security-group", id), OwnerID: region.Account,
	}
}

func dropGroup(state *region.State, id string, _ *region.SecurityGroup) error {
	err := dependents(id,
		using(state.Instances, func(i *region.Instance) bool { return slices.Contains(i.Groups, id) }),
		using(state.Rules, func(r *region.Rule) bool { return r.Peer == id && r.Group != id }))
	if err == nil {
		maps.DeleteFunc(state.Rules, func(_ string, r *region.Rule) bool { return r.Group == id })
	}
	return err
}

type ruleProperties struct {
	SecurityGroupID           string `json:"securityGroupId" aws:"required,replace"`
	ReferencedSecurityGroupID string `json:"referencedSecurityGroupId,omitempty"`
	CIDRIPv4                  string `json:"cidrIpv4,omitempty"`
	CIDRIPv6                  string `json:"cidrIpv6,omitempty"`
	IPProtocol                string `json:"ipProtocol" aws:"required"`
	FromPort                  *int   `json:"fromPort,omitempty"`
	ToPort                    *int   `json:"toPort,omitempty"`
	Description               string `json:"description,omitempty"`
	ARN                       string `json:"arn" aws:"output"`
	SecurityGroupRuleID       string `json:"securityGroupRuleId" aws:"output"`
	tagged
}

// rules is the kind of the egress rules, or of the ingress rules.
func rules(egress bool) kind {
	return of[ruleProperties, region.Rule]{
		all: func(s *region.State) map[string]*region.Rule { return s.Rules },
		add: func(state *region.State, _ call, in *ruleProperties) (string, *region.Rule, error) {
			if state.SecurityGroups[in.SecurityGroupID] == nil {
				return "", nil, missing("Group", in.SecurityGroupID)
			}
			return newID("sgr"), &region.Rule{Group: in.SecurityGroupID, Egress: egress}, nil
		},
		change: changeRule, get: getRule,
	}
}

func changeRule(state *region.State, in *ruleProperties, r *region.Rule) error {
	changed := region.Rule{
		Group: r.Group, Egress: r.Egress, Tagged: r.Tagged, Protocol: in.IPProtocol, FromPort: -1, ToPort: -1,
		Peer: in.ReferencedSecurityGroupID, Description: in.Description,
	}
	if changed.Peer != "" && state.SecurityGroups[changed.Peer] == nil {
		return missing("Group", changed.Peer)
	}
	ends := slices.DeleteFunc([]string{in.CIDRIPv4, in.CIDRIPv6, changed.Peer}, func(end string) bool { return end == "" })
	if len(ends) != 1 {
		return errors.New("InvalidParameterCombination: a rule has one of cidrIpv4, cidrIpv6 and referencedSecurityGroupId")
	}
	if changed.Peer == "" {
		var err error
		if changed.CIDR, err = parsePrefix("cidrIpv4 or cidrIpv6", ends[0]); err != nil {
			return err
		}
	}
	switch in.IPProtocol {
	case "tcp", "udp", "icmp":
		if in.FromPort == nil || in.ToPort == nil {
			return errors.New("InvalidParameterValue: a rule for " + in.IPProtocol + " needs fromPort and toPort")
		}
		changed.FromPort, changed.ToPort = *in.FromPort, *in.ToPort
	case "-1":
	default:
		return fmt.Errorf("ipProtocol: %q is not part of the sandbox: use tcp, udp, icmp or -1", in.IPProtocol)
	}
	for id, other := range state.Rules {
		if other != r && allowsSame(other, &changed) {
			return fmt.Errorf("InvalidPermission.Duplicate: %s has this rule already: %s", r.Group, id)
		}
	}
	*r = changed
	return nil
}

// allowsSame tells whether two rules differ in nothing but description and tags.
func allowsSame(a, b *region.Rule) bool {
	return a.Group == b.Group && a.Egress == b.Egress && a.Protocol == b.Protocol && a.FromPort == b.FromPort &&
		a.ToPort == b.ToPort && a.CIDR == b.CIDR && a.Peer == b.Peer
}

func getRule(_ *region.State, c call, id string, r *region.Rule) *ruleProperties {
	out := &ruleProperties{
		SecurityGroupID: r.Group, ReferencedSecurityGroupID: r.Peer, IPProtocol: r.Protocol, Description: r.Description,
		ARN: arn(c, "security-group-rule", id), SecurityGroupRuleID: id,
	}
	if r.Protocol != "-1" {
		out.FromPort, out.ToPort = &r.FromPort, &r.ToPort
	}
	switch {
	case r.CIDR.IsValid() && r.CIDR.Addr().Is4():
		out.CIDRIPv4 = r.CIDR.String()
	case r.CIDR.IsValid():
		out.CIDRIPv6 = r.CIDR.String()
	}
	return out
}
