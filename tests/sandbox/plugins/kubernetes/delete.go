package kubernetes

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/emptypb"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/dynamic"
)

// skipsDeletion are the kinds whose skipAwait annotation also means not to wait for their end.
var skipsDeletion = []string{"Namespace", "ReplicationController", "DaemonSet", "Deployment", "StatefulSet", "Job"}

// Delete deletes the object, what it owns first, and waits until it is gone. One that is gone already is a success.
func (p *provider) Delete(ctx context.Context, req *pulumirpc.DeleteRequest) (*emptypb.Empty, error) {
	ctx, end := p.operation(ctx)
	defer end()
	urn := resource.URN(req.GetUrn())
	if p.cluster == nil {
		return p.deleteUnreachable(ctx, urn)
	}
	state, err := unmarshal("state", req.GetProperties())
	if err != nil {
		return nil, err
	}
	inputs, live := parseCheckpoint(state)
	_, name := parseID(req.GetId())
	client, err := p.cluster.client(live)
	if meta.IsNoMatchError(err) {
		// Its definition is gone, and the objects with it.
		return &emptypb.Empty{}, nil
	}
	if err != nil {
		return nil, err
	}
	policy := propagation(inputs)
	err = client.Delete(ctx, name, metav1.DeleteOptions{PropagationPolicy: &policy})
	if apierrors.IsNotFound(err) {
		return &emptypb.Empty{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("delete %s %s: %w", live.GetKind(), req.GetId(), err)
	}
	if annotation(inputs, annotationSkipAwait) == "true" && slices.Contains(skipsDeletion, live.GetKind()) {
		return &emptypb.Empty{}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, timeout(inputs, req.GetTimeout()))
	defer cancel()
	last, err := p.untilGone(ctx, client, name)
	if err != nil {
		return nil, notGone(req.GetId(), last, err)
	}
	return &emptypb.Empty{}, nil
}

// propagation is how the objects that belong to this one end: before it, unless annotated otherwise.
func propagation(inputs *unstructured.Unstructured) metav1.DeletionPropagation {
	switch strings.ToLower(annotation(inputs, annotationDeletion)) {
	case "orphan":
		return metav1.DeletePropagationOrphan
	case "background":
		return metav1.DeletePropagationBackground
	}
	return metav1.DeletePropagationForeground
}

// untilGone waits until the object does not exist any more, or another one bears its name.
func (p *provider) untilGone(ctx context.Context, client dynamic.ResourceInterface, name string) (*unstructured.Unstructured, error) {
	var last *unstructured.Unstructured
	for {
		live, err := client.Get(ctx, name, metav1.GetOptions{})
		switch {
		case apierrors.IsNotFound(err), err == nil && last != nil && live.GetUID() != last.GetUID():
			return nil, nil
		case err == nil:
			last = live
		}
		select {
		case <-ctx.Done():
			return last, ctx.Err()
		case <-time.After(p.pace.look):
		}
	}
}

// notGone is the error of a deletion that did not come to its end in time.
func notGone(id string, last *unstructured.Unstructured, cause error) error {
	if last == nil || len(last.GetFinalizers()) == 0 {
		return fmt.Errorf("%s was told to end but is not gone: %w", id, cause)
	}
	return fmt.Errorf("%s was told to end but is held by its finalizers %s: %w", id, strings.Join(last.GetFinalizers(), ", "), cause)
}

// deleteUnreachable answers for a cluster that does not.
func (p *provider) deleteUnreachable(ctx context.Context, urn resource.URN) (*emptypb.Empty, error) {
	p.log(ctx, diag.Warning, urn, p.unreachable().Error())
	if !p.options.deleteUnreachable {
		return nil, errUnreachable
	}
	p.log(ctx, diag.Info, urn, "deleteUnreachable is set: the resource is dropped from the state")
	return &emptypb.Empty{}, nil
}
