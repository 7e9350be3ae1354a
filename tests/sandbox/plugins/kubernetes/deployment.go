package kubernetes

import (
	"context"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// revisionAnnotation numbers the roll-outs of a Deployment, and is on the ReplicaSet of each.
const revisionAnnotation = "deployment.kubernetes.io/revision"

// deploymentWatch looks at a Deployment and its current ReplicaSet.
type deploymentWatch struct {
	place
	now bool // judge what there is, be it behind the last change or not
}

// look finds a Deployment ready when its controller has seen the last change, it is available, and the ReplicaSet of the
// current revision has all its pods ready. From the second revision on the roll-out has to be complete as well.
func (w *deploymentWatch) look(ctx context.Context) (*sight, error) {
	var d appsv1.Deployment
	object, err := w.get(ctx, appsv1.SchemeGroupVersion.WithResource("deployments"), &d)
	if err != nil {
		return nil, err
	}
	seen := &sight{object: object}
	if !w.now && d.Status.ObservedGeneration != d.Generation {
		seen.progress = "waiting for the Deployment's controller"
		seen.problems = []string{"the Deployment's controller has not seen the last change"}
		return seen, nil
	}
	for _, condition := range []appsv1.DeploymentConditionType{appsv1.DeploymentAvailable, appsv1.DeploymentProgressing} {
		if c := conditionOf(&d, condition); c.Status == corev1.ConditionFalse {
			seen.problems = append(seen.problems, fmt.Sprintf("[%s] %s", c.Reason, c.Message))
		}
	}
	set, err := w.replicaSet(ctx, &d)
	if err != nil {
		return nil, err
	}
	var wanted, have int32
	if set != nil {
		wanted, have = replicas(set), set.Status.ReadyReplicas
	}
	seen.progress = fmt.Sprintf("waiting for pods: %d of %d are ready", have, wanted)
	seen.ready = set != nil && have >= wanted &&
		conditionOf(&d, appsv1.DeploymentAvailable).Status == corev1.ConditionTrue && rolledOut(&d)
	if !seen.ready {
		seen.problems = append(seen.problems, seen.progress)
		seen.explain = func(ctx context.Context) []string { return w.podProblems(ctx, &d, set) }
	}
	return seen, nil
}

// rolledOut tells whether the current revision has replaced the one before. The first replaces none.
func rolledOut(d *appsv1.Deployment) bool {
	progressing := conditionOf(d, appsv1.DeploymentProgressing)
	return d.Annotations[revisionAnnotation] == "1" ||
		progressing.Status == corev1.ConditionTrue && progressing.Reason == "NewReplicaSetAvailable"
}

func conditionOf(d *appsv1.Deployment, kind appsv1.DeploymentConditionType) appsv1.DeploymentCondition {
	for _, condition := range d.Status.Conditions {
		if condition.Type == kind {
			return condition
		}
	}
	return appsv1.DeploymentCondition{}
}

// replicaSet returns the ReplicaSet of the current revision, nil if there is none yet.
func (w *deploymentWatch) replicaSet(ctx context.Context, d *appsv1.Deployment) (*appsv1.ReplicaSet, error) {
	sets, err := list[appsv1.ReplicaSet](ctx, w.place, appsv1.SchemeGroupVersion.WithResource("replicasets"), metav1.ListOptions{})
	if err != nil {
		return nil, err
	}
	revision := d.Annotations[revisionAnnotation]
	for i, set := range sets {
		if revision != "" && set.Annotations[revisionAnnotation] == revision && ownedBy(&set, d) {
			return &sets[i], nil
		}
	}
	return nil, nil
}

// replicas is what the ReplicaSet is asked for: not what the Deployment was last applied with, so that scaling it by hand
// is no failure.
func replicas(set *appsv1.ReplicaSet) int32 {
	if set.Spec.Replicas == nil {
		return 1
	}
	return *set.Spec.Replicas
}
