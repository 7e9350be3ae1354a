package kubernetes

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Diff compares the live object as it was last seen, as far as the old inputs set it, with the new inputs. So drift shows
// after a refresh, and what the server fills in never does.
func (p *provider) Diff(_ context.Context, req *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	state, err := unmarshal("old state", req.GetOlds())
	if err != nil {
		return nil, err
	}
	news, err := unmarshal("inputs", req.GetNews())
	if err != nil {
		return nil, err
	}
	object := toObject(news)
	old, live := parseCheckpoint(state)
	normalize(old)
	normalize(object)
	before := pruned(live, old)
	p.alignIdentity(before, live, object)

	changes := &comparison{immutable: immutableFields(object.GroupVersionKind().GroupKind()), found: map[string]*pulumirpc.PropertyDiff{}}
	changes.compare(nil, before.Object, object.Object)
	if err := changes.ignore(req.GetIgnoreChanges()); err != nil {
		return nil, err
	}
	response := &pulumirpc.DiffResponse{Changes: pulumirpc.DiffResponse_DIFF_NONE, HasDetailedDiff: true}
	if len(changes.found) == 0 {
		return response, nil
	}
	response.Changes = pulumirpc.DiffResponse_DIFF_SOME
	response.DetailedDiff = changes.found
	response.Replaces = changes.replaces()
	// A named object cannot stand beside its replacement.
	response.DeleteBeforeReplace = len(response.Replaces) > 0 &&
		object.GetName() != "" && annotation(object, annotationAutonamed) != "true" &&
		object.GetName() == live.GetName() && object.GetNamespace() == live.GetNamespace()
	return response, nil
}

// alignIdentity makes equal what names the same object in two ways.
func (p *provider) alignIdentity(before, live, object *unstructured.Unstructured) {
	kind := object.GroupVersionKind()
	if !p.namespaced(kind) {
		unstructured.RemoveNestedField(before.Object, "metadata", "namespace")
		unstructured.RemoveNestedField(object.Object, "metadata", "namespace")
	} else {
		before.SetNamespace(namespaceOf(before))
		object.SetNamespace(namespaceOf(object))
	}
	if before.GroupVersionKind().Empty() {
		before.SetGroupVersionKind(kind)
	}
	if object.GetName() != "" {
		before.SetName(live.GetName())
	}
}

// comparison collects differences by property path.
type comparison struct {
	immutable [][]string
	found     map[string]*pulumirpc.PropertyDiff
}

// compare adds the differences between two values at a path of keys (string) and indexes (int).
func (c *comparison) compare(path []any, before, after any) {
	oldMap, wasMap := before.(map[string]any)
	newMap, isMap := after.(map[string]any)
	oldList, wasList := before.([]any)
	newList, isList := after.([]any)
	switch {
	case wasMap && isMap:
		for _, key := range slices.Sorted(maps.Keys(union(oldMap, newMap))) {
			old, had := oldMap[key]
			value, has := newMap[key]
			c.entry(append(slices.Clone(path), key), old, value, had, has)
		}
	case wasList && isList:
		for i := range max(len(oldList), len(newList)) {
			had, has := i < len(oldList), i < len(newList)
			var old, value any
			if had {
				old = oldList[i]
			}
			if has {
				value = newList[i]
			}
			c.entry(append(slices.Clone(path), i), old, value, had, has)
		}
	case !sameValue(before, after):
		c.add(path, pulumirpc.PropertyDiff_UPDATE, after)
	}
}

// entry adds the differences of one key or element, which one side may lack.
func (c *comparison) entry(path []any, before, after any, had, has bool) {
	switch {
	case had && has:
		c.compare(path, before, after)
	case has:
		c.add(path, pulumirpc.PropertyDiff_ADD, after)
	default:
		c.add(path, pulumirpc.PropertyDiff_DELETE, nil)
	}
}

func union(a, b map[string]any) map[string]any {
	both := maps.Clone(a)
	maps.Copy(both, b)
	return both
}

// add records a difference, as one that replaces where the path lies in an immutable field or the value brings one.
func (c *comparison) add(path []any, kind pulumirpc.PropertyDiff_Kind, value any) {
	difference := &pulumirpc.PropertyDiff{Kind: kind, InputDiff: kind == pulumirpc.PropertyDiff_DELETE}
	if slices.ContainsFunc(c.immutable, func(field []string) bool { return touches(path, value, field) }) {
		// Each kind is followed by its replacing form.
		difference.Kind = kind + 1
	}
	c.found[propertyPath(path)] = difference
}

// touches tells whether a change of path to value changes field.
func touches(path []any, value any, field []string) bool {
	for i, name := range field {
		if i < len(path) {
			if path[i] != name {
				return false
			}
			continue
		}
		object, ok := value.(map[string]any)
		if value, ok = object[name], ok && object[name] != nil; !ok {
			return false
		}
	}
	return true
}

func (c *comparison) replaces() []string {
	var paths []string
	for _, path := range slices.Sorted(maps.Keys(c.found)) {
		switch c.found[path].Kind {
		case pulumirpc.PropertyDiff_ADD_REPLACE, pulumirpc.PropertyDiff_UPDATE_REPLACE, pulumirpc.PropertyDiff_DELETE_REPLACE:
			paths = append(paths, path)
		}
	}
	return paths
}

// ignore drops the differences at and below the given paths.
func (c *comparison) ignore(paths []string) error {
	for _, text := range paths {
		ignored, err := resource.ParsePropertyPath(text)
		if err != nil {
			return fmt.Errorf("ignoreChanges %q: %w", text, err)
		}
		for found := range c.found {
			path, err := resource.ParsePropertyPath(found)
			if err != nil {
				return fmt.Errorf("changed property %q: %w", found, err)
			}
			if ignored.Contains(path) {
				delete(c.found, found)
			}
		}
	}
	return nil
}

// propertyPath writes a path as the engine does: spec.ports[0].port, or metadata.labels["a.b"].
func propertyPath(path []any) string {
	var text strings.Builder
	for _, step := range path {
		switch step := step.(type) {
		case int:
			fmt.Fprintf(&text, "[%d]", step)
		case string:
			switch {
			case strings.ContainsAny(step, `."[]`):
				fmt.Fprintf(&text, `["%s"]`, strings.ReplaceAll(step, `"`, `\"`))
			case text.Len() > 0:
				text.WriteString("." + step)
			default:
				text.WriteString(step)
			}
		}
	}
	return text.String()
}
