package kubernetes

import (
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// A resource's outputs are the live object's fields and these three: what it was applied from, the API version it was
// made with, and the name that server-side apply knows it by. The keys are the official ones, so that a state outlives a
// change of plug-in.
const (
	inputsKey       = "__inputs"
	apiVersionKey   = "__initialApiVersion"
	fieldManagerKey = "__fieldManager"
)

// application is what is applied.
type application struct {
	object  *unstructured.Unstructured
	inputs  resource.PropertyMap // the same, with their secrets
	version string               // the API version that the object was made with
	manager string               // the field manager
}

// checkpoint is what the engine keeps of the live object. Values that were secret inputs stay secret.
func (a *application) checkpoint(live *unstructured.Unstructured) resource.PropertyMap {
	state := resource.NewPropertyMapFromMap(live.Object)
	applied := resource.NewPropertyMapFromMap(a.object.Object)
	markSecrets(state, a.inputs)
	markSecrets(applied, a.inputs)
	state[inputsKey] = resource.NewObjectProperty(applied)
	state[apiVersionKey] = resource.NewStringProperty(a.version)
	state[fieldManagerKey] = resource.NewStringProperty(a.manager)
	return state
}

// parseCheckpoint takes a state apart again.
func parseCheckpoint(state resource.PropertyMap) (inputs, live *unstructured.Unstructured) {
	live = toObject(state)
	applied, ok := live.Object[inputsKey].(map[string]any)
	if !ok {
		applied = map[string]any{}
	}
	delete(live.Object, inputsKey)
	return &unstructured.Unstructured{Object: applied}, live
}

// versionOf is the API version that the object was made with.
func versionOf(state resource.PropertyMap, inputs *unstructured.Unstructured) string {
	if version := state[apiVersionKey]; version.IsString() {
		return version.StringValue()
	}
	return inputs.GetAPIVersion()
}

// managerOf is the field manager of the object: as annotated, else as kept, else a new one. Each object has its own, so
// that two programs that apply the same object see each other's fields.
func managerOf(state resource.PropertyMap, inputs *unstructured.Unstructured) (string, error) {
	if manager := annotation(inputs, annotationManager); manager != "" {
		return manager, nil
	}
	if manager := state[fieldManagerKey]; manager.IsString() {
		return manager.StringValue(), nil
	}
	return resource.NewUniqueName(nil, "pulumi-kubernetes-", 0, 0, nil)
}

// markSecrets makes secret what was secret in the inputs, and all of a Secret's data. A list is secret as a whole where
// an element was: the server may have moved it.
func markSecrets(outputs, inputs resource.PropertyMap) {
	if kind := outputs["kind"]; kind.IsString() && kind.StringValue() == "Secret" {
		for _, key := range []resource.PropertyKey{"data", "stringData"} {
			if data, ok := outputs[key]; ok && !data.IsSecret() {
				outputs[key] = resource.MakeSecret(data)
			}
		}
		return
	}
	for key, input := range inputs {
		output, ok := outputs[key]
		switch {
		case !ok || output.IsSecret():
		case output.IsObject() && input.IsObject():
			markSecrets(output.ObjectValue(), input.ObjectValue())
		case input.ContainsSecrets():
			outputs[key] = resource.MakeSecret(output)
		}
	}
}

// parseID splits an ID into namespace, "" for objects without one, and name.
func parseID(id string) (namespace, name string) {
	if namespace, name, found := strings.Cut(id, "/"); found {
		return namespace, name
	}
	return "", id
}
