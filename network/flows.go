package network

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/vpc"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// The ends of a flow. Edge, control plane and worker are roles with a security group of their own. In the public topology
// the control plane's host is the edge, too. The mirror stands for the internet where there is no NAT.
const (
	internet     = "internet"
	admins       = "admins"
	mirror       = "mirror"
	edge         = "edge"
	controlPlane = "control-plane"
	worker       = "worker"
)

// A flow is traffic that may pass. All else is dropped, in both directions; answers pass with what they answer.
type flow struct {
	from, to            string
	protocol            string // tcp, udp or icmp
	firstPort, lastPort int    // for icmp: type and code
	name                string // names the rules
	reason              string // describes them, to people
}

// flows is all that the cluster needs. The ports are those of kubeadm and flannel:
// https://kubernetes.io/docs/reference/networking/ports-and-protocols/
// https://github.com/flannel-io/flannel/blob/master/Documentation/backends.md#vxlan
func flows(topology Topology, nat NAT) []flow {
	const unreachable, fragmentationNeeded = 3, 4 // ICMP type and code of path MTU discovery, RFC 1191
	all := []flow{
		{internet, edge, "tcp", 80, 80, "http", "requests to nginx"},
		{admins, edge, "tcp", 22, 22, "ssh", "logins"},
		{admins, edge, "tcp", 6443, 6443, "api", "kubectl"},
		{edge, controlPlane, "tcp", 22, 22, "ssh", "logins through the edge"},
		{edge, controlPlane, "tcp", 6443, 6443, "api", "kubectl through the edge"},
		{edge, worker, "tcp", 22, 22, "ssh", "logins through the edge"},
		{edge, worker, "tcp", 30000, 32767, "nodeports", "requests from nginx to the app"},
		{worker, controlPlane, "tcp", 6443, 6443, "api", "kubelets and pods"},
		{controlPlane, worker, "tcp", 10250, 10250, "kubelet", "logs and shells of pods"},
		{controlPlane, worker, "udp", 8472, 8472, "vxlan", "traffic of pods"},
		{worker, controlPlane, "udp", 8472, 8472, "vxlan", "traffic of pods"},
		{worker, worker, "udp", 8472, 8472, "vxlan", "traffic of pods"},
	}
	for _, ends := range [][2]string{
		{internet, edge},
		{edge, controlPlane},
		{controlPlane, edge},
		{edge, worker},
		{worker, edge},
		{controlPlane, worker},
		{worker, controlPlane},
		{worker, worker},
	} {
		all = append(all, flow{ends[0], ends[1], "icmp", unreachable, fragmentationNeeded, "path-mtu", "path MTU discovery"})
	}
	for _, role := range []string{controlPlane, worker} {
		private := role == worker || topology == Private
		switch {
		case !private || nat == NATGateway:
			all = append(all, outward(role, internet, "")...)
		case nat == NATInstance: // what the edge forwards arrives there first
			all = append(all, outward(role, internet, "")...)
			all = append(all, outward(role, edge, " through the NAT")...)
		case nat == NATNone:
			all = append(all, outward(role, mirror, "")[:2]...) // which has no clock
		}
	}
	// For itself the edge needs Debian packages and the clock, and the rest for those behind it.
	for _, f := range outward(edge, internet, "") {
		if f.name != "images" {
			all = append(all, f)
		} else if nat == NATInstance {
			f.reason += " through the NAT"
			all = append(all, f)
		}
	}
	if topology == Public {
		return merge(all, edge, controlPlane)
	}
	return all
}

// outward is what a role needs from beyond the VPC, as far as end.
func outward(role, end, how string) []flow {
	return []flow{
		{role, end, "tcp", 80, 80, "packages", "Debian packages" + how},
		{role, end, "tcp", 443, 443, "images", "container images and Kubernetes packages" + how},
		{role, end, "udp", 123, 123, "time", "clock" + how},
	}
}

// merge is the flows when one host has two roles: what went between those stays inside it.
func merge(all []flow, role, into string) []flow {
	rename := func(end string) string {
		if end == role {
			return into
		}
		return end
	}
	var merged []flow
	for _, f := range all {
		internal := f.from == role && f.to == into || f.from == into && f.to == role
		f.from, f.to = rename(f.from), rename(f.to)
		same := func(other flow) bool { return other.from == f.from && other.to == f.to && other.name == f.name }
		if !internal && !slices.ContainsFunc(merged, same) {
			merged = append(merged, f)
		}
	}
	return merged
}

