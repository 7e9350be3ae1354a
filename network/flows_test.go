package network

import (
	"fmt"
	"slices"
	"testing"

	"hello-kubernetes/tests/recorder"
)

var adminsOfTest = []string{"203.0.113.7/32", "2001:db8::/32"}

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

// inEachShape runs check with the rules of each topology and way of NAT.
func inEachShape(t *testing.T, check func(t *testing.T, topology Topology, nat NAT, ingress, egress []passage)) {
	t.Helper()
	t.Parallel()
	for _, topology := range []Topology{Public, Private} {
		for _, nat := range []NAT{NATInstance, NATGateway, NATNone} {
			t.Run(string(topology)+" "+string(nat), func(t *testing.T) {
				t.Parallel()
				r := record(t, topology, nat, adminsOfTest...)
				check(t, topology, nat, passages(t, r, recorder.IngressRule), passages(t, r, recorder.EgressRule))
			})
		}
	}
}

func isRole(end string) bool { return end == edge || end == controlPlane || end == worker }

// The rules are the flows, no less and no more.
func TestRulesAreTheFlows(t *testing.T) {
	inEachShape(t, func(t *testing.T, topology Topology, nat NAT, ingress, egress []passage) {
		var in, out []passage
		for _, f := range flows(topology, nat) {
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
			if len(direction.got) != len(direction.want) {
				t.Errorf("%d %s rules for %d flows: AWS takes none twice", len(direction.got), direction.name, len(direction.want))
			}
		}
	})
}

// A rule at one end without its counterpart at the other lets nothing through, or will let something through one day.
func TestRulesBetweenRolesComeInPairs(t *testing.T) {
	inEachShape(t, func(t *testing.T, _ Topology, _ NAT, ingress, egress []passage) {
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
	inEachShape(t, func(t *testing.T, topology Topology, nat NAT, ingress, egress []passage) {
		const pathMTU = "icmp 3-4"
		front, onlyPrivate := controlPlane, topology == Private
		if onlyPrivate {
			front = edge
		}
		allowed := map[passage]bool{
			{anywhere, front, "tcp 80-80"}:            true,
			{anywhere, front, pathMTU}:                true,
			{adminsOfTest[0], front, "tcp 22-22"}:     true,
			{adminsOfTest[0], front, "tcp 6443-6443"}: true,
			{adminsOfTest[1], front, "tcp 22-22"}:     true,
			{adminsOfTest[1], front, "tcp 6443-6443"}: true,
			{front, worker, "tcp 22-22"}:              true,
			{front, worker, "tcp 30000-32767"}:        true,
			{front, worker, pathMTU}:                  true,
			{worker, front, pathMTU}:                  true,
			{controlPlane, worker, "tcp 10250-10250"}: true,
			{controlPlane, worker, "udp 8472-8472"}:   true,
			{controlPlane, worker, pathMTU}:           true,
			{worker, controlPlane, "tcp 6443-6443"}:   true,
			{worker, controlPlane, "udp 8472-8472"}:   true,
			{worker, controlPlane, pathMTU}:           true,
			{worker, worker, "udp 8472-8472"}:         true,
			{worker, worker, pathMTU}:                 true,
		}
		if onlyPrivate {
			for _, p := range []passage{
				{front, controlPlane, "tcp 22-22"},
				{front, controlPlane, "tcp 6443-6443"},
				{front, controlPlane, pathMTU},
				{controlPlane, front, pathMTU},
			} {
				allowed[p] = true
			}
		}
		outward := []string{"tcp 80-80", "tcp 443-443", "udp 123-123"} // packages, images, time
		for _, role := range []string{worker, controlPlane} {
			for _, traffic := range outward {
				through := nat == NATInstance && role != front
				allowed[passage{role, front, traffic}] = through
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
			if nat == NATNone && p.from != front {
				beyond, ports = "10.0.0.20/32", outward[:2]
			}
			if !isRole(p.to) && (p.to != beyond || !slices.Contains(ports, p.traffic)) {
				t.Errorf("%v may go out", p)
			}
			if p == (passage{edge, anywhere, "tcp 443-443"}) && nat != NATInstance {
				t.Errorf("%v may go out, for nobody", p)
			}
		}
	})
}
