package kubernetes

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// lookAtService finds a Service ready when pods are behind it and all of them are ready. One without pods to look for (no
// selector, headless, or an external name) is ready at once, one of the type LoadBalancer not before it has an address.
func (c *cluster) lookAtService(ctx context.Context, seen *sight) error {
	service, err := decode[corev1.Service](seen.live)
	if err != nil {
		return err
	}
	spec := service.Spec
	if spec.Type == corev1.ServiceTypeLoadBalancer && len(service.Status.LoadBalancer.Ingress) == 0 {
		seen.reasons = []string{"waiting for a load balancer: the cluster needs something that makes them"}
		return nil
	}
	if len(spec.Selector) == 0 || spec.ClusterIP == corev1.ClusterIPNone || spec.Type == corev1.ServiceTypeExternalName {
		seen.ready, seen.settle = true, 0
		return nil
	}
	endpoints := &corev1.Endpoints{} //nolint:staticcheck // the official plug-in decides by Endpoints, not by EndpointSlices
	found, err := c.Resource(corev1.SchemeGroupVersion.WithResource("endpoints")).Namespace(service.Namespace).
		Get(ctx, service.Name, metav1.GetOptions{})
	if err == nil {
		endpoints, err = decode[corev1.Endpoints](found) //nolint:staticcheck // as above
	}
	if err != nil && !apierrors.IsNotFound(err) {
		return err
	}
	ready, unready := 0, 0
	for _, subset := range endpoints.Subsets {
		ready += len(subset.Addresses)
		unready += len(subset.NotReadyAddresses)
	}
	seen.ready = ready > 0 && unready == 0
	seen.reasons = []string{fmt.Sprintf("waiting for the Service's pods: %d are ready, %d are not", ready, unready)}
	if ready+unready == 0 {
		seen.reasons = append(seen.reasons, "the Service has no pods: those that its selector names may not run yet, or none bear its labels")
	}
	return nil
}