// securityGroups registers one group a role and one rule a flow and end. A flow of the admins has a rule for each CIDR.
func (n *Network) securityGroups(ctx *pulumi.Context, name string, v *ec2.Vpc, args Args) error {
	roles := []string{controlPlane, worker}
	if args.Topology == Private {
		roles = append(roles, edge)
	}
	groups := map[string]*ec2.SecurityGroup{}
	for _, role := range roles {
		group, err := ec2.NewSecurityGroup(ctx, name+"-"+role, &ec2.SecurityGroupArgs{
			VpcId:       v.ID(),
			Description: pulumi.Sprintf("Hosts of the role %s", role),
			Tags:        tags(name + "-" + role),
		}, pulumi.Parent(n))
		if err != nil {
			return fmt.Errorf("security group %s: %w", role, err)
		}
		groups[role] = group
	}
	cidrs := map[string][]string{internet: {anywhere}, admins: args.AdminCIDRs, mirror: {args.Mirror + "/32"}}
	for _, f := range flows(args.Topology, args.NAT) {
		if group := groups[f.to]; group != nil {
			if err := n.ingress(ctx, f, group, groups[f.from], cidrs[f.from]); err != nil {
				return err
			}
		}
		if group := groups[f.from]; group != nil {
			if err := n.egress(ctx, f, group, groups[f.to], cidrs[f.to]); err != nil {
				return err
			}
		}
	}
	n.ControlPlaneGroupID = groups[controlPlane].ID().ToStringOutput()
	n.WorkerGroupID = groups[worker].ID().ToStringOutput()
	if group := groups[edge]; group != nil {
		n.EdgeGroupID = group.ID().ToStringOutput()
	}
	return nil
}

func (n *Network) ingress(ctx *pulumi.Context, f flow, group, peer *ec2.SecurityGroup, cidrs []string) error {
	return eachPeer(peer, cidrs, func(suffix string, id, cidr4, cidr6 pulumi.StringPtrInput) error {
		name := f.to + "-from-" + f.from + "-" + f.name + suffix
		_, err := vpc.NewSecurityGroupIngressRule(ctx, name, &vpc.SecurityGroupIngressRuleArgs{
			SecurityGroupId:           group.ID(),
			ReferencedSecurityGroupId: id,
			CidrIpv4:                  cidr4,
			CidrIpv6:                  cidr6,
			IpProtocol:                pulumi.String(f.protocol),
			FromPort:                  pulumi.Int(f.firstPort),
			ToPort:                    pulumi.Int(f.lastPort),
			Description:               pulumi.String(f.reason + ", from " + f.from),
			Tags:                      tags(name),
		}, pulumi.Parent(n))
		return err
	})
}

func (n *Network) egress(ctx *pulumi.Context, f flow, group, peer *ec2.SecurityGroup, cidrs []string) error {
	return eachPeer(peer, cidrs, func(suffix string, id, cidr4, cidr6 pulumi.StringPtrInput) error {
		name := f.from + "-to-" + f.to + "-" + f.name + suffix
		_, err := vpc.NewSecurityGroupEgressRule(ctx, name, &vpc.SecurityGroupEgressRuleArgs{
			SecurityGroupId:           group.ID(),
			ReferencedSecurityGroupId: id,
			CidrIpv4:                  cidr4,
			CidrIpv6:                  cidr6,
			IpProtocol:                pulumi.String(f.protocol),
			FromPort:                  pulumi.Int(f.firstPort),
			ToPort:                    pulumi.Int(f.lastPort),
			Description:               pulumi.String(f.reason + ", to " + f.to),
			Tags:                      tags(name),
		}, pulumi.Parent(n))
		return err
	})
}

// eachPeer calls rule for the other end of a flow: a security group, or each of the CIDRs.
func eachPeer(peer *ec2.SecurityGroup, cidrs []string, rule func(suffix string, id, cidr4, cidr6 pulumi.StringPtrInput) error) error {
	if peer != nil {
		return rule("", peer.ID().ToStringOutput().ToStringPtrOutput(), nil, nil)
	}
	for _, cidr := range cidrs {
		suffix := ""
		if cidr != anywhere {
			suffix = "-" + cidr
		}
		var cidr4, cidr6 pulumi.StringPtrInput = pulumi.String(cidr), nil
		if strings.Contains(cidr, ":") {
			cidr4, cidr6 = nil, pulumi.String(cidr)
		}
		if err := rule(suffix, nil, cidr4, cidr6); err != nil {
			return err
		}
	}
	return nil
}
