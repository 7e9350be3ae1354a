package kubernetes

import (
	"context"
	"fmt"
	"strings"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/emptypb"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/wait"
)

// Delete deletes the object, what it owns first, and waits until it is gone. One that is gone already is a success.
func (p *provider) Delete(ctx context.Context, req *pulumirpc.DeleteRequest) (*emptypb.Empty, error) {
	ctx, end := p.operation(ctx)
	defer end()
	if p.cluster == nil && p.deleteUnreachable {
		return &emptypb.Empty{}, nil
	}
	if p.cluster == nil {
		return nil, p.unreachable()
	}
	state, _, err := unmarshal(req.GetProperties(), nil)
	if err != nil {
		return nil, err
	}
	_, object := parseCheckpoint(state)
	policy := metav1.DeletePropagationForeground
	err = p.cluster.client(object).Delete(ctx, object.GetName(), metav1.DeleteOptions{PropagationPolicy: &policy})
	if apierrors.IsNotFound(err) {
		return &emptypb.Empty{}, nil
	}
	if err == nil && annotation(object, annotationSkipAwait) != "true" {
		err = p.untilGone(ctx, object, req.GetTimeout())
	}
	if err != nil {
		return nil, fmt.Errorf("delete %s %s: %w", object.GetKind(), req.GetId(), err)
	}
	return &emptypb.Empty{}, nil
}

// untilGone waits until the object does not exist any more, or another one bears its name.
func (p *provider) untilGone(ctx context.Context, object *unstructured.Unstructured, seconds float64) error {
	last := object
	err := wait.PollUntilContextTimeout(ctx, p.pace.look, timeout(seconds), true, func(ctx context.Context) (bool, error) {
		live, err := p.cluster.get(ctx, object)
		if apierrors.IsNotFound(err) {
			return true, nil
		}
		if err != nil {
			return false, nil //nolint:nilerr // an API server that restarts is back soon
		}
		last = live
		return live.GetUID() != object.GetUID(), nil
	})
	if finalizers := last.GetFinalizers(); err != nil && len(finalizers) > 0 {
		return fmt.Errorf("it was told to end but is held by its finalizers %s: %w", strings.Join(finalizers, ", "), err)
	}
	return err
}
