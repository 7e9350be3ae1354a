// Package e2e runs the program on the sandbox region through the real Pulumi CLI, in a copy of the project.
package e2e

import (
	"flag"
	"os"
	"slices"
	"testing"
)

var keepRegion = flag.Bool("keep", false, "leave the region up after the tests, and the copy of the project in place")

// stacks are the stack files whose region is the sandbox. Each has a region of its own, one after the other.
var stacks = []stack{
	{"local", "public", slices.Concat(anywhere, []scenario{
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
	{"local-private", "private", slices.Concat(anywhere, []scenario{
		{"a lost edge is replaced", lost("edge")},
		{"down leaves nothing", downLeavesNothing},
	})},
}

// anywhere is what every topology begins with; what does not depend on it is tried in one.
var anywhere = []scenario{
	{"fresh up", freshUp},
	{"outputs", outputs},
	{"no change after up and refresh", noChange},
	{"what passes is what the docs say", passes},
	{"a rule by hand is noticed", changedRules},
	{"no host passes for another", spoofing},
	{"the internet sees one address", seenAs},
	{"no pod passes for its node", metadata},
	{"an impostor is refused", impostor},
	{"the way out changes in place", waysOut},
}

// A stack is one of stacks, with the topology of its network and what it is put through: the scenarios share a region, in this
// order, and each but the last leaves it as it found it, or says so.
type stack struct {
	name, topology string
	scenarios      []scenario
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

func (s stack) run(t *testing.T, p *project) {
	for _, scenario := range s.scenarios {
		ok := t.Run(scenario.name, func(t *testing.T) {
			t.Cleanup(func() {
				if t.Failed() {
					p.keepEvidence(t)
				}
			})
			scenario.run(t, p)
		})
		if !ok && scenario.name == "fresh up" {
			t.Fatal("without a region the other scenarios say nothing")
		}
	}
}
