package kubernetes

import (
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"
)

// toObject returns the properties as an object, without secret marks. Unknown values stay in it as resource.Computed: it
// must not be deep-copied while it has some.
func toObject(properties resource.PropertyMap) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: properties.MapRepl(nil, revealed)}
}

func revealed(value resource.PropertyValue) (any, bool) {
	if !value.IsSecret() {
		return nil, false
	}
	return value.SecretValue().Element.MapRepl(nil, revealed), true
}

// plain returns the properties with secrets as plain values, to compare.
func plain(properties resource.PropertyMap) resource.PropertyMap {
	return resource.NewPropertyMapFromMap(toObject(properties).Object)
}

// normalize gives inputs the form in which the server keeps them, 1000m as 1 for instance, so that only real differences
// show. What does not fit the kind's Go type is left for the server to refuse.
func normalize(object *unstructured.Unstructured) {
	typed, err := scheme.Scheme.New(object.GroupVersionKind())
	if err != nil {
		return
	}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, typed); err != nil {
		return
	}
	if secret, ok := typed.(*corev1.Secret); ok && len(secret.StringData) > 0 {
		data := map[string]any{}
		if secret.Data == nil {
			secret.Data = map[string][]byte{}
		}
		for key, text := range secret.StringData {
			secret.Data[key] = []byte(text)
		}
		for key := range secret.Data {
			data[key] = nil
		}
		secret.StringData, object.Object["data"] = nil, data
	}
	normal, err := runtime.DefaultUnstructuredConverter.ToUnstructured(typed)
	if err != nil {
		return
	}
	object.Object = prune(normal, object.Object).(map[string]any)
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
		for i := range min(len(shape), len(source)) {
			kept = append(kept, prune(source[i], shape[i]))
		}
		return kept
	}
	return live
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
