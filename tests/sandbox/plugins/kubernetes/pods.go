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

// starting are the reasons for which a container waits while all is well.
var starting = []string{"ContainerCreating", "PodInitializing"}

// podProblems says, pod by pod, why the pods of a ReplicaSet are not ready. Without pods it says why there are none. What
// cannot be read is left out: it only explains.
func (w *deploymentWatch) podProblems(ctx context.Context, d *appsv1.Deployment, set *appsv1.ReplicaSet) []string {
	if set == nil {
		return nil
	}
	pods, err := list[corev1.Pod](ctx, w.place, corev1.SchemeGroupVersion.WithResource("pods"),
		metav1.ListOptions{LabelSelector: metav1.FormatLabelSelector(d.Spec.Selector)})
	if err != nil {
		return nil
	}
	var problems []string
	found := false
	for _, pod := range pods {
		if !ownedBy(&pod, set) {
			continue
		}
		found = true
		for _, problem := range podProblems(&pod) {
			problems = append(problems, fmt.Sprintf("pod %s: %s", pod.Name, problem))
		}
		if len(podProblems(&pod)) > 0 {
			problems = append(problems, w.lastWarning(ctx, "pod "+pod.Name, &pod)...)
		}
	}
	if !found {
		problems = append(problems, w.lastWarning(ctx, "ReplicaSet "+set.Name, set)...)
	}
	return problems
}

// podProblems says what keeps one pod from being ready.
func podProblems(pod *corev1.Pod) []string {
	var problems []string
	for _, condition := range pod.Status.Conditions {
		if condition.Type == corev1.PodScheduled && condition.Status == corev1.ConditionFalse {
			problems = append(problems, fmt.Sprintf("[%s] %s", condition.Reason, condition.Message))
		}
	}
	for _, status := range slices.Concat(pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses) {
		waiting, ended := status.State.Waiting, cmp.Or(status.State.Terminated, status.LastTerminationState.Terminated)
		switch {
		case waiting != nil && !slices.Contains(starting, waiting.Reason):
			problems = append(problems, fmt.Sprintf("container %s: [%s] %s", status.Name, waiting.Reason, waiting.Message))
		case status.State.Running != nil && !status.Ready:
			problems = append(problems, fmt.Sprintf("container %s runs but is not ready", status.Name))
		}
		if ended != nil && ended.ExitCode != 0 {
			problems = append(problems, fmt.Sprintf("container %s ended with exit code %d: [%s] %s", status.Name, ended.ExitCode, ended.Reason, ended.Message))
		}
	}
	return problems
}

// lastWarning is the newest warning about an object, if there is one.
func (w *deploymentWatch) lastWarning(ctx context.Context, name string, about metav1.Object) []string {
	events, err := list[corev1.Event](ctx, w.place, corev1.SchemeGroupVersion.WithResource("events"),
		metav1.ListOptions{FieldSelector: fmt.Sprintf("involvedObject.uid=%s,type=Warning", about.GetUID())})
	if err != nil || len(events) == 0 {
		return nil
	}
	last := slices.MaxFunc(events, func(a, b corev1.Event) int { return a.LastTimestamp.Compare(b.LastTimestamp.Time) })
	return []string{fmt.Sprintf("%s: last warning [%s] %s", name, last.Reason, last.Message)}
}
