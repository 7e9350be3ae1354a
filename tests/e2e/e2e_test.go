// Package e2e runs the program on the sandbox region through the real Pulumi CLI, in a copy of the project.
package e2e

import (
	"flag"
	"os"
	"testing"
)

var keepRegion = flag.Bool("keep", false, "leave the region up after the tests, and the copy of the project in place")

// scenarios share one region, in this order: each leaves it as it found it.
var scenarios = []struct {
	name string
	run  func(*testing.T, *project)
}{
	{"fresh up", freshUp},
	{"outputs", outputs},
	{"no change after up and refresh", noChange},
	{"closed but for the app", closed},
	{"kubelets refuse strangers", kubeletsRefuseStrangers},
	{"the API server refuses strangers", serverRefusesStrangers},
	{"a privileged pod is refused", privilegedPodIsRefused},
	{"a pod without a seccomp profile has one", seccompByDefault},
	{"a Secret is unreadable on disk and not logged", secretIsHidden},
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
	p := copyProject(t)
	for _, scenario := range scenarios {
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
