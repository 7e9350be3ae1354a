package network

import (
	"fmt"
	"slices"
	"testing"

	"hello-kubernetes/internal/layout"
	"hello-kubernetes/tests/recorder"
)

var (
	adminsOfTest    = []string{"203.0.113.7/32", "2001:db8::/32"}
	nodePortsOfTest = []int{30080, 30081}
)

// ends returns what stands for an end of a flow in rules.
func ends(end string) []string {
	switch end {
	case internet:
		return []string{anywhere}
	case admins:
		return adminsOfTest
	case mirror:
		return []string{"10.0.0.20/32"}
	default:
		return []string{end}
	}
}

// withEachNAT runs check with the rules of each kind of NAT.
func withEachNAT(t *testing.T, check func(t *testing.T, nat layout.NAT, ingress, egress []rule)) {
	t.Helper()
	t.Parallel()
	for _, nat := range []layout.NAT{layout.NATInstance, layout.NATGateway, layout.NATNone} {
		t.Run(string(nat), func(t *testing.T) {
			t.Parallel()
			r := record(t, nat, adminsOfTest...)
			check(t, nat, rules(t, r, recorder.IngressRule), rules(t, r, recorder.EgressRule))
		})
	}
}

func isRole(end string) bool { return slices.Contains(layout.Roles, layout.Role(end)) }

// The rules are the flows, no less and no more.
func TestRulesAreTheFlows(t *testing.T) {
	withEachNAT(t, func(t *testing.T, nat layout.NAT, ingress, egress []rule) {
		var in, out []rule
		for _, f := range flows(nat, nodePortsOfTest) {
			for _, from := range ends(f.From) {
				for _, to := range ends(f.To) {
					p := rule{from, to, fmt.Sprintf("%s %d-%d", f.Protocol, f.FirstPort, f.LastPort)}
					if isRole(f.To) {
						in = append(in, p)
					}
					if isRole(f.From) {
						out = append(out, p)
					}
				}
			}
		}
		for _, direction := range []struct {
			name      string
			got, want []rule
		}{{"ingress", ingress, in}, {"egress", egress, out}} {
			for _, p := range direction.want {
				if !slices.Contains(direction.got, p) {
					t.Errorf("no %s rule for %v", direction.name, p)
				}
			}
			for _, p := range direction.got {
				if !slices.Contains(direction.want, p) {
					t.Errorf("an %s rule lets %v through, which is no flow", direction.name, p)
				}
			}
			if len(direction.got) != len(direction.want) {
				t.Errorf(
					"%d %s rules for %d flows: AWS takes none twice",
					len(direction.got),
					direction.name,
					len(direction.want),
				)
			}
		}
	})
}

// AWS would change a rule's port in place, and close the old one while nginx still asks it.
func TestANodePortIsInTheNamesOfItsRules(t *testing.T) {
	t.Parallel()
	r := record(t, layout.NATInstance)
	for _, port := range nodePortsOfTest {
		for _, rule := range []string{"SecurityGroupIngressRule worker-from-edge", "SecurityGroupEgressRule edge-to-worker"} {
			name := fmt.Sprintf("%s-nodeport-%d", rule, port)
			if traffic := r.Get(t, name).Traffic(); traffic != fmt.Sprintf("tcp %d-%d", port, port) {
				t.Errorf("%s lets %s through", name, traffic)
			}
		}
	}
}

// A rule at one end without its counterpart at the other lets nothing through, or will let something through one day.
func TestRulesBetweenRolesComeInPairs(t *testing.T) {
	withEachNAT(t, func(t *testing.T, _ layout.NAT, ingress, egress []rule) {
		for _, p := range ingress {
			if isRole(p.from) && !slices.Contains(egress, p) {
				t.Errorf("%v may come in, but does not go out", p)
			}
		}
		for _, p := range egress {
			if isRole(p.to) && !slices.Contains(ingress, p) {
				t.Errorf("%v may go out, but does not come in", p)
			}
		}
	})
}

// What each role may be reached on, said again in other words: a flow that is added has to be added here, by someone
// who thinks about it.
func TestWhatMayBeReached(t *testing.T) {
	withEachNAT(t, func(t *testing.T, nat layout.NAT, ingress, egress []rule) {
		const pathMTU = "icmp 3-4"
		allowed := map[rule]bool{
			{anywhere, edge, "tcp 80-80"}:             true,
			{anywhere, edge, pathMTU}:                 true,
			{adminsOfTest[0], edge, "tcp 22-22"}:      true,
			{adminsOfTest[0], edge, "tcp 6443-6443"}:  true,
			{adminsOfTest[1], edge, "tcp 22-22"}:      true,
			{adminsOfTest[1], edge, "tcp 6443-6443"}:  true,
			{edge, controlPlane, "tcp 22-22"}:         true,
			{edge, controlPlane, "tcp 6443-6443"}:     true,
			{edge, controlPlane, pathMTU}:             true,
			{controlPlane, edge, pathMTU}:             true,
			{edge, worker, "tcp 22-22"}:               true,
			{edge, worker, "tcp 30080-30080"}:         true,
			{edge, worker, "tcp 30081-30081"}:         true,
			{edge, worker, pathMTU}:                   true,
			{worker, edge, pathMTU}:                   true,
			{controlPlane, worker, "tcp 10250-10250"}: true,
			{controlPlane, worker, "udp 8472-8472"}:   true,
			{controlPlane, worker, pathMTU}:           true,
			{worker, controlPlane, "tcp 6443-6443"}:   true,
			{worker, controlPlane, "udp 8472-8472"}:   true,
			{worker, controlPlane, pathMTU}:           true,
			{worker, worker, "udp 8472-8472"}:         true,
			{worker, worker, pathMTU}:                 true,
		}
		outward := []string{"tcp 80-80", "tcp 443-443", "udp 123-123"} // packages, images, time
		for _, node := range []string{worker, controlPlane} {
			for _, traffic := range outward {
				allowed[rule{node, edge, traffic}] = nat == layout.NATInstance
			}
		}
		for _, p := range ingress {
			if !allowed[p] {
				t.Errorf("%v may come in", p)
			}
		}
		for p, may := range allowed {
			if may && !slices.Contains(ingress, p) {
				t.Errorf("%v may not come in", p)
			}
		}
		for _, p := range egress {
			beyond, ports := anywhere, outward
			if nat == layout.NATNone && p.from != edge {
				beyond, ports = "10.0.0.20/32", outward[:2]
			}
			if !isRole(p.to) && (p.to != beyond || !slices.Contains(ports, p.traffic)) {
				t.Errorf("%v may go out", p)
			}
			if p == (rule{edge, anywhere, "tcp 443-443"}) && nat != layout.NATInstance {
				t.Errorf("%v may go out, for nobody", p)
			}
		}
	})
}
