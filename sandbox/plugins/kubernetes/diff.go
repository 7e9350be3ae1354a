package kubernetes

import (
	"context"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// Diff compares the live object as it was last seen, as far as the old inputs set it, with the new inputs. So drift shows
// after a refresh, and what the server fills in never does.
func (p *provider) Diff(_ context.Context, req *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	if len(req.GetIgnoreChanges()) > 0 {
		return nil, uncovered("ignoreChanges")
	}
	state, news, err := unmarshal(req.GetOlds(), req.GetNews())
	if err != nil {
		return nil, err
	}
	object := toObject(news)
	old, live := parseCheckpoint(state)
	before := resource.NewPropertyMapFromMap(prune(live.Object, old.Object).(map[string]any))
	after := resource.NewPropertyMapFromMap(object.Object)

	response := &pulumirpc.DiffResponse{
		Changes: pulumirpc.DiffResponse_DIFF_NONE, HasDetailedDiff: true, DetailedDiff: map[string]*pulumirpc.PropertyDiff{},
	}
	for path, change := range plugin.NewDetailedDiffFromObjectDiff(before.Diff(after), false) {
		response.Changes = pulumirpc.DiffResponse_DIFF_SOME
		// What goes has no place in the new inputs, so that it is shown by the old ones.
		change.InputDiff = change.Kind == plugin.DiffDelete
		if replaces(object.GroupVersionKind().GroupKind(), path) {
			change = change.ToReplace()
			response.Replaces = append(response.Replaces, path)
		}
		response.DetailedDiff[path] = &pulumirpc.PropertyDiff{
			Kind: pulumirpc.PropertyDiff_Kind(change.Kind), InputDiff: change.InputDiff,
		}
	}
	slices.Sort(response.Replaces)
	// A named object cannot stand beside its replacement.
	response.DeleteBeforeReplace = len(response.Replaces) > 0 &&
		annotation(object, annotationAutonamed) != "true" && objectName(object) == objectName(live)
	return response, nil
}
