package kubernetes

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

func TestDiff(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		urn, text, path, value string // what becomes what; "" is nothing
		kind                   pulumirpc.PropertyDiff_Kind
		changed                string // the path that is reported, if it is another
	}{
		"a number":             {deploymentURN, deploymentText, "spec.replicas", "2", pulumirpc.PropertyDiff_UPDATE, ""},
		"an image to be known": {deploymentURN, deploymentText, "spec.template.spec.containers[0].image", `"unknown"`, pulumirpc.PropertyDiff_UPDATE, ""},
		"a new field":          {deploymentURN, deploymentText, "spec.minReadySeconds", "5", pulumirpc.PropertyDiff_ADD, ""},
		"a field left out":     {deploymentURN, deploymentText, "spec.replicas", "", pulumirpc.PropertyDiff_DELETE, ""},
		"one variable fewer":   {deploymentURN, deploymentText, "spec.template.spec.containers[0].env", `[{"name": "A", "value": "1"}]`, pulumirpc.PropertyDiff_DELETE, "spec.template.spec.containers[0].env[1]"},
		"a label with dots":    {deploymentURN, deploymentText, `metadata.labels["a.b/c"]`, `"x"`, pulumirpc.PropertyDiff_UPDATE, ""},
		"the selector":         {deploymentURN, deploymentText, "spec.selector.matchLabels.app", `"x"`, pulumirpc.PropertyDiff_UPDATE_REPLACE, ""},
		"the namespace":        {deploymentURN, deploymentText, "metadata.namespace", `"x"`, pulumirpc.PropertyDiff_UPDATE_REPLACE, ""},
		"a Service's port":     {serviceURN, serviceText, "spec.ports[0].targetPort", "3001", pulumirpc.PropertyDiff_UPDATE, ""},
		"a Service's selector": {serviceURN, serviceText, "spec.selector.app", `"x"`, pulumirpc.PropertyDiff_UPDATE, ""},
		"a Service's address":  {serviceURN, serviceText, "spec.clusterIP", `"None"`, pulumirpc.PropertyDiff_ADD_REPLACE, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			f.server.admit, f.server.react = defaults, healthy
			inputs, state := f.create(test.urn, test.text)
			if same := f.diff(test.urn, state, inputs); same.Changes != pulumirpc.DiffResponse_DIFF_NONE {
				t.Fatalf("unchanged inputs differ: %v", same.DetailedDiff)
			}
			edit(t, inputs, test.path, test.value)
			want := test.path
			if test.changed != "" {
				want = test.changed
			}
			got := f.diff(test.urn, state, inputs)
			if len(got.DetailedDiff) != 1 || got.DetailedDiff[want] == nil || got.DetailedDiff[want].Kind != test.kind {
				t.Errorf("the difference is %v, want %s: %s", got.DetailedDiff, want, test.kind)
			}
		})
	}
}

// edit sets a property to a value in JSON, or removes it.
func edit(t *testing.T, inputs resource.PropertyMap, text, value string) {
	t.Helper()
	path, err := resource.ParsePropertyPath(text)
	if err != nil {
		t.Fatal(err)
	}
	root := resource.NewObjectProperty(inputs)
	if value == "" {
		path.Delete(root)
	} else if !path.Set(root, properties(t, `{"v": `+value+`}`)["v"]) {
		t.Fatalf("%s cannot be set", text)
	}
}

func TestDiffDeletesNamedObjectsBeforeTheyAreReplaced(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	inputs, state := f.create(configMapURN, `{"metadata": {"name": "named"}, "data": {"a": "b"}}`)
	edit(t, inputs, "data.a", `"c"`)
	if got := f.diff(configMapURN, state, inputs); !got.DeleteBeforeReplace || len(got.Replaces) != 1 {
		t.Errorf("a named object: %v, want delete before replace", got)
	}
	inputs, state = f.create(configMapURN, `{"data": {"a": "b"}}`)
	edit(t, inputs, "data.a", `"c"`)
	if got := f.diff(configMapURN, state, inputs); got.DeleteBeforeReplace || len(got.Replaces) != 1 {
		t.Errorf("an object named by Pulumi: %v, want create before delete", got)
	}
}
