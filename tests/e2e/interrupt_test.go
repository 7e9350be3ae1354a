package e2e

import (
	"bufio"
	"io"
	"strings"
	"syscall"
	"testing"
	"time"
)

// interruptedUp presses Ctrl-C while a worker is being made.
func interruptedUp(t *testing.T, p *project) {
	p.set(t, "workers.count", "3")
	breakOff(t, p, "worker-2-prepare creating", func(pid int) error { return syscall.Kill(-pid, syscall.SIGINT) })
	p.run(t, 5*time.Minute, "make", "up")
	nodesAreReady(t, p, 4)
	leave(t, p)
}

// killedUp kills everything at once while an instance is being made: what was begun is nowhere written down.
func killedUp(t *testing.T, p *project) {
	p.set(t, "workers.count", "3")
	breakOff(t, p, "worker-2 creating", func(pid int) error { return syscall.Kill(-pid, syscall.SIGKILL) })
	p.run(t, 5*time.Minute, "make", "up")
	nodesAreReady(t, p, 4)
	leave(t, p)
}

// leave takes the third worker away again: drained, and its machine with it.
func leave(t *testing.T, p *project) {
	t.Helper()
	p.set(t, "workers.count", "2")
	if out := p.up(t); !strings.Contains(out, "worker-2 drained") {
		t.Errorf("the worker was not drained:\n%s", tail(out))
	}
	nodesAreReady(t, p, 2+1)
	if machines, hosts := len(lookAround(t)["containers"]), len(p.hosts(t)); machines != hosts {
		t.Errorf("%d machines, want %d", machines, hosts)
	}
	p.run(t, time.Minute, "pulumi", "preview", "--expect-no-changes")
}

// breakOff starts make up in a process group of its own, and stops it once it prints a sign.
func breakOff(t *testing.T, p *project, sign string, stop func(pid int) error) {
	t.Helper()
	command := p.command(t.Context(), "make", "up")
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	reader, writer := io.Pipe()
	command.Stdout, command.Stderr = writer, writer
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		err := command.Wait()
		writer.Close()
		ended <- err
	}()
	seen := false
	lines := bufio.NewScanner(reader)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if !seen && strings.Contains(lines.Text(), sign) {
			seen = true
			if err := stop(command.Process.Pid); err != nil {
				t.Error(err)
			}
		}
	}
	select {
	case err := <-ended:
		if !seen || err == nil {
			t.Fatalf("make up ended before it could be stopped at %q: %v", sign, err)
		}
	case <-time.After(time.Minute):
		t.Fatal("make up does not end")
	}
}
