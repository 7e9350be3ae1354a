// Package e2e runs the program on the sandbox region through the real Pulumi CLI, in a copy of the project.
package e2e

import (
	"flag"
	"os"
	"testing"
)

var keepRegion = flag.Bool("keep", false, "leave the region up after the tests, and the copy of the project in place")

// stacks are the stack files whose region is the sandbox. Each has a region of its own, one after the other.
var stacks = []stack{
	{"local", "public", scenarios},
}

// A stack is one of stacks, with the topology of its network and what it is put through.
type stack struct {
	name, topology string
	scenarios      []scenario
}

type scenario struct {
	name string
	run  func(*testing.T, *project)
}

// scenarios share one region, in this order: each leaves it as it found it.
var scenarios = []scenario{
	{"fresh up", freshUp},
	{"outputs", outputs},
	{"no change after up and refresh", noChange},
	{"what passes is what the docs say", passes},
	{"a rule by hand is noticed", changedRules},
	{"no host passes for another", spoofing},
	{"the internet sees one address", seenAs},
	{"no pod passes for its node", metadata},
	{"an impostor is refused", impostor},
	{"the app scales", scaleTheApp},
	{"a new image rolls without a failed request", rollTheImage},
	{"a killed pod comes back", killAPod},
	{"a configuration error changes nothing", configurationError},
	{"a lost machine is replaced", lostMachine},
	{"an interrupted up goes on", interruptedUp},
	{"a killed up goes on", killedUp},
	{"no secret in logs and state", secrets},
	{"down leaves nothing", downLeavesNothing},
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
