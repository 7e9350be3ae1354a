package kubernetes

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil/rpcerror"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/structpb"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Create applies a new object and waits until it is ready. An object that was made but does not become ready is kept in
// the state, with the reasons.
func (p *provider) Create(ctx context.Context, req *pulumirpc.CreateRequest) (*pulumirpc.CreateResponse, error) {
	ctx, end := p.operation(ctx)
	defer end()
	urn := resource.URN(req.GetUrn())
	news, err := unmarshal("inputs", req.GetProperties())
	if err != nil {
		return nil, err
	}
	object := toObject(news)
	asGiven := &pulumirpc.CreateResponse{Properties: req.GetProperties()}
	if req.GetPreview() && !p.canPreview(object) {
		return asGiven, nil
	}
	if p.cluster == nil {
		return nil, p.unreachable()
	}
	manager, err := managerOf(nil, object)
	if err != nil {
		return nil, err
	}
	live, err := p.applyNew(ctx, urn, object, manager, req.GetPreview())
	if req.GetPreview() && err != nil && cannotDryRun(err) {
		return asGiven, nil
	}
	if err != nil {
		return nil, fmt.Errorf("create %s %s: %w", object.GetKind(), objectName(object), err)
	}
	var failure *notReady
	if req.GetPreview() {
		// The server answers with an empty status, which would pass for one that is known.
		delete(live.Object, "status")
	} else {
		live, failure = p.await(ctx, urn, object, live, req.GetTimeout())
	}
	state, err := p.marshal("state", checkpoint(object, live, news, object.GetAPIVersion(), manager))
	if err != nil {
		return nil, err
	}
	if failure != nil {
		return nil, partial(objectName(live), failure, state, nil)
	}
	if req.GetPreview() {
		return &pulumirpc.CreateResponse{Properties: state}, nil
	}
	return &pulumirpc.CreateResponse{Id: objectName(live), Properties: state}, nil
}

// Update applies the new inputs to an object that exists and waits until it is ready again.
func (p *provider) Update(ctx context.Context, req *pulumirpc.UpdateRequest) (*pulumirpc.UpdateResponse, error) {
	ctx, end := p.operation(ctx)
	defer end()
	urn := resource.URN(req.GetUrn())
	state, err := unmarshal("old state", req.GetOlds())
	if err != nil {
		return nil, err
	}
	news, err := unmarshal("inputs", req.GetNews())
	if err != nil {
		return nil, err
	}
	object := toObject(news)
	normalize(object)
	if req.GetPreview() && !p.canPreview(object) {
		return &pulumirpc.UpdateResponse{Properties: req.GetNews()}, nil
	}
	if p.cluster == nil {
		return nil, p.unreachable()
	}
	old, oldLive := parseCheckpoint(state)
	manager, err := managerOf(state, object)
	if err != nil {
		return nil, err
	}
	if was := state[fieldManagerKey]; was.IsString() && was.StringValue() != manager {
		return nil, uncovered("a change of the field manager")
	}
	live, err := p.applyOver(ctx, oldLive.GetName(), object, manager, req.GetIgnoreChanges(), req.GetPreview())
	if req.GetPreview() && apierrors.IsForbidden(err) {
		return &pulumirpc.UpdateResponse{Properties: req.GetNews()}, nil
	}
	var failure *notReady
	if err != nil {
		if live, failure, err = p.afterRefusal(ctx, oldLive, err); err != nil {
			return nil, fmt.Errorf("update %s %s: %w", object.GetKind(), objectName(object), err)
		}
	} else if !req.GetPreview() {
		live, failure = p.await(ctx, urn, object, live, req.GetTimeout())
	}
	outputs, err := p.marshal("state", checkpoint(object, live, news, versionOf(state, old), manager))
	if err != nil {
		return nil, err
	}
	if failure != nil {
		return nil, partial(objectName(live), failure, outputs, nil)
	}
	return &pulumirpc.UpdateResponse{Properties: outputs}, nil
}

// afterRefusal reads what stands after an update was refused: the state keeps it, marked as failed, so that the next
// update tries again.
func (p *provider) afterRefusal(ctx context.Context, old *unstructured.Unstructured, refusal error) (*unstructured.Unstructured, *notReady, error) {
	client, err := p.cluster.client(old)
	if err != nil {
		return nil, nil, errors.Join(refusal, err)
	}
	live, err := client.Get(ctx, old.GetName(), metav1.GetOptions{})
	if err != nil {
		return nil, nil, errors.Join(refusal, err)
	}
	return live, &notReady{summary: fmt.Sprintf("update of %s: %v", objectName(live), refusal)}, nil
}

// canPreview tells whether the server can be asked what it would do. If not, a preview shows the inputs.
func (p *provider) canPreview(object *unstructured.Unstructured) bool {
	return !unknown(object.Object) && p.cluster.serves(object.GroupVersionKind())
}

// cannotDryRun tells whether a failed preview says nothing about the update.
func cannotDryRun(err error) bool {
	var status *apierrors.StatusError
	noDryRun := errors.As(err, &status) && status.ErrStatus.Code == http.StatusBadRequest && strings.Contains(status.ErrStatus.Message, "dry run")
	return errors.Is(err, errNoNamespace) || apierrors.IsForbidden(err) || apierrors.IsAlreadyExists(err) || noDryRun
}

// unreachable is the error of an operation that needs the cluster.
func (p *provider) unreachable() error {
	return fmt.Errorf("configured Kubernetes cluster is unreachable: %s", p.reason)
}

// partial is the error of an operation that was begun but not completed. The engine keeps the state and the reasons.
func partial(id string, failure *notReady, state, inputs *structpb.Struct) error {
	detail := &pulumirpc.ErrorResourceInitFailed{
		Id:         id,
		Properties: state,
		Inputs:     inputs,
		Reasons:    append([]string{failure.summary}, failure.reasons...),
	}
	return rpcerror.WithDetails(rpcerror.New(codes.Unknown, failure.summary), detail)
}
