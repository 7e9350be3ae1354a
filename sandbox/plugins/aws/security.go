package aws

import (
	"errors"
	"fmt"
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

// addGroup adds a group that allows nothing: the official plug-in removes the rule that AWS gives it.
func addGroup(state *region.State, c call, in *groupProperties) (string, error) {
	if state.VPCs[in.VPCID] == nil {
		return "", missing("Vpc", in.VPCID)
	}
	name, description := in.Name, in.Description
	if name == "" {
		name = c.name + "-" + randomHex(4)[:7]
	}
	if description == "" {
		description = "Managed by Pulumi"
	}
	for _, g := range state.SecurityGroups {
		if g.VPC == in.VPCID && g.Name == name {
			return "", fmt.Errorf("InvalidGroup.Duplicate: the security group %q already exists in %s", name, in.VPCID)
		}
	}
	id := newID("sg")
	state.SecurityGroups[id] = &region.SecurityGroup{VPC: in.VPCID, Name: name, Description: description, Tags: c.tags}
	return id, nil
}

func getGroup(state *region.State, c call, id string) *groupProperties {
	g := state.SecurityGroups[id]
	if g == nil {
		return nil
	}
	return &groupProperties{
		Name: g.Name, Description: g.Description, VPCID: g.VPC, ARN: arn(c, "security-group", id), OwnerID: region.Account, tagged: tagsOf(g.Tags),
	}
}

func changeGroup(state *region.State, c call, id string, _ *groupProperties) error {
	state.SecurityGroups[id].Tags = c.tags
	return nil
}

func dropGroup(state *region.State, id string) error {
	err := dependents(id,
		using(state.Instances, func(i *region.Instance) bool { return slices.Contains(i.Groups, id) }),
		using(state.Rules, func(r *region.Rule) bool { return r.Peer == id && r.Group != id }))
	if err != nil {
		return err
	}
	for rule, r := range state.Rules {
		if r.Group == id {
			delete(state.Rules, rule)
		}
	}
	delete(state.SecurityGroups, id)
	return nil
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

func addRule(egress bool) func(*region.State, call, *ruleProperties) (string, error) {
	return func(state *region.State, c call, in *ruleProperties) (string, error) {
		if state.SecurityGroups[in.SecurityGroupID] == nil {
			return "", missing("Group", in.SecurityGroupID)
		}
		id := newID("sgr")
		state.Rules[id] = &region.Rule{Group: in.SecurityGroupID, Egress: egress}
		return id, changeRule(state, c, id, in)
	}
}

func getRule(state *region.State, c call, id string) *ruleProperties {
	r := state.Rules[id]
	if r == nil {
		return nil
	}
	out := &ruleProperties{
		SecurityGroupID: r.Group, ReferencedSecurityGroupID: r.Peer, IPProtocol: r.Protocol, Description: r.Description,
		ARN: arn(c, "security-group-rule", id), SecurityGroupRuleID: id, tagged: tagsOf(r.Tags),
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

func changeRule(state *region.State, c call, id string, in *ruleProperties) error {
	rule := region.Rule{
		Group: in.SecurityGroupID, Egress: state.Rules[id].Egress, Protocol: in.IPProtocol, FromPort: -1, ToPort: -1,
		Peer: in.ReferencedSecurityGroupID, Description: in.Description, Tags: c.tags,
	}
	ends := 0
	for key, text := range map[string]string{"cidrIpv4": in.CIDRIPv4, "cidrIpv6": in.CIDRIPv6} {
		if text == "" {
			continue
		}
		prefix, err := parsePrefix(key, text)
		if err != nil {
			return err
		}
		rule.CIDR = prefix
		ends++
	}
	if rule.Peer != "" {
		if state.SecurityGroups[rule.Peer] == nil {
			return missing("Group", rule.Peer)
		}
		ends++
	}
	if ends != 1 {
		return errors.New("InvalidParameterCombination: a rule has one of cidrIpv4, cidrIpv6 and referencedSecurityGroupId")
	}
	switch in.IPProtocol {
	case "tcp", "udp", "icmp":
		if in.FromPort == nil || in.ToPort == nil {
			return errors.New("InvalidParameterValue: a rule for " + in.IPProtocol + " needs fromPort and toPort")
		}
		rule.FromPort, rule.ToPort = *in.FromPort, *in.ToPort
	case "-1":
	default:
		return fmt.Errorf("ipProtocol: %q is not part of the sandbox: use tcp, udp, icmp or -1", in.IPProtocol)
	}
	for other, r := range state.Rules {
		same := r.Group == rule.Group && r.Egress == rule.Egress && r.Protocol == rule.Protocol && r.FromPort == rule.FromPort &&
			r.ToPort == rule.ToPort && r.CIDR == rule.CIDR && r.Peer == rule.Peer
		if other != id && same {
			return fmt.Errorf("InvalidPermission.Duplicate: %s has this rule already: %s", rule.Group, other)
		}
	}
	state.Rules[id] = &rule
	return nil
}

func dropRule(state *region.State, id string) error {
	delete(state.Rules, id)
	return nil
}
