package summary

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// Record writes a plan as it is kept for the tests: in an order that does not depend on timing, and without what is
// another text with every change of a script, such as the scripts themselves.
func Record(p *Plan) ([]byte, error) {
	kept := *p
	kept.Steps = slices.Clone(p.Steps)
	slices.SortStableFunc(kept.Steps, func(a, b Step) int { return strings.Compare(string(a.URN), string(b.URN)) })
	for i := range kept.Steps {
		kept.Steps[i].Old, kept.Steps[i].New = kept.Steps[i].Old.brief(), kept.Steps[i].New.brief()
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	err := encoder.Encode(kept)
	return text.Bytes(), err
}

// brief is a state without its outputs and with its long texts cut.
func (s *State) brief() *State {
	if s == nil {
		return nil
	}
	brief := *s
	brief.Inputs, _ = cut(s.Inputs).(map[string]any)
	brief.Outputs = nil // as good as the inputs, where a difference is to be shown
	brief.Dependencies = slices.Sorted(slices.Values(s.Dependencies))
	brief.PropertyDependencies = map[string][]resource.URN{}
	for key, needed := range s.PropertyDependencies {
		if len(needed) > 0 {
			brief.PropertyDependencies[key] = slices.Sorted(slices.Values(needed))
		}
	}
	return &brief
}

// cut puts a mark in the place of every long text in a value.
func cut(value any) any {
	switch value := value.(type) {
	case string:
		if len(value) > longest || strings.Contains(value, "\n") {
			return "[text]"
		}
	case map[string]any:
		result := map[string]any{}
		for key, element := range value {
			result[key] = cut(element)
		}
		return result
	case []any:
		result := make([]any, len(value))
		for i, element := range value {
			result[i] = cut(element)
		}
		return result
	}
	return value
}
