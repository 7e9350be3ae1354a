package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"hello-kubernetes/internal/recorder"
)

// What has to be there before: without one of these edges a run may fail, and only sometimes.
func TestOrderHasTheNecessaryEdges(t *testing.T) {
	inEachVariant(t, func(t *testing.T, s stack) {
		wayOut := []string{"control-plane-nat", "Route control-plane-nat"}
		if s.config.NAT == "gateway" {
			wayOut = []string{"NatGateway", "Route private"}
		}
		publicWayOut := []string{"InternetGateway", "Route public", "RouteTableAssociation public"}
		edges := map[string][]string{
			"EipAssociation control-plane": publicWayOut,
			"control-plane-booted":         {"EipAssociation control-plane"},
			"control-plane-init":           {"control-plane-prepare"},
			"control-plane-network":        {"control-plane-init"},
			"control-plane-kubeconfig":     {"control-plane-network"},
			"Namespace hello-hapi":         {"control-plane-kubeconfig"},
			"Deployment hello-hapi":        {"control-plane-kubeconfig"},
			"Service hello-hapi":           {"control-plane-kubeconfig"},
			"control-plane-site":           {"control-plane-nginx", "Service hello-hapi"},
		}
		if s.config.NAT == "gateway" {
			edges["NatGateway"] = publicWayOut[:2]
		}
		for i := range s.config.Workers.Count {
			step := func(name string) string { return fmt.Sprintf("worker-%d-%s", i, name) }
			edges[step("listening")] = []string{"control-plane-booted"}
			edges[step("booted")] = []string{step("listening")}
			edges[step("prepare")] = append(wayOut, step("booted"), "RouteTableAssociation private")
			edges[step("token")] = []string{"control-plane-network", step("prepare")} // it lives as long as a join takes
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
		allowed := map[string][]string{ // the commands that a command may wait for
			"control-plane-booted":  {},
			"control-plane-nginx":   {"control-plane-booted"},
			"control-plane-prepare": {"control-plane-booted"},
			"control-plane-nat":     {"control-plane-booted"},
			"control-plane-init":    {"control-plane-booted", "control-plane-prepare"},
			"control-plane-network": {"control-plane-booted", "control-plane-prepare", "control-plane-init"},
		}
		if s.config.NAT != "instance" {
			delete(allowed, "control-plane-nat")
		}
		for i := range s.config.Workers.Count {
			step := func(name string) string { return fmt.Sprintf("worker-%d-%s", i, name) }
			prepare := []string{"control-plane-booted", "control-plane-nat", step("listening"), step("booted")}
			join := append(slices.Clone(prepare), "control-plane-prepare", "control-plane-init", "control-plane-network", step("prepare"))
			allowed["Instance "+fmt.Sprintf("worker-%d", i)] = []string{}
			allowed[step("listening")] = []string{"control-plane-booted"}
			allowed[step("prepare")] = prepare
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
			if res.Component() && res.Label() != stackOutputs {
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
