package kubernetes

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
)

// errNoNamespace says that a preview cannot ask the server, because the namespace comes with the same update.
var errNoNamespace = errors.New("the namespace does not exist yet")

// creates is how often a create is tried: what it needs, a namespace or a definition, may be on its way.
const creates = 6

// applyNew applies an object that does not exist yet. A preview only asks the server what it would do.
func (p *provider) applyNew(
	ctx context.Context, urn resource.URN, object *unstructured.Unstructured, manager string, preview bool,
) (*unstructured.Unstructured, error) {
	options := applyOptions(manager, forced(object, nil, preview), preview)
	options.FieldValidation = metav1.FieldValidationWarn
	pause := p.pace.retry
	for try := 1; ; try++ {
		live, err := p.applyOnce(ctx, object, options)
		switch {
		case err == nil:
			return live, nil
		case preview && missingNamespace(err):
			return nil, errNoNamespace
		case preview && apierrors.IsInvalid(err) && strings.Contains(err.Error(), "field is immutable"):
			return p.applyBeside(ctx, object, options)
		case try == creates || !apierrors.IsNotFound(err) && !meta.IsNoMatchError(err):
			return nil, explainConflict(err, manager)
		}
		p.progress(ctx, urn, fmt.Sprintf("try %d failed: %v", try, err))
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(pause):
		}
		pause *= 2
	}
}

func (p *provider) applyOnce(
	ctx context.Context, object *unstructured.Unstructured, options metav1.PatchOptions,
) (*unstructured.Unstructured, error) {
	client, err := p.cluster.client(object)
	if err != nil {
		return nil, err
	}
	return apply(ctx, client, object, options)
}

// applyBeside previews a replacement of an object that still stands, under another name: the server would refuse it
// under its own.
func (p *provider) applyBeside(
	ctx context.Context, object *unstructured.Unstructured, options metav1.PatchOptions,
) (*unstructured.Unstructured, error) {
	name, err := resource.NewUniqueName(nil, object.GetName(), 5, 0, nil)
	if err != nil {
		return nil, err
	}
	object.SetName(name)
	return p.applyOnce(ctx, object, options)
}

// applyOver applies an object that exists. Fields that kubectl set are taken over first; a preview leaves them, and shows
// the conflict if there is one.
func (p *provider) applyOver(
	ctx context.Context, name string, object *unstructured.Unstructured, manager string, preview bool,
) (*unstructured.Unstructured, error) {
	client, err := p.cluster.client(object)
	if err != nil {
		return nil, err
	}
	live, err := client.Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	if !preview {
		if live, err = takeOver(ctx, client, live, manager); err != nil {
			return nil, err
		}
	}
	applied, err := apply(ctx, client, object, applyOptions(manager, forced(object, live, preview), preview))
	return applied, explainConflict(err, manager)
}

func apply(
	ctx context.Context, client dynamic.ResourceInterface, object *unstructured.Unstructured, options metav1.PatchOptions,
) (*unstructured.Unstructured, error) {
	text, err := json.Marshal(object.Object)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", objectName(object), err)
	}
	return client.Patch(ctx, object.GetName(), types.ApplyPatchType, text, options)
}

func applyOptions(manager string, force, preview bool) metav1.PatchOptions {
	options := metav1.PatchOptions{FieldManager: manager, Force: &force}
	if preview {
		options.DryRun = []string{metav1.DryRunAll}
	}
	return options
}

// forced tells whether fields are taken from whoever else set them. The default is not to, so that a conflict shows.
func forced(object, live *unstructured.Unstructured, preview bool) bool {
	if annotation(object, annotationForce) == "true" {
		return true
	}
	if value, ok := os.LookupEnv("PULUMI_K8S_ENABLE_PATCH_FORCE"); ok {
		return value == "true"
	}
	if live == nil {
		// A replacement is previewed over the object that still stands.
		return preview
	}
	return len(live.GetManagedFields()) == 0
}

func missingNamespace(err error) bool {
	var status *apierrors.StatusError
	if !errors.As(err, &status) || !apierrors.IsNotFound(err) || status.ErrStatus.Details == nil {
		return false
	}
	return status.ErrStatus.Details.Kind == "namespaces"
}

// explainConflict adds to a conflict what can be done about it.
func explainConflict(err error, manager string) error {
	if !apierrors.IsConflict(err) {
		return err
	}
	return fmt.Errorf("%w\nThe fields were last set by someone else, and the field manager %q does not take them by itself. "+
		"The annotation %s: \"true\" or the environment variable PULUMI_K8S_ENABLE_PATCH_FORCE=true takes them", err, manager, annotationForce)
}
