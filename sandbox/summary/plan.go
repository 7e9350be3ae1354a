// Package summary tells people what Pulumi plans, as a Markdown document for a pull request: what changes, whose disk
// is lost, who may reach what, and what it costs. It only turns text into text: the events that pulumi preview writes
// with --event-log go in.
package summary

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/providers"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// A Plan is what a preview says.
type Plan struct {
	region        string
	changes       []change
	before, after []flow // that may pass
	warnings      []string
	errors        []string
}

// Parse reads the events of a preview. It fails on what is not such a log, and on one without resources and errors.
func Parse(log []byte) (*Plan, error) {
	p := &Plan{}
	byURN := map[string]*change{}
	for decoder := json.NewDecoder(bytes.NewReader(log)); ; {
		var event apitype.EngineEvent
		if err := decoder.Decode(&event); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("read pulumi's events: %w", err)
		}
		switch {
		case event.PreludeEvent != nil:
			p.region = event.PreludeEvent.Config["aws:region"]
		case event.DiagnosticEvent != nil:
			p.note(event.DiagnosticEvent)
		case event.ResourcePreEvent != nil:
			step := event.ResourcePreEvent.Metadata
			urn := resource.URN(step.URN)
			if !urn.IsValid() {
				return nil, fmt.Errorf("read pulumi's events: %q is not a URN", step.URN)
			}
			if providers.IsDefaultProvider(urn) {
				continue // Pulumi does not count it
			}
			if byURN[step.URN] == nil {
				byURN[step.URN] = &change{urn: urn}
			}
			byURN[step.URN].add(step)
		}
	}
	return p, p.conclude(byURN)
}

// conclude takes the changes in, in the order of parts, kinds and names.
func (p *Plan) conclude(byURN map[string]*change) (err error) {
	for _, c := range byURN {
		if c.finish(); c.op != "" {
			p.changes = append(p.changes, *c)
		}
		if string(c.urn.Type()) == networkType {
			if p.before, err = flowsOf(c.old); err != nil {
				return err
			}
			if p.after, err = flowsOf(c.new); err != nil {
				return err
			}
		}
	}
	if len(p.changes) == 0 && len(p.errors) == 0 {
		return errors.New("read pulumi's events: there is no resource among them")
	}
	slices.SortFunc(p.changes, func(a, b change) int {
		return cmp.Or(
			strings.Compare(a.part(), b.part()),
			strings.Compare(a.kind(), b.kind()),
			strings.Compare(a.urn.Name(), b.urn.Name()))
	})
	return nil
}

// note keeps what the engine, a plugin or the program warned of or failed with.
func (p *Plan) note(d *apitype.DiagnosticEvent) {
	text := strings.TrimSpace(redact(d.Message))
	switch {
	case d.Ephemeral:
	case d.Severity == "warning":
		p.warnings = append(p.warnings, text)
	case d.Severity == "error":
		p.errors = append(p.errors, text)
	}
}

// Err is what went wrong while the plan was made, or nil. A plan with an error is not complete.
func (p *Plan) Err() error {
	if len(p.errors) == 0 {
		return nil
	}
	return errors.New(strings.Join(p.errors, "\n"))
}
