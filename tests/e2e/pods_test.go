package e2e

import (
	"net/netip"
	"testing"
)

// A pod, as far as the tests look.
type pod struct {
	Metadata struct {
		Name              string `json:"name"`
		UID               string `json:"uid"`
		DeletionTimestamp string `json:"deletionTimestamp"`
	} `json:"metadata"`
	Spec struct {
		NodeName   string `json:"nodeName"`
		Containers []struct {
			Image string `json:"image"`
		} `json:"containers"`
	} `json:"spec"`
	Status struct {
		Conditions []condition `json:"conditions"`
		PodIP      netip.Addr  `json:"podIP"`
	} `json:"status"`
}

type condition struct {
	Type   string `json:"type"`
	Status string `json:"status"`
}

func ready(conditions []condition) bool {
	for _, c := range conditions {
		if c.Type == "Ready" {
			return c.Status == "True"
		}
	}
	return false
}

// readyPods returns the app's pods that are ready and stay.
func (p *project) readyPods(t *testing.T) []pod {
	t.Helper()
	var list struct {
		Items []pod `json:"items"`
	}
	p.kubectl(t, &list, "get", "pods", "--namespace=hello-hapi", "--selector=app=hello-hapi")
	var all []pod
	for _, pod := range list.Items {
		if ready(pod.Status.Conditions) && pod.Metadata.DeletionTimestamp == "" {
			all = append(all, pod)
		}
	}
	return all
}
