// Package summary tells people what Pulumi plans: as a Markdown document for a pull request, and as a graph of the
// program's components. It only turns text into text: the plan that `pulumi preview --json` prints goes in.
package summary

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// A Plan is what `pulumi preview --json` prints, as far as it matters here. It has every resource
// with --show-sames, and every deletion with --show-replacement-steps.
type Plan struct {
	Config        map[string]string `json:"config,omitempty"` // by key with namespace; secrets are "[secret]"
	Steps         []Step            `json:"steps,omitempty"`
	Diagnostics   []Diagnostic      `json:"diagnostics,omitempty"`
	ChangeSummary map[string]int    `json:"changeSummary,omitempty"` // number of resources by operation
}

// A Step is one operation on one resource. A replacement has up to three.
type Step struct {
	Op             string                  `json:"op"`
	URN            resource.URN            `json:"urn"`
	Old            *State                  `json:"oldState,omitempty"`
	New            *State                  `json:"newState,omitempty"`
	DiffReasons    []string                `json:"diffReasons,omitempty"`    // keys of inputs that change
	ReplaceReasons []string                `json:"replaceReasons,omitempty"` // keys whose change replaces
	DetailedDiff   map[string]PropertyDiff `json:"detailedDiff,omitempty"`   // by property path
}

// PropertyDiff is how one property changes.
type PropertyDiff struct {
	Kind string `json:"kind"` // add, update or delete, with -replace when it needs a new resource
}

// State is a resource before or after the plan.
type State struct {
	Type                 string                    `json:"type"`
	Custom               bool                      `json:"custom"` // false for a component
	Parent               resource.URN              `json:"parent,omitempty"`
	Inputs               map[string]any            `json:"inputs,omitempty"`
	Outputs              map[string]any            `json:"outputs,omitempty"`
	Provider             string                    `json:"provider,omitempty"` // URN::ID
	Dependencies         []resource.URN            `json:"dependencies,omitempty"`
	PropertyDependencies map[string][]resource.URN `json:"propertyDependencies,omitempty"` // by key of an input
	CustomTimeouts       struct {
		Create float64 `json:"create,omitempty"` // seconds
	} `json:"customTimeouts,omitzero"`
}

// A Diagnostic is something that the engine, a plug-in or the program said.
type Diagnostic struct {
	Message  string `json:"message"`
	Severity string `json:"severity"` // info, info#err, warning or error
}

// unknown is how a plan writes a value that is known only after the update, of whatever type:
// https://github.com/pulumi/pulumi/blob/v3.259.0/pkg/resource/stack/deployment.go#L66
const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"

// Parse reads a plan.
func Parse(data []byte) (*Plan, error) {
	plan := &Plan{}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber() // ports stay as they are written
	if err := decoder.Decode(plan); err != nil {
		return nil, fmt.Errorf("read the plan: %w", err)
	}
	for _, step := range plan.Steps {
		if !step.URN.IsValid() {
			return nil, fmt.Errorf("read the plan: %q is no URN", step.URN)
		}
	}
	return plan, nil
}

// stack returns the names of the plan's stack and project.
func (p *Plan) stack() (stack, project string) {
	if len(p.Steps) == 0 {
		return "", ""
	}
	return p.Steps[0].URN.Stack().String(), p.Steps[0].URN.Project().String()
}

// Errors returns what went wrong, or "".
func (p *Plan) Errors() string { return p.said("error") }

// said returns all diagnostics of a severity.
func (p *Plan) said(severity string) string {
	var all []string
	for _, d := range p.Diagnostics {
		if d.Severity == severity {
			all = append(all, strings.TrimSpace(d.Message))
		}
	}
	return strings.Join(all, "\n")
}

func (s *State) inputs() map[string]any {
	if s == nil {
		return nil
	}
	return s.Inputs
}

// get returns the input at a path of keys, or nil.
func (s *State) get(path ...string) any {
	var value any = s.inputs()
	for _, key := range path {
		object, ok := value.(map[string]any)
		if !ok {
			return nil
		}
		value = object[key]
	}
	return value
}

// text returns the input at a path if it is a known string, number or boolean, else "".
func (s *State) text(path ...string) string {
	text, _ := scalar(s.get(path...))
	return text
}

// scalar returns a known string, number or boolean as text.
func scalar(value any) (string, bool) {
	switch value := value.(type) {
	case string:
		return value, value != unknown
	case json.Number:
		return value.String(), true
	case bool:
		return fmt.Sprint(value), true
	}
	return "", false
}
