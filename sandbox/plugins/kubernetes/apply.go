package kubernetes

import (
	"context"
	"errors"
	"fmt"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/client-go/util/csaupgrade"
	"k8s.io/client-go/util/retry"
)

// apply asks the server to make the object what is wanted, and returns what comes of it; a dry run leaves it at that.
// Fields that someone else set are a conflict, unless forced or annotated otherwise.
func (c *cluster) apply(
	ctx context.Context, object *unstructured.Unstructured, manager string, force, dryRun bool,
) (*unstructured.Unstructured, error) {
	options := metav1.ApplyOptions{FieldManager: manager, Force: force || annotation(object, annotationForce) == "true"}
	if dryRun {
		options.DryRun = []string{metav1.DryRunAll}
	}
	live, err := c.client(object).Apply(ctx, object.GetName(), object, options)
	if apierrors.IsConflict(err) {
		return nil, fmt.Errorf("%w\nThe fields were last set by someone else, and the field manager %q does not take them by itself. "+
			"The annotation %s: \"true\" takes them", err, manager, annotationForce)
	}
	if err == nil && dryRun {
		// The server answers with an empty status, which would pass for one that is known.
		delete(live.Object, "status")
	}
	return live, err
}

// takeOver makes the fields that kubectl set the manager's, so that applying them is no conflict and leaving them out
// removes them. What kubectl set through a subresource, as kubectl scale does, stays its own.
func (c *cluster) takeOver(ctx context.Context, object *unstructured.Unstructured, manager string) error {
	return retry.RetryOnConflict(retry.DefaultRetry, func() error {
		live, err := c.get(ctx, object)
		if err != nil {
			return err
		}
		others := sets.New[string]()
		for _, entry := range live.GetManagedFields() {
			if strings.HasPrefix(entry.Manager, "kubectl") {
				others.Insert(entry.Manager)
			}
		}
		patch, err := csaupgrade.UpgradeManagedFieldsPatch(live, others, manager)
		if err != nil || patch == nil {
			return err
		}
		_, err = c.client(object).Patch(ctx, object.GetName(), types.JSONPatchType, patch, metav1.PatchOptions{})
		return err
	})
}

// dryRunSaysNothing tells whether a failed dry run is no reason to expect that the update fails: the program may not make
// one, the namespace comes with the same update, or the object that stands is to be replaced.
func dryRunSaysNothing(err error) bool {
	var status *apierrors.StatusError
	noNamespace := errors.As(err, &status) && apierrors.IsNotFound(err) &&
		status.ErrStatus.Details != nil && status.ErrStatus.Details.Kind == "namespaces"
	replaced := apierrors.IsInvalid(err) && strings.Contains(err.Error(), "field is immutable")
	return apierrors.IsForbidden(err) || noNamespace || replaced
}
