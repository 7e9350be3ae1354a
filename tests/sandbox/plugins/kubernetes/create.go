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
	if req.GetPreview() && !p.canPreview(object) {
		return &pulumirpc.CreateResponse{Properties: req.GetProperties()}, nil
	}
	if p.cluster == nil {
		return nil, p.unreachable()
	}
	wanted := &application{object: object, inputs: news, version: object.GetAPIVersion()}
	if wanted.manager, err = managerOf(nil, object); err != nil {
		return nil, err
	}
	live, err := p.applyNew(ctx, urn, object, wanted.manager, req.GetPreview())
	if req.GetPreview() && err != nil && cannotDryRun(err) {
		return &pulumirpc.CreateResponse{Properties: req.GetProperties()}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("create %s %s: %w", object.GetKind(), objectName(object), err)
	}
	if req.GetPreview() {
		// The server answers with an empty status, which would pass for one that is known.
		delete(live.Object, "status")
		state, err := p.result(wanted, live, nil)
		return &pulumirpc.CreateResponse{Properties: state}, err
	}
	live, failure := p.await(ctx, urn, object, live, req.GetTimeout())
	state, err := p.result(wanted, live, failure)
	return &pulumirpc.CreateResponse{Id: objectName(live), Properties: state}, err
}

// result is what the engine keeps of an object that was applied; for one that is not ready it comes in an error.
func (p *provider) result(a *application, live *unstructured.Unstructured, failure *notReady) (*structpb.Struct, error) {
	state, err := p.marshal("state", a.checkpoint(live))
	if err != nil {
		return nil, err
	}
	if failure != nil {
		return nil, partial(objectName(live), failure, state, nil)
	}
	return state, nil
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

// canPreview tells whether the server can be asked what it would do. If not, a preview shows the inputs.
func (p *provider) canPreview(object *unstructured.Unstructured) bool {
	return !unknown(object.Object) && p.cluster.serves(object.GroupVersionKind())
}

// cannotDryRun tells whether a failed preview says nothing about the update.
func cannotDryRun(err error) bool {
	var status *apierrors.StatusError
	noDryRun := errors.As(err, &status) && status.ErrStatus.Code == http.StatusBadRequest &&
		strings.Contains(status.ErrStatus.Message, "dry run")
	return errors.Is(err, errNoNamespace) || apierrors.IsForbidden(err) || apierrors.IsAlreadyExists(err) || noDryRun
}

// unreachable is the error of an operation that needs the cluster.
func (p *provider) unreachable() error {
	return fmt.Errorf("the Kubernetes cluster is unreachable: %s", p.reason)
}
