package kubernetes

import (
	"encoding/base64"
	"maps"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"
)

// serverFields are the parts of metadata that the server writes: they are no inputs.
var serverFields = []string{
	"creationTimestamp", "deletionGracePeriodSeconds", "deletionTimestamp", "generation", "managedFields", "resourceVersion", "uid",
}

// toObject returns the properties as an object, without secret marks. Unknown values stay in it as resource.Computed, so
// it must not be deep-copied while unknown() holds.
func toObject(properties resource.PropertyMap) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: properties.MapRepl(nil, revealed)}
}

func revealed(value resource.PropertyValue) (any, bool) {
	if !value.IsSecret() {
		return nil, false
	}
	return value.SecretValue().Element.MapRepl(nil, revealed), true
}

// unknown tells whether the value holds one that is not known before an update.
func unknown(value any) bool {
	switch value := value.(type) {
	case resource.Computed, resource.Output:
		return true
	case map[string]any:
		return slices.ContainsFunc(slices.Collect(maps.Values(value)), unknown)
	case []any:
		return slices.ContainsFunc(value, unknown)
	}
	return false
}

// normalize gives inputs the form in which the server keeps them, 1000m as 1 for instance, so that only real differences
// show. It works on the object itself.
func normalize(object *unstructured.Unstructured) {
	if !unknown(object.Object) {
		if object.GetAPIVersion() == "v1" && object.GetKind() == "Secret" {
			encodeSecret(object)
		} else if typed := throughTypes(object); typed != nil {
			object.Object = prune(typed, object.Object).(map[string]any)
		}
	}
	for _, field := range serverFields {
		unstructured.RemoveNestedField(object.Object, "metadata", field)
	}
}

// throughTypes converts the object to its Go type and back. It returns nil for kinds and values that have none.
func throughTypes(object *unstructured.Unstructured) map[string]any {
	typed, err := scheme.Scheme.New(object.GroupVersionKind())
	if err != nil {
		return nil
	}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, typed); err != nil {
		return nil
	}
	normal, err := runtime.DefaultUnstructuredConverter.ToUnstructured(typed)
	if err != nil {
		return nil
	}
	return normal
}

// prune returns what live has of the things that shape has, to leave out what the server filled in. Of a list it keeps as
// many elements as shape has.
func prune(live, shape any) any {
	switch shape := shape.(type) {
	case map[string]any:
		source, ok := live.(map[string]any)
		if !ok {
			return live
		}
		kept := map[string]any{}
		for key, value := range shape {
			if found, ok := source[key]; ok {
				kept[key] = prune(found, value)
			}
		}
		return kept
	case []any:
		source, ok := live.([]any)
		if !ok {
			return live
		}
		kept := []any{}
		for i := 0; i < len(shape) && i < len(source); i++ {
			kept = append(kept, prune(source[i], shape[i]))
		}
		return kept
	}
	return live
}

// pruned is prune for objects.
func pruned(live, shape *unstructured.Unstructured) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: prune(live.Object, shape.Object).(map[string]any)}
}

// annotation returns the value of an annotation, "" if it is missing or not known.
func annotation(object *unstructured.Unstructured, key string) string {
	return object.GetAnnotations()[key]
}

// objectName is the ID of an object: namespace/name, or the name where there is no namespace.
func objectName(object *unstructured.Unstructured) string {
	if object.GetNamespace() == "" {
		return object.GetName()
	}
	return object.GetNamespace() + "/" + object.GetName()
}

// encodeSecret writes a Secret as the server keeps it: stringData becomes part of data, whose base64 has one form.
func encodeSecret(object *unstructured.Unstructured) {
	data, ok := object.Object["data"].(map[string]any)
	if !ok {
		data = map[string]any{}
	}
	for key, value := range data {
		text, _ := value.(string)
		// A value that is no base64 is left for the server to refuse.
		if raw, err := base64.StdEncoding.DecodeString(text); err == nil {
			data[key] = base64.StdEncoding.EncodeToString(raw)
		}
	}
	plain, ok := object.Object["stringData"].(map[string]any)
	if !ok || len(plain) == 0 {
		return
	}
	for key, value := range plain {
		text, ok := value.(string)
		if !ok {
			return
		}
		data[key] = base64.StdEncoding.EncodeToString([]byte(text))
	}
	object.Object["data"] = data
	delete(object.Object, "stringData")
}
