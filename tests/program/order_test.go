package program

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"hello-kubernetes/tests/recorder"
)

// What has to be there before: without one of these edges a run may fail, and only sometimes.
func TestOrderHasTheNecessaryEdges(t *testing.T) {
	inEachVariant(t, func(t *testing.T, s stack) {
		var natRoute []string
		switch s.config.NAT {
		case "instance":
			natRoute = []string{s.edge() + "-nat", "Route private"}
		case "gateway":
			natRoute = []string{"NatGateway", "Route private"}
		}
		publicRoute := []string{"InternetGateway", "Route public", "RouteTableAssociation public"}
		edges := map[string][]string{
			"EipAssociation edge":      publicRoute,
			s.edge() + "-cloud-init":   {"EipAssociation edge"},
			"control-plane-init":       {"control-plane-prepare"},
			"control-plane-network":    {"control-plane-init"},
			"control-plane-kubeconfig": {"control-plane-network"},
			"Namespace hello-hapi":     {"control-plane-kubeconfig"},
			"Deployment hello-hapi":    {"control-plane-kubeconfig"},
			"Service hello-hapi":       {"control-plane-kubeconfig"},
			s.edge() + "-site":         {s.edge() + "-nginx", "Service hello-hapi"},
		}
		if s.config.NAT == "gateway" {
			edges["NatGateway"] = publicRoute[:2]
		}
		if s.private() {
			edges["EipAssociation edge"] = append(
				slices.Clone(publicRoute),
				"Instance control-plane",
			) // which may be left over the address
			edges["Namespace hello-hapi"] = append(edges["Namespace hello-hapi"], "edge-api-proxy")
			edges["Deployment hello-hapi"] = append(edges["Deployment hello-hapi"], "edge-api-proxy")
			edges["Service hello-hapi"] = append(edges["Service hello-hapi"], "edge-api-proxy")
		}
		for _, host := range s.behind() {
			edges[host+"-listening"] = []string{s.edge() + "-cloud-init"}
			edges[host+"-cloud-init"] = []string{host + "-listening"}
			edges[host+"-prepare"] = append(slices.Clone(natRoute), host+"-cloud-init", "RouteTableAssociation private")
		}
		for i := range s.config.Workers.Count {
			step := func(name string) string { return fmt.Sprintf("worker-%d-%s", i, name) }
			edges[step("token")] = []string{
				"control-plane-network",
				step("prepare"),
			} // it lives as long as a join takes
			edges[step("join")] = []string{step("token"), step("prepare")}
			edges[step("ready")] = []string{step("join")}
			edges["control-plane-kubeconfig"] = append(edges["control-plane-kubeconfig"], step("ready"))
		}
		for after, befores := range edges {
			needs := s.Needs(t, after)
			for _, before := range befores {
				if !slices.Contains(needs, before) {
					t.Errorf("%s does not wait for %s", after, before)
				}
			}
		}
	})
}

// What need not wait does not: every edge too many makes the whole run longer.
func TestOrderHasNoNeedlessEdges(t *testing.T) {
	inEachVariant(t, func(t *testing.T, s stack) {
		edgeUp := []string{s.edge() + "-cloud-init"}
		allowed := map[string][]string{ // the commands that a command may wait for
			s.edge() + "-cloud-init": {},
			s.edge() + "-nginx":      edgeUp,
			s.edge() + "-nat":        edgeUp,
			"edge-api-proxy":         edgeUp,
		}
		if s.config.NAT != "instance" {
			delete(allowed, s.edge()+"-nat")
		}
		if !s.private() {
			delete(allowed, "edge-api-proxy")
			allowed["control-plane-prepare"] = edgeUp
		}
		for _, host := range s.behind() {
			allowed["Instance "+host] = []string{}
			allowed[host+"-listening"] = edgeUp
			allowed[host+"-prepare"] = append(
				slices.Clone(edgeUp),
				s.edge()+"-nat",
				host+"-listening",
				host+"-cloud-init",
			)
		}
		allowed["control-plane-init"] = append(slices.Clone(allowed["control-plane-prepare"]), "control-plane-prepare")
		allowed["control-plane-network"] = append(slices.Clone(allowed["control-plane-init"]), "control-plane-init")
		for i := range s.config.Workers.Count {
			step := func(name string) string { return fmt.Sprintf("worker-%d-%s", i, name) }
			join := slices.Concat(
				allowed[step("prepare")],
				allowed["control-plane-network"],
				[]string{"control-plane-network", step("prepare")},
			)
			allowed[step("token")] = join
			allowed[step("join")] = append(slices.Clone(join), step("token"))
			allowed[step("ready")] = append(slices.Clone(join), step("token"), step("join"))
		}
		for after, befores := range allowed {
			for _, before := range s.Needs(t, after) {
				if s.Get(t, before).TypeToken == recorder.Command && !slices.Contains(befores, before) {
					t.Errorf("%s waits for %s", after, before)
				}
			}
		}
	})
}

// All children wait until their component is registered, so a component must not wait for anything.
func TestComponentsWaitForNothing(t *testing.T) {
	inEachVariant(t, func(t *testing.T, s stack) {
		for _, res := range s.Resources {
			if res.Component() && res.Label() != recorder.StackOutputs {
				if needs := s.Needs(t, res.Label()); len(needs) > 0 {
					t.Errorf("%s waits for %s", res.Label(), strings.Join(needs, ", "))
				}
			}
		}
	})
}

// No host waits for another to exist.
func TestInstancesStartTogether(t *testing.T) {
	inEachVariant(t, func(t *testing.T, s stack) {
		for _, instance := range s.Of(recorder.Instance) {
			for _, before := range s.Needs(t, instance.Label()) {
				if strings.HasPrefix(before, "Instance ") || strings.HasPrefix(before, "NatGateway") {
					t.Errorf("%s waits for %s", instance.Label(), before)
				}
			}
		}
	})
}
