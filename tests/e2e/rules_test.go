package e2e

import (
	"maps"
	"slices"
	"testing"

	"hello-kubernetes/sandbox/region"
)

// changedRules changes rules behind Pulumi's back: the matrix notices each of them, and nothing but it.
func changedRules(t *testing.T, p *project) {
	m := newMatrix(t, p)
	_, worker := instanceOf(t, p.host(t, "worker-0"))
	group := worker.Groups[0]
	kubelet := port("tcp", 10250)
	nodePort := func(f flow) bool { return f.To == "worker" && f.contain(port("tcp", 30080)) }
	for _, tc := range []struct {
		name   string
		change func(rules map[string]*region.Rule)
		flows  []flow // that there are then
	}{
		{"workers may ask each other's kubelets", func(rules map[string]*region.Rule) {
			for id, egress := range map[string]bool{"sgr-by-hand-in": false, "sgr-by-hand-out": true} {
				rules[id] = &region.Rule{Group: group, Peer: group, Egress: egress, Protocol: "tcp", FromPort: kubelet.First, ToPort: kubelet.Last}
			}
		}, append(slices.Clone(m.flows), flow{"worker", "worker", kubelet})},
		{"workers do not let in requests to the app", func(rules map[string]*region.Rule) {
			maps.DeleteFunc(rules, func(_ string, r *region.Rule) bool {
				return r.Group == group && !r.Egress && nodePort(flow{To: "worker", ports: ports{r.Protocol, r.FromPort, r.ToPort}})
			})
		}, slices.DeleteFunc(slices.Clone(m.flows), nodePort)},
	} {
		var before map[string]*region.Rule
		changeRegion(t, func(state *region.State) {
			before = maps.Clone(state.Rules)
			tc.change(state.Rules)
		})
		restore := func() {
			changeRegion(t, func(state *region.State) { state.Rules = maps.Clone(before) })
		}
		t.Cleanup(restore) // if the matrix cannot be asked
		answers := m.ask(t)
		restore()
		for _, difference := range differences(answers, tc.flows) {
			t.Errorf("%s: %s", tc.name, difference)
		}
		noticed := differences(answers, m.flows)
		if len(noticed) == 0 {
			t.Errorf("%s: nothing is noticed", tc.name)
		}
		for _, difference := range noticed {
			t.Logf("%s: %s", tc.name, difference)
		}
	}
	m.isClean(t)
}
