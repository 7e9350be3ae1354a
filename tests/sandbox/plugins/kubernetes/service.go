package kubernetes

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// serviceWatch looks at a Service and its endpoints.
type serviceWatch struct {
	place
	now    bool          // judge what there is, settled or not
	settle time.Duration // how long endpoints are given to change again

	version string      // of the endpoints that were last seen
	settled bool        // no change for a while
	due     []time.Time // when the endpoints count as settled, one a change
}

// look finds a Service ready when its endpoints have settled and none of them is unready. One without pods to look for (no
// selector, headless, or an external name) is ready at once, one of the type LoadBalancer once it has an address.
func (w *serviceWatch) look(ctx context.Context) (*sight, error) {
	var service corev1.Service
	object, err := w.get(ctx, corev1.SchemeGroupVersion.WithResource("services"), &service)
	if err != nil {
		return nil, err
	}
	seen := &sight{object: object, progress: "waiting for the Service's pods"}
	placed := service.Spec.Type != corev1.ServiceTypeLoadBalancer || len(service.Status.LoadBalancer.Ingress) > 0
	if !placed {
		seen.progress = "waiting for the load balancer"
		seen.problems = append(seen.problems, "the Service got no load balancer: the cluster needs something that makes them")
	}
	if len(service.Spec.Selector) == 0 || service.Spec.ClusterIP == corev1.ClusterIPNone || service.Spec.Type == corev1.ServiceTypeExternalName {
		seen.ready, seen.enough = placed, placed
		return seen, nil
	}
	ready, unready, err := w.endpoints(ctx)
	if err != nil {
		return nil, err
	}
	if ready == 0 {
		seen.problems = append(seen.problems, "the Service has no pods: those that its selector names may not be ready, or none bear its labels")
	}
	seen.enough = placed && unready == 0
	seen.ready = seen.enough && (w.settled || w.now)
	return seen, nil
}

// endpoints counts the addresses that get traffic and those that do not yet. Each change is given time to be followed by
// others, for pods rarely become ready together.
func (w *serviceWatch) endpoints(ctx context.Context) (ready, unready int, err error) {
	var endpoints corev1.Endpoints //nolint:staticcheck // the official plug-in decides by Endpoints, not by EndpointSlices
	_, err = w.get(ctx, corev1.SchemeGroupVersion.WithResource("endpoints"), &endpoints)
	if err != nil && !apierrors.IsNotFound(err) {
		return 0, 0, err
	}
	now := time.Now()
	for len(w.due) > 0 && !w.due[0].After(now) {
		w.settled, w.due = true, w.due[1:]
	}
	if endpoints.ResourceVersion != w.version {
		w.version, w.settled = endpoints.ResourceVersion, false
		w.due = append(w.due, now.Add(w.settle))
	}
	for _, subset := range endpoints.Subsets {
		ready += len(subset.Addresses)
		unready += len(subset.NotReadyAddresses)
	}
	return ready, unready, nil
}
