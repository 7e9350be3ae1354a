package kubernetes

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// defaultTimeout is how long an operation waits when neither customTimeouts nor the annotation says so.
const defaultTimeout = 10 * time.Minute

// sight is what one look at an object showed.
type sight struct {
	object   *unstructured.Unstructured
	ready    bool
	enough   bool                           // ready as far as is known, for when there is no time to look again
	progress string                         // one line
	problems []string                       // what stands in the way
	explain  func(context.Context) []string // looks for more of it, where that takes looking; may be nil
}

// reasons is all that stands in the way.
func (s *sight) reasons(ctx context.Context) []string {
	if s.explain == nil {
		return s.problems
	}
	return append(s.problems, s.explain(ctx)...)
}

// notReady is why an object that exists is not ready.
type notReady struct {
	summary string
	reasons []string
}

// look reads an object and what belongs to it.
type look func(context.Context) (*sight, error)

// watcher returns how to look at objects of this kind, and nil for kinds that are ready once they exist. A look for now
// judges what there is, be it behind the last change or not.
func (p *provider) watcher(object *unstructured.Unstructured, now bool) look {
	at := place{cluster: p.cluster, namespace: namespaceOf(object), name: object.GetName()}
	switch object.GroupVersionKind() {
	case schema.GroupVersionKind{Group: "apps", Version: "v1", Kind: "Deployment"}:
		return (&deploymentWatch{place: at, now: now}).look
	case schema.GroupVersionKind{Version: "v1", Kind: "Service"}:
		return (&serviceWatch{place: at, now: now, settle: p.pace.settle}).look
	}
	return nil
}

// place is where an object and what belongs to it are found.
type place struct {
	cluster         *cluster
	namespace, name string
}

// await waits until the object is ready and returns it as last seen.
func (p *provider) await(
	ctx context.Context, urn resource.URN, inputs, live *unstructured.Unstructured, seconds float64,
) (*unstructured.Unstructured, *notReady) {
	look := p.watcher(live, false)
	if look == nil || annotation(inputs, annotationSkipAwait) == "true" {
		return live, nil
	}
	ctx, cancel := context.WithTimeout(ctx, timeout(inputs, seconds))
	defer cancel()
	last := &sight{object: live}
	var problem error
	for {
		seen, err := look(ctx)
		switch {
		case err == nil && seen.ready:
			p.progress(ctx, urn, "")
			return seen.object, nil
		case err == nil:
			if seen.progress != last.progress {
				p.progress(ctx, urn, seen.progress)
			}
			last, problem = seen, nil
		case ctx.Err() == nil:
			problem = err
		}
		select {
		case <-ctx.Done():
			return p.outOfTime(ctx, last, problem)
		case <-time.After(p.pace.look):
		}
	}
}

// outOfTime is the end of a wait that timed out or was cancelled.
func (p *provider) outOfTime(ctx context.Context, last *sight, problem error) (*unstructured.Unstructured, *notReady) {
	if last.enough {
		return last.object, nil
	}
	name := objectName(last.object)
	failure := &notReady{summary: fmt.Sprintf("%s %s timed out waiting to be ready", last.object.GetKind(), name)}
	if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
		failure.summary = fmt.Sprintf("waiting for %s %s was cancelled", last.object.GetKind(), name)
	}
	// There is no time left to wait, but some to tell why it was in vain.
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	failure.reasons = last.reasons(after)
	if problem != nil {
		failure.reasons = append(failure.reasons, "last look: "+problem.Error())
	}
	return last.object, failure
}

// timeout is how long an operation waits: as given with customTimeouts, else as annotated.
func timeout(inputs *unstructured.Unstructured, seconds float64) time.Duration {
	if seconds > 0 {
		return time.Duration(seconds * float64(time.Second))
	}
	if annotated, err := strconv.Atoi(annotation(inputs, annotationTimeout)); err == nil {
		return time.Duration(annotated) * time.Second
	}
	return defaultTimeout
}

// get reads the object into a Go type, and returns it as it was sent, too.
func (p place) get(ctx context.Context, resource schema.GroupVersionResource, into any) (*unstructured.Unstructured, error) {
	object, err := p.cluster.objects.Resource(resource).Namespace(p.namespace).Get(ctx, p.name, metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	return object, runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, into)
}

// list reads the objects of the place's namespace into Go types.
func list[T any](ctx context.Context, p place, resource schema.GroupVersionResource, options metav1.ListOptions) ([]T, error) {
	found, err := p.cluster.objects.Resource(resource).Namespace(p.namespace).List(ctx, options)
	if err != nil {
		return nil, err
	}
	items := make([]T, len(found.Items))
	for i, item := range found.Items {
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(item.Object, &items[i]); err != nil {
			return nil, err
		}
	}
	return items, nil
}

// ownedBy tells whether an object belongs to an owner.
func ownedBy(object, owner metav1.Object) bool {
	for _, reference := range object.GetOwnerReferences() {
		if reference.UID == owner.GetUID() {
			return true
		}
	}
	return false
}
