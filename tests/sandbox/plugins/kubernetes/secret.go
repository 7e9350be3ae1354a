package kubernetes

import (
	"encoding/base64"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

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
