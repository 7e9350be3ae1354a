package summary

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/providers"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// What a plan does with a resource.
const (
	replaced  = "replace"
	deleted   = "delete"
	updated   = "update"
	created   = "create"
	unchanged = "same"
)

// operations maps Pulumi's steps to what they come to. Others, such as read and refresh, change nothing.
var operations = map[apitype.OpType]string{
	apitype.OpSame:   unchanged,
	apitype.OpCreate: created, apitype.OpImport: created,
	apitype.OpUpdate: updated,
	apitype.OpDelete: deleted, apitype.OpReadDiscard: deleted,
	apitype.OpReplace: replaced, apitype.OpCreateReplacement: replaced, apitype.OpDeleteReplaced: replaced,
	apitype.OpImportReplacement: replaced,
}

// instanceType is the type of EC2 instances.
const instanceType = "aws:ec2/instance:Instance"

// A change is all that a plan does with one resource.
type change struct {
	urn      resource.URN
	op       string // "" for nothing
	old, new *apitype.StepEventStateMetadata
	diff     map[string]bool // the paths of the properties that change, and whether that needs a new resource
}

// add takes a step in. A replacement has up to three, in an order that depends on which resource has to go first.
func (c *change) add(step apitype.StepEventMetadata) {
	op := operations[step.Op]
	if c.op != replaced {
		c.op = cmp.Or(op, c.op)
	}
	if op == "" {
		return
	}
	c.old, c.new = cmp.Or(c.old, step.Old), cmp.Or(step.New, c.new)
	if c.diff == nil {
		c.diff = map[string]bool{}
	}
	for path, d := range step.DetailedDiff {
		c.diff[path] = strings.HasSuffix(string(d.Kind), "-replace")
	}
	if len(step.DetailedDiff) == 0 { // the plugin tells the keys alone
		for _, key := range step.Diffs {
			c.diff[key] = slices.Contains(step.Keys, key)
		}
	}
}

// finish corrects what only all steps together tell.
func (c *change) finish() {
	if c.op == replaced && c.new == nil { // it goes with the old one of something that it needs
		c.op = deleted
	}
	if c.op == deleted {
		c.new = nil
	}
	// Pulumi tells no difference of components, and of what is replaced because something that it needs is.
	if (c.op == updated || c.op == replaced) && len(c.diff) == 0 {
		for _, inputs := range []map[string]any{c.old.Inputs, c.new.Inputs} {
			for key := range inputs {
				if !reflect.DeepEqual(c.old.Inputs[key], c.new.Inputs[key]) {
					c.diff[key] = false
				}
			}
		}
	}
}

// part names the component that the resource is in, such as network, or stack for what is in none.
func (c *change) part() string {
	outermost, _, _ := strings.Cut(string(c.urn.QualifiedType()), "$")
	if _, component, found := strings.Cut(outermost, string(c.urn.Project())+":"); found {
		part, _, _ := strings.Cut(component, ":")
		return part
	}
	return "stack"
}

// kind is the last word of the resource's type, such as Instance.
func (c *change) kind() string {
	if providers.IsProviderType(c.urn.Type()) {
		return "Provider"
	}
	return string(c.urn.Type().Name())
}

func (c *change) isInstance() bool { return string(c.urn.Type()) == instanceType }

// name is the resource's name without the project's and the stack's.
func (c *change) name() string {
	return strings.TrimPrefix(c.urn.Name(), fmt.Sprintf("%s-%s-", c.urn.Project(), c.urn.Stack()))
}

// stops tells whether an update stops an instance and starts it again, as AWS does for these properties.
func (c *change) stops() bool {
	_, resized := c.diff["instanceType"]
	_, rewritten := c.diff["userData"]
	return c.isInstance() && c.op == updated && (resized || rewritten)
}

// differences writes how each property changes, those first that need a new resource.
func (c *change) differences() []string {
	var replacing, others []string
	for _, path := range slices.Sorted(maps.Keys(c.diff)) {
		text := "`" + path + "`"
		if before, after := show(c.old, path), show(c.new, path); before != after {
			text += ": " + cell(cmp.Or(before, "(none)")+" → "+cmp.Or(after, "(none)"))
		}
		if c.diff[path] {
			replacing = append(replacing, "**"+text+"** (replaces it)")
		} else {
			others = append(others, text)
		}
	}
	if c.op == replaced && len(replacing) == 0 {
		replacing = []string{"replaced with something that it needs"}
	}
	return append(replacing, others...)
}

// show returns the input at a path if it is a short text, a number or a boolean, else "".
func show(state *apitype.StepEventStateMetadata, path string) string {
	keys, err := resource.ParsePropertyPath(path)
	if state == nil || err != nil {
		return ""
	}
	value, _ := keys.Get(resource.NewProperty(resource.NewPropertyMapFromMap(state.Inputs)))
	text := ""
	if value.IsString() || value.IsNumber() || value.IsBool() {
		text = fmt.Sprint(value.V)
	}
	// https://github.com/pulumi/pulumi/blob/v3.259.0/pkg/resource/stack/deployment.go#L66
	const unknown, longest = "04da6b54-80e4-46f7-96ec-b56ff0331ba9", 60
	switch {
	case text == unknown:
		return "(known later)"
	case len(text) > longest || strings.Contains(text, "\n"):
		return ""
	}
	return text
}
