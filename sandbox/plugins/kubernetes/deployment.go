package kubernetes

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// lookAtDeployment finds a Deployment ready when its controller has seen the last change and every pod is of the current
// revision and available. It asks for as many as the live object does, so that scaling it by hand is no failure.
func (c *cluster) lookAtDeployment(ctx context.Context, seen *sight) error {
	d, err := decode[appsv1.Deployment](seen.live)
	if err != nil {
		return err
	}
	status, wanted := d.Status, int32(1)
	if d.Spec.Replicas != nil {
		wanted = *d.Spec.Replicas
	}
	if status.ObservedGeneration < d.Generation {
		seen.reasons = []string{"waiting for the Deployment's controller to see the last change"}
		return nil
	}
	seen.ready = status.UpdatedReplicas == wanted && status.Replicas == wanted && status.AvailableReplicas == wanted
	if seen.ready {
		return nil
	}
	seen.reasons = []string{fmt.Sprintf("waiting for pods: %d of %d are up to date, %d available, %d in all",
		status.UpdatedReplicas, wanted, status.AvailableReplicas, status.Replicas)}
	for _, condition := range status.Conditions {
		if bad := (condition.Status == corev1.ConditionTrue) == (condition.Type == appsv1.DeploymentReplicaFailure); bad {
			seen.reasons = append(seen.reasons, fmt.Sprintf("[%s] %s", condition.Reason, condition.Message))
		}
	}
	found, err := c.Resource(corev1.SchemeGroupVersion.WithResource("pods")).Namespace(d.Namespace).
		List(ctx, metav1.ListOptions{LabelSelector: metav1.FormatLabelSelector(d.Spec.Selector)})
	if err != nil {
		return fmt.Errorf("list its pods: %w", err)
	}
	pods, err := decode[corev1.PodList](found)
	if err != nil {
		return err
	}
	for i := range pods.Items {
		seen.reasons = append(seen.reasons, podProblems(&pods.Items[i])...)
	}
	return nil
}

// starting are the reasons for which a container waits while all is well.
var starting = []string{"ContainerCreating", "PodInitializing"}

// podProblems says what keeps one pod from being ready.
func podProblems(pod *corev1.Pod) []string {
	var problems []string
	add := func(format string, args ...any) {
		problems = append(problems, "pod "+pod.Name+": "+fmt.Sprintf(format, args...))
	}
	for _, condition := range pod.Status.Conditions {
		if condition.Type == corev1.PodScheduled && condition.Status == corev1.ConditionFalse {
			add("[%s] %s", condition.Reason, condition.Message)
		}
	}
	for _, status := range slices.Concat(pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses) {
		waiting, ended := status.State.Waiting, cmp.Or(status.State.Terminated, status.LastTerminationState.Terminated)
		switch {
		case waiting != nil && !slices.Contains(starting, waiting.Reason):
			add("container %s: [%s] %s", status.Name, waiting.Reason, waiting.Message)
		case status.State.Running != nil && !status.Ready:
			add("container %s runs but is not ready", status.Name)
		}
		if ended != nil && ended.ExitCode != 0 {
			add("container %s ended with exit code %d: [%s] %s", status.Name, ended.ExitCode, ended.Reason, ended.Message)
		}
	}
	return problems
}
