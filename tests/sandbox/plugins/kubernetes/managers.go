package kubernetes

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
)

// takenOver are the field managers, by prefix and operation, whose fields an update makes its own: kubectl, and earlier
// versions of pulumi-kubernetes. What they set through a subresource, as kubectl scale does, stays theirs.
var takenOver = []metav1.ManagedFieldsEntry{
	{Manager: "kubectl", Operation: metav1.ManagedFieldsOperationApply},
	{Manager: "kubectl", Operation: metav1.ManagedFieldsOperationUpdate},
	{Manager: "before-first-apply", Operation: metav1.ManagedFieldsOperationUpdate},
	{Manager: "pulumi-kubernetes", Operation: metav1.ManagedFieldsOperationUpdate},
	{Manager: "pulumi-resource-kubernetes", Operation: metav1.ManagedFieldsOperationUpdate},
}

// takeOver moves the fields of takenOver to the manager, so that applying them is no conflict and leaving them out
// removes them.
func takeOver(
	ctx context.Context, client dynamic.ResourceInterface, live *unstructured.Unstructured, manager string,
) (*unstructured.Unstructured, error) {
	own := metav1.ManagedFieldsEntry{Manager: manager, Operation: metav1.ManagedFieldsOperationApply}
	var kept, moved []metav1.ManagedFieldsEntry
	for _, entry := range live.GetManagedFields() {
		switch {
		case entry.Manager == manager && entry.Operation == metav1.ManagedFieldsOperationApply && entry.Subresource == "":
			own = entry
		case slices.ContainsFunc(takenOver, func(other metav1.ManagedFieldsEntry) bool {
			return entry.Subresource == "" && entry.Operation == other.Operation && strings.HasPrefix(entry.Manager, other.Manager)
		}):
			moved = append(moved, entry)
		default:
			kept = append(kept, entry)
		}
	}
	if len(moved) == 0 {
		return live, nil
	}
	fields, err := fieldsOf(append(moved, own)...)
	if err != nil {
		return nil, err
	}
	if own.FieldsV1 == nil {
		own = moved[0]
		own.Manager, own.Operation = manager, metav1.ManagedFieldsOperationApply
	}
	if own.FieldsV1.Raw, err = json.Marshal(fields); err != nil {
		return nil, err
	}
	patch, err := json.Marshal([]map[string]any{
		{"op": "replace", "path": "/metadata/managedFields", "value": append(kept, own)},
	})
	if err != nil {
		return nil, err
	}
	return client.Patch(ctx, live.GetName(), types.JSONPatchType, patch, metav1.PatchOptions{})
}

// fieldsOf merges the field sets of entries. A set is a tree of keys such as f:spec and f:replicas.
func fieldsOf(entries ...metav1.ManagedFieldsEntry) (map[string]any, error) {
	all := map[string]any{}
	for _, entry := range entries {
		if entry.FieldsV1 == nil {
			continue
		}
		fields := map[string]any{}
		if err := json.Unmarshal(entry.FieldsV1.Raw, &fields); err != nil {
			return nil, fmt.Errorf("fields of manager %s: %w", entry.Manager, err)
		}
		merge(all, fields)
	}
	return all, nil
}

func merge(into, from map[string]any) {
	for key, value := range from {
		mine, isMap := into[key].(map[string]any)
		theirs, both := value.(map[string]any)
		if isMap && both {
			merge(mine, theirs)
		} else {
			into[key] = value
		}
	}
}
