package kubernetes

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
)

// sight is what one look at an object showed.
type sight struct {
	live    *unstructured.Unstructured
	ready   bool
	settle  time.Duration // how long it has to stay as it is to count as ready
	reasons []string      // how far it is, in one line, and what stands in the way
}

// progress is how far the object is.
func (s *sight) progress() string {
	if len(s.reasons) == 0 {
		return ""
	}
	return s.reasons[0]
}

// look reads the object and finds out whether it is ready. Kinds without rules of their own are once they exist.
func (p *provider) look(ctx context.Context, object *unstructured.Unstructured) (*sight, error) {
	live, err := p.cluster.get(ctx, object)
	if err != nil {
		return nil, err
	}
	seen := &sight{live: live}
	kind := live.GroupVersionKind().GroupKind()
	switch {
	case annotation(live, annotationSkipAwait) == "true":
		seen.ready = true
	case kind == schema.GroupKind{Group: "apps", Kind: "Deployment"}:
		err = p.cluster.lookAtDeployment(ctx, seen)
	case kind == schema.GroupKind{Kind: "Service"}:
		seen.settle = p.pace.settle
		err = p.cluster.lookAtService(ctx, seen)
	default:
		seen.ready = true
	}
	return seen, err
}

// await waits until the object is ready and returns it as last seen, with the reasons if it did not become ready.
func (p *provider) await(
	ctx context.Context, urn resource.URN, object *unstructured.Unstructured, seconds float64,
) (*unstructured.Unstructured, []string) {
	last := &sight{live: object}
	var problem error
	var since time.Time // the last change
	err := wait.PollUntilContextTimeout(ctx, p.pace.look, timeout(seconds), true, func(ctx context.Context) (bool, error) {
		seen, err := p.look(ctx, object)
		if err != nil {
			if ctx.Err() == nil {
				problem = err
			}
			return false, nil
		}
		if since.IsZero() || seen.progress() != last.progress() {
			since = time.Now()
			p.progress(ctx, urn, seen.progress())
		}
		last, problem = seen, nil
		return seen.ready && time.Since(since) >= seen.settle, nil
	})
	if err == nil {
		p.progress(ctx, urn, "")
		return last.live, nil
	}
	name := last.live.GetKind() + " " + objectName(last.live)
	summary := fmt.Sprintf("%s timed out waiting to be ready", name)
	if !errors.Is(err, context.DeadlineExceeded) {
		summary = fmt.Sprintf("waiting for %s was cancelled", name)
	}
	reasons := append([]string{summary}, last.reasons...)
	if problem != nil {
		reasons = append(reasons, "last look: "+problem.Error())
	}
	return last.live, reasons
}

// timeout is how long an operation waits: as given with customTimeouts, else ten minutes.
func timeout(seconds float64) time.Duration {
	if seconds > 0 {
		return time.Duration(seconds * float64(time.Second))
	}
	return 10 * time.Minute
}

// decode returns the object, or the list of objects, as its Go type.
func decode[T any](object runtime.Unstructured) (*T, error) {
	typed := new(T)
	return typed, runtime.DefaultUnstructuredConverter.FromUnstructured(object.UnstructuredContent(), typed)
}
