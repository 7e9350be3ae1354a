package e2e

import (
	"strings"
	"syscall"
	"testing"
	"time"
)

// interruptedUp presses Ctrl-C while a worker is being made.
func interruptedUp(t *testing.T, p *project) {
	p.set(t, "workers.count", "3")
	breakOff(t, p, "::worker-2-prepare", syscall.SIGINT)
	p.run(t, 5*time.Minute, "make", "up")
	nodesAreReady(t, p, 4)
	leave(t, p)
}

// killedUp kills everything at once while an instance is being made: what was begun is nowhere written down.
func killedUp(t *testing.T, p *project) {
	p.set(t, "workers.count", "3")
	breakOff(t, p, "::hello-kubernetes-"+p.stack.name+"-worker-2", syscall.SIGKILL)
	p.run(t, 5*time.Minute, "make", "up")
	nodesAreReady(t, p, 4)
	leave(t, p)
}

// leave takes the third worker away again: drained, and its instance with it.
func leave(t *testing.T, p *project) {
	t.Helper()
	p.set(t, "workers.count", "2")
	log := p.eventLog(t)
	p.run(t, 3*time.Minute, "pulumi", "up", "--yes", "--skip-preview", "--event-log", log)
	drained := false
	for _, e := range readEvents(t, log) {
		drained = drained ||
			e.Diagnostic != nil && strings.Contains(e.Diagnostic.Message, "worker-2 drained") // kubectl says so
	}
	if !drained {
		t.Error("the worker was not drained")
	}
	nodesAreReady(t, p, 2+1)
	if instances, hosts := len(lookAround(t)["containers"]), len(p.hosts(t)); instances != hosts {
		t.Errorf("%d instances, want %d", instances, hosts)
	}
	p.run(t, time.Minute, "pulumi", "preview", "--expect-no-changes")
}

// breakOff starts make up, and sends all its processes a signal once it begins to create a resource.
func breakOff(t *testing.T, p *project, resource string, signal syscall.Signal) {
	t.Helper()
	log := p.eventLog(t)
	creates := func(e event) bool {
		return e.Before != nil && e.Before.Metadata.Op == "create" && strings.HasSuffix(e.Before.Metadata.URN, resource)
	}
	stop := func(pid int) error { return syscall.Kill(-pid, signal) }
	p.stopWhen(t, log, creates, stop, "make", "up", "ARGS=--event-log="+log)
}
