package summary

import (
	"cmp"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// What a plan does with a resource, the most drastic first.
const (
	replaced  = "replace"
	deleted   = "delete"
	updated   = "update"
	created   = "create"
	unchanged = "same"
)

// operations maps Pulumi's steps to what they come to. Others, such as read and refresh, change nothing.
var operations = map[string]string{
	"create": created, "import": created,
	"update": updated,
	"delete": deleted, "discard": deleted,
	"replace": replaced, "create-replacement": replaced, "delete-replaced": replaced, "import-replacement": replaced,
	"same": unchanged,
}

// A change is all that a plan does with one resource.
type change struct {
	urn      resource.URN
	op       string
	old, new *State
	diff     map[string]PropertyDiff // of an update or a replacement: by property path
}

// state is the resource after the plan, or before it where it is deleted.
func (c change) state() *State {
	if c.op == deleted || c.new == nil {
		return c.old
	}
	return c.new
}

// changes returns one change a resource, in the order of components, kinds and names.
func (p *Plan) changes() []change {
	byURN := map[resource.URN]*change{}
	for _, step := range p.Steps {
		op, counts := operations[step.Op]
		if !counts {
			continue
		}
		c := byURN[step.URN]
		if c == nil {
			c = &change{urn: step.URN, op: op}
			byURN[step.URN] = c
		}
		if op == replaced || c.op == unchanged {
			c.op = op
		}
		c.old, c.new = cmp.Or(c.old, step.Old), cmp.Or(step.New, c.new)
		if c.diff == nil {
			c.diff = step.diff()
		}
	}
	all := make([]change, 0, len(byURN))
	for _, c := range byURN {
		if c.op == replaced && c.new == nil { // went with the old one of something that it needs
			c.op = deleted
		}
		if c.diff == nil && (c.op == updated || c.op == replaced) {
			c.diff = compare(c.old, c.new)
		}
		all = append(all, *c)
	}
	rank := map[string]int{}
	for i, component := range order(all) {
		rank[component] = i
	}
	slices.SortFunc(all, func(a, b change) int {
		return cmp.Or(
			cmp.Compare(rank[componentOf(a.urn)], rank[componentOf(b.urn)]),
			cmp.Compare(strings.Count(string(a.urn.QualifiedType()), "$"), strings.Count(string(b.urn.QualifiedType()), "$")),
			strings.Compare(string(a.urn.Type()), string(b.urn.Type())),
			strings.Compare(a.urn.Name(), b.urn.Name()))
	})
	return all
}

// diff is how each property changes: in detail where the plug-in tells, else by the keys that Pulumi names.
func (s Step) diff() map[string]PropertyDiff {
	if len(s.DetailedDiff) > 0 {
		return s.DetailedDiff
	}
	diff := map[string]PropertyDiff{}
	for _, key := range s.DiffReasons {
		diff[key] = PropertyDiff{Kind: "update"}
	}
	for _, key := range s.ReplaceReasons {
		diff[key] = PropertyDiff{Kind: "update-replace"}
	}
	if len(diff) == 0 {
		return nil
	}
	return diff
}

// compare is how the inputs change, for where Pulumi does not tell: with components, and with what is replaced because
// something that it needs is.
func compare(old, new *State) map[string]PropertyDiff {
	diff := map[string]PropertyDiff{}
	for _, inputs := range []map[string]any{old.inputs(), new.inputs()} {
		for key := range inputs {
			if !strings.HasPrefix(key, "__") && !reflect.DeepEqual(old.get(key), new.get(key)) {
				diff[key] = PropertyDiff{Kind: "update"}
			}
		}
	}
	return diff
}

// outside is what is in no component: the stack itself and its providers.
const outside = "stack"

// componentOf names the part of the program that a resource is in, such as network: the outermost component's type.
func componentOf(urn resource.URN) string {
	outermost, _, _ := strings.Cut(string(urn.QualifiedType()), "$")
	if strings.HasPrefix(outermost, "pulumi:") || !strings.HasPrefix(outermost, string(urn.Project())+":") {
		return outside
	}
	return strings.ToLower(outermost[strings.LastIndex(outermost, ":")+1:])
}

// links are the direct dependencies between components: who needs, whom, and the resources there that are needed.
func links(all []change) map[string]map[string]map[resource.URN]bool {
	found := map[string]map[string]map[resource.URN]bool{}
	for _, c := range all {
		state, from := c.state(), componentOf(c.urn)
		if state == nil || from == outside {
			continue
		}
		for _, needed := range state.Dependencies {
			to := componentOf(needed)
			if to == from || to == outside {
				continue
			}
			if found[from] == nil {
				found[from] = map[string]map[resource.URN]bool{}
			}
			if found[from][to] == nil {
				found[from][to] = map[resource.URN]bool{}
			}
			found[from][to][needed] = true
		}
	}
	return found
}

// order lists the components so that each comes after those it needs, and by name where that leaves a choice.
func order(all []change) []string {
	needs, left := links(all), map[string]bool{}
	for _, c := range all {
		left[componentOf(c.urn)] = true
	}
	result := []string{outside}
	delete(left, outside)
	for len(left) > 0 {
		waiting := func(name string) int {
			count := 0
			for needed := range needs[name] {
				if left[needed] {
					count++
				}
			}
			return count
		}
		next := slices.MinFunc(slices.Sorted(maps.Keys(left)), func(a, b string) int { return cmp.Compare(waiting(a), waiting(b)) })
		result = append(result, next)
		delete(left, next)
	}
	return result
}
