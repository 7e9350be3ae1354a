package summary

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// longest is the longest value that is shown.
const longest = 60

// stops tells whether an update stops a machine and starts it again, as AWS does for these properties.
func (c change) stops() bool {
	_, resized := c.diff["instanceType"]
	_, rewritten := c.diff["userData"]
	return string(c.urn.Type()) == instanceType && c.op == updated && (resized || rewritten)
}

// differences writes how each property changes, those first that need a new resource.
func (c change) differences() []string {
	var replacing, others []string
	for _, path := range slices.Sorted(maps.Keys(c.diff)) {
		text := "`" + path + "`: " + c.difference(path)
		if strings.HasSuffix(c.diff[path].Kind, "-replace") {
			replacing = append(replacing, "**"+text+"** (replaces it)")
		} else {
			others = append(others, text)
		}
	}
	all := append(replacing, others...)
	if c.op == replaced && len(replacing) == 0 {
		all = append([]string{"replaced with something that it needs"}, all...)
	}
	const most = 8
	if len(all) > most {
		all = append(all[:most], fmt.Sprintf("and %d more", len(all)-most))
	}
	return all
}

// difference writes one property before and after.
func (c change) difference(path string) string {
	before, had := c.old.at(path)
	after, has := c.new.at(path)
	switch {
	case !had && !has:
		return "changes"
	case !had:
		return after + " (new)"
	case !has:
		return before + " → nothing"
	case before == after:
		return "changes"
	}
	return before + " → " + after
}

// at returns the value at a property path such as ports[0].name, as it may be shown: of the inputs, or else of the outputs.
func (s *State) at(path string) (string, bool) {
	keys, err := resource.ParsePropertyPath(path)
	if s == nil || err != nil {
		return "", false
	}
	for _, properties := range []map[string]any{s.Inputs, s.Outputs} {
		var value any = properties
		for _, key := range keys {
			value = element(value, key)
		}
		if value != nil {
			return show(value), true
		}
	}
	return "", false
}

// element returns what an object or a list has at a key.
func element(value, key any) any {
	switch value := value.(type) {
	case map[string]any:
		name, _ := key.(string)
		return value[name]
	case []any:
		if i, ok := key.(int); ok && i >= 0 && i < len(value) {
			return value[i]
		}
	}
	return nil
}

// show writes a value short enough for a table.
func show(value any) string {
	text, known := scalar(value)
	switch values := value.(type) {
	case map[string]any:
		return count(len(values), "value")
	case []any:
		return count(len(values), "element")
	}
	switch {
	case !known:
		return "(known later)"
	case strings.Contains(text, "\n"):
		return "(text of " + count(strings.Count(strings.TrimSpace(text), "\n")+1, "line") + ")"
	case len(text) > longest:
		return "(text of " + count(len(text), "byte") + ")"
	case text == "":
		return strconv.Quote(text)
	}
	return text
}
