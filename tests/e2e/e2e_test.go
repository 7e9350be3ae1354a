// Package e2e runs the program on the sandbox region through the real Pulumi CLI, in a copy of the project.
package e2e

import (
	"flag"
	"os"
	"slices"
	"strings"
	"testing"
)

var keepRegion = flag.Bool("keep", false, "leave the region up after the tests, and the copy of the project in place")

// stacks are the stack files whose region is the sandbox. Each has a region of its own, one after the other.
var stacks = []stack{
	{"local", slices.Concat(anywhere, []scenario{
		{"kubelets refuse strangers", kubeletsRefuseStrangers},
		{"the API server refuses strangers", serverRefusesStrangers},
		{"a privileged pod is refused", privilegedPodIsRefused},
		{"a pod without a seccomp profile has one", seccompByDefault},
		{"a Secret is unreadable on disk and not logged", secretIsHidden},
		{"the app scales", scaleTheApp},
		{"a new image rolls without a failed request", rollTheImage},
		{"a killed pod comes back", killAPod},
		{"a configuration error changes nothing", configurationError},
		{"a lost worker is replaced", lost("worker-1")},
		{"an interrupted up goes on", interruptedUp},
		{"a killed up goes on", killedUp},
		{"no secret in logs and state", secrets},
		{"public becomes private", becomePrivate},
		{"down leaves nothing", downLeavesNothing},
	})},
	{"local-private", slices.Concat(anywhere, []scenario{
		{"a lost edge is replaced", lost("edge")},
		{"down leaves nothing", downLeavesNothing},
	})},
}

// anywhere is what every topology begins with; what does not depend on it is tried in one.
var anywhere = []scenario{
	{"fresh up", freshUp},
	{"outputs", outputs},
	{"no change after up and refresh", noChange},
	{"what passes is what the flows say", passes},
	{"a rule by hand is noticed", changedRules},
	{"no host passes for another", spoofing},
	{"the internet sees one address", seenAs},
	{"no pod passes for its node", metadata},
	{"an impostor is refused", impostor},
	{"the NAT changes in place", changeNAT},
}

// A stack is one of stacks, with what it is put through: the scenarios share a region, in this order, and each but the
// last leaves it as it found it, or says so.
type stack struct {
	name      string
	scenarios []scenario
}

type scenario struct {
	name string
	run  func(*testing.T, *project)
}

func TestSandbox(t *testing.T) {
	if os.Geteuid() != 0 {
		const remedy = "the sandbox makes network namespaces and containers: run the tests as root (sudo make test)"
		if os.Getenv("CI") == "true" {
			t.Fatal(remedy)
		}
		t.Skip(remedy)
	}
	for _, stack := range stacks {
		t.Run(stack.name, func(t *testing.T) { stack.run(t, copyProject(t, stack)) })
	}
}

// run runs the scenarios. One that fails does not take the others along: the stack is repaired first.
func (s stack) run(t *testing.T, p *project) {
	for i, scenario := range s.scenarios {
		file := p.stackFile(t)
		if t.Run(scenario.name, func(t *testing.T) {
			t.Cleanup(func() {
				if t.Failed() {
					p.keepEvidence(t)
				}
			})
			scenario.run(t, p)
		}) {
			continue
		}
		if i == 0 {
			t.Fatal("without a region the other scenarios say nothing")
		}
		rest := s.scenarios[i+1:]
		if err := p.repair(file); err != nil && len(rest) > 0 {
			var names []string
			for _, scenario := range rest {
				names = append(names, scenario.name)
			}
			t.Fatalf("not run, as the stack could not be repaired: %s\n%v", strings.Join(names, "; "), err)
		}
	}
}
