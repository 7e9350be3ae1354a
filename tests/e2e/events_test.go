package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// A change is what Pulumi did, or would do, to one resource.
type change struct {
	Op   string `json:"op"` // create, update, replace, create-replacement, delete …
	URN  string `json:"urn"`
	Type string `json:"type"`
}

func (c change) name() string { return c.URN[strings.LastIndex(c.URN, "::")+2:] }

func (c change) replaces() bool { return strings.Contains(c.Op, "replace") }

const instanceType = "aws:ec2/instance:Instance"

// An event is a line of Pulumi's event log, as far as the tests look:
// https://pkg.go.dev/github.com/pulumi/pulumi/sdk/v3/go/common/apitype#EngineEvent
type event struct {
	Before *struct {
		Metadata change `json:"metadata"`
	} `json:"resourcePreEvent"`
	After *struct {
		Metadata change `json:"metadata"`
	} `json:"resOutputsEvent"`
	Diagnostic *struct {
		URN     string `json:"urn"`
		Message string `json:"message"`
	} `json:"diagnosticEvent"`
}

// eventLog returns a file for --event-log that is not there yet.
func (p *project) eventLog(t *testing.T) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "events")
}

// readEvents reads what has been written of an event log. A line that is not complete yet does not count.
func readEvents(t *testing.T, file string) []event {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	var events []event
	lines := bufio.NewScanner(bytes.NewReader(data[:bytes.LastIndexByte(data, '\n')+1]))
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var e event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			t.Fatalf("%v in %s", err, lines.Text())
		}
		events = append(events, e)
	}
	return events
}

// changes returns what was done, from an event log: what stayed the same does not count.
func changes(t *testing.T, file string) []change {
	t.Helper()
	var all []change
	for _, e := range readEvents(t, file) {
		if e.After != nil && e.After.Metadata.Op != "same" {
			all = append(all, e.After.Metadata)
		}
	}
	return all
}

// up brings the stack up and returns what that changed.
func (p *project) up(t *testing.T) []change {
	t.Helper()
	log := p.eventLog(t)
	p.run(t, 3*time.Minute, "pulumi", "up", "--yes", "--skip-preview", "--event-log", log)
	return changes(t, log)
}

// preview returns what up would change.
func (p *project) preview(t *testing.T) []change {
	t.Helper()
	log := p.eventLog(t)
	p.run(t, time.Minute, "pulumi", "preview", "--event-log", log)
	var all []change
	for _, e := range readEvents(t, log) {
		if e.Before != nil && e.Before.Metadata.Op != "same" {
			all = append(all, e.Before.Metadata)
		}
	}
	return all
}

// stopWhen starts a command that writes the event log, in a process group of its own, and stops it once the log has an
// event like that. It fails the test if the command succeeds, or does not end within a minute of being stopped.
func (p *project) stopWhen(
	t *testing.T,
	log string,
	like func(event) bool,
	stop func(pid int) error,
	name string,
	args ...string,
) {
	t.Helper()
	command := p.command(t.Context(), name, args...)
	command.Stdout, command.Stderr = p.log, p.log
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	look := time.NewTicker(100 * time.Millisecond)
	defer look.Stop()
	limit, stopped := time.After(3*time.Minute), false
	for {
		select {
		case err := <-ended:
			if !stopped || err == nil {
				t.Fatalf("%s ended before it was stopped: %v", name, err)
			}
			return
		case <-limit:
			killGroup(command)
			t.Fatalf("%s was stopped: %v, and has not ended", name, stopped)
		case <-look.C:
			if stopped || !slices.ContainsFunc(readEvents(t, log), like) {
				continue
			}
			stopped, limit = true, time.After(time.Minute)
			if err := stop(command.Process.Pid); err != nil {
				t.Error(err)
			}
		}
	}
}
