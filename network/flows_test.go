package network

import (
	"fmt"
	"slices"
	"testing"

	"hello-kubernetes/internal/recorder"
)

var adminsOfTest = []string{"203.0.113.7/32", "2001:db8::/32"}

// ends returns what stands for an end of a flow in rules.
func ends(end string) []string {
	switch end {
	case internet:
		return []string{anywhere}
	case admins:
		return adminsOfTest
	default:
		return []string{end}
	}
}

// inBothNATs runs check with the rules of each way of NAT.
func inBothNATs(t *testing.T, check func(t *testing.T, nat NAT, ingress, egress []passage)) {
	t.Helper()
	t.Parallel()
	for _, nat := range []NAT{NATInstance, NATGateway} {
		t.Run(string(nat), func(t *testing.T) {
			t.Parallel()
			r := record(t, nat, adminsOfTest...)
			check(t, nat, passages(t, r, recorder.IngressRule), passages(t, r, recorder.EgressRule))
		})
	}
}

func isRole(end string) bool { return end == controlPlane || end == worker }

// The rules are the flows, no less and no more.
func TestRulesAreTheFlows(t *testing.T) {
	inBothNATs(t, func(t *testing.T, nat NAT, ingress, egress []passage) {
		var in, out []passage
		for _, f := range flows(nat) {
			for _, from := range ends(f.from) {
				for _, to := range ends(f.to) {
					p := passage{from, to, fmt.Sprintf("%s %d-%d", f.protocol, f.firstPort, f.lastPort)}
					if isRole(f.to) {
						in = append(in, p)
					}
					if isRole(f.from) {
						out = append(out, p)
					}
				}
			}
		}
		for _, direction := range []struct {
			name      string
			got, want []passage
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
		}
	})
}

// A rule at one end without its counterpart at the other lets nothing through, or will let something through one day.
func TestRulesBetweenRolesComeInPairs(t *testing.T) {
	inBothNATs(t, func(t *testing.T, _ NAT, ingress, egress []passage) {
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

// What each role may be reached on, said again in other words: a flow that is added has to be added here, by someone who
// thinks about it.
func TestWhatMayBeReached(t *testing.T) {
	inBothNATs(t, func(t *testing.T, nat NAT, ingress, egress []passage) {
		const pathMTU = "icmp 3-4"
		allowed := map[passage]bool{
			{anywhere, controlPlane, "tcp 80-80"}:            true,
			{anywhere, controlPlane, pathMTU}:                true,
			{worker, controlPlane, "tcp 6443-6443"}:          true,
			{worker, controlPlane, "udp 8472-8472"}:          true,
			{worker, controlPlane, pathMTU}:                  true,
			{controlPlane, worker, "tcp 22-22"}:              true,
			{controlPlane, worker, "tcp 10250-10250"}:        true,
			{controlPlane, worker, "tcp 30000-32767"}:        true,
			{controlPlane, worker, "udp 8472-8472"}:          true,
			{controlPlane, worker, pathMTU}:                  true,
			{worker, worker, "udp 8472-8472"}:                true,
			{worker, worker, pathMTU}:                        true,
			{worker, controlPlane, "tcp 80-80"}:              nat == NATInstance, // on its way out
			{worker, controlPlane, "tcp 443-443"}:            nat == NATInstance,
			{worker, controlPlane, "udp 123-123"}:            nat == NATInstance,
			{adminsOfTest[0], controlPlane, "tcp 22-22"}:     true,
			{adminsOfTest[0], controlPlane, "tcp 6443-6443"}: true,
			{adminsOfTest[1], controlPlane, "tcp 22-22"}:     true,
			{adminsOfTest[1], controlPlane, "tcp 6443-6443"}: true,
		}
		for _, p := range ingress {
			if !allowed[p] {
				t.Errorf("%v may come in", p)
			}
		}
		for _, p := range egress {
			out := []string{"tcp 80-80", "tcp 443-443", "udp 123-123"} // packages, images, time
			if !isRole(p.to) && (p.to != anywhere || !slices.Contains(out, p.traffic)) {
				t.Errorf("%v may go out", p)
			}
		}
	})
}
