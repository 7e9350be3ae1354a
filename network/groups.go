package network

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/vpc"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"hello-kubernetes/internal/layout"
)

// securityGroups registers a group a role, and for each flow a rule at each end that is a role.
func (n *Network) securityGroups(ctx *pulumi.Context, name string, v *ec2.Vpc, flows []Flow, args Args) error {
	for _, role := range layout.Roles {
		name := name + "-" + string(role)
		group, err := ec2.NewSecurityGroup(ctx, name, &ec2.SecurityGroupArgs{
			VpcId:       v.ID(),
			Description: pulumi.Sprintf("Hosts of the role %s", role),
			Tags:        tags(name),
		}, pulumi.Parent(n))
		if err != nil {
			return fmt.Errorf("security group %s: %w", role, err)
		}
		n.GroupIDs[role] = group.ID().ToStringOutput()
	}
	cidrs := map[string][]string{internet: {anywhere}, admins: args.AdminCIDRs, mirror: {args.Mirror + "/32"}}
	for _, f := range flows {
		if group, ok := n.GroupIDs[layout.Role(f.To)]; ok {
			for _, peer := range n.peers(f.From, cidrs[f.From]) {
				if err := n.ingress(ctx, f, group, peer); err != nil {
					return fmt.Errorf("%s from %s: %w", f.Name, f.From, err)
				}
			}
		}
		if group, ok := n.GroupIDs[layout.Role(f.From)]; ok {
			for _, peer := range n.peers(f.To, cidrs[f.To]) {
				if err := n.egress(ctx, f, group, peer); err != nil {
					return fmt.Errorf("%s to %s: %w", f.Name, f.To, err)
				}
			}
		}
	}
	return nil
}

// A peer is the other end of a rule: AWS takes a security group or a network.
type peer struct {
	suffix          string // of the rule's name, where an end has several networks
	group, ip4, ip6 pulumi.StringPtrInput
}

// peers returns what stands for an end of a flow: a role's security group, or each of the end's networks.
func (n *Network) peers(end string, cidrs []string) []peer {
	if group, ok := n.GroupIDs[layout.Role(end)]; ok {
		return []peer{{group: group.ToStringPtrOutput()}}
	}
	var all []peer
	for _, cidr := range cidrs {
		p := peer{suffix: "-" + cidr}
		if cidr == anywhere {
			p.suffix = ""
		}
		if strings.Contains(cidr, ":") {
			p.ip6 = pulumi.String(cidr)
		} else {
			p.ip4 = pulumi.String(cidr)
		}
		all = append(all, p)
	}
	return all
}

// ruleArgs returns the arguments of a rule of group, for a flow from or to peer.
func ruleArgs(f Flow, group pulumi.StringInput, p peer, name, description string) *vpc.SecurityGroupIngressRuleArgs {
	return &vpc.SecurityGroupIngressRuleArgs{
		SecurityGroupId:           group,
		ReferencedSecurityGroupId: p.group,
		CidrIpv4:                  p.ip4,
		CidrIpv6:                  p.ip6,
		IpProtocol:                pulumi.String(f.Protocol),
		FromPort:                  pulumi.Int(f.FirstPort),
		ToPort:                    pulumi.Int(f.LastPort),
		Description:               pulumi.String(f.Reason + description),
		Tags:                      tags(name),
	}
}

func (n *Network) ingress(ctx *pulumi.Context, f Flow, group pulumi.StringInput, from peer) error {
	name := f.To + "-from-" + f.From + "-" + f.Name + from.suffix
	args := ruleArgs(f, group, from, name, ", from "+f.From)
	_, err := vpc.NewSecurityGroupIngressRule(ctx, name, args, pulumi.Parent(n))
	return err
}

func (n *Network) egress(ctx *pulumi.Context, f Flow, group pulumi.StringInput, to peer) error {
	name := f.From + "-to-" + f.To + "-" + f.Name + to.suffix
	// Rules of both kinds have the same arguments.
	args := vpc.SecurityGroupEgressRuleArgs(*ruleArgs(f, group, to, name, ", to "+f.To))
	_, err := vpc.NewSecurityGroupEgressRule(ctx, name, &args, pulumi.Parent(n))
	return err
}
