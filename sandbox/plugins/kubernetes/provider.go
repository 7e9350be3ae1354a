package kubernetes

import (
	"context"
	"fmt"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"
)

// engine is where messages go. A status is shown while its resource is worked on.
type engine interface {
	LogStatus(ctx context.Context, severity diag.Severity, urn resource.URN, message string) error
}

// pace is how fast the plug-in looks and tries again.
type pace struct {
	look   time.Duration // between two looks at an object that is waited for, and two tries of a refused connection
	settle time.Duration // without a change, after which a Service's endpoints count as settled
}

// provider is one configured provider. Functions, methods and components are not covered.
type provider struct {
	pulumirpc.UnimplementedResourceProviderServer
	ctx               context.Context // ends when the engine cancels, and every operation with it
	cancel            context.CancelFunc
	engine            engine
	pace              pace
	cluster           *cluster // nil where none can be reached
	reason            error    // why none can be reached
	deleteUnreachable bool     // objects of a cluster that is gone count as deleted
}

var _ pulumirpc.ResourceProviderServer = (*provider)(nil)

func newProvider(ctx context.Context) *provider {
	ctx, cancel := context.WithCancel(ctx)
	return &provider{ctx: ctx, cancel: cancel, pace: pace{look: time.Second, settle: 10 * time.Second}}
}

// GetPluginInfo returns the version stood in for.
func (p *provider) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: Version}, nil
}

// GetSchema returns a schema without resources: programs of typed SDKs do not ask for it.
func (p *provider) GetSchema(context.Context, *pulumirpc.GetSchemaRequest) (*pulumirpc.GetSchemaResponse, error) {
	return &pulumirpc.GetSchemaResponse{Schema: fmt.Sprintf(`{"name":"kubernetes","version":%q}`, Version)}, nil
}

// Cancel ends every running operation.
func (p *provider) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	p.cancel()
	return &emptypb.Empty{}, nil
}

// operation returns a context that ends with the request, with Cancel, or when the plug-in is told to end.
func (p *provider) operation(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(p.ctx, cancel)
	return ctx, func() { stop(); cancel() }
}

// progress shows a message in the resource's line until the next one. One that does not arrive is no reason to fail.
func (p *provider) progress(ctx context.Context, urn resource.URN, message string) {
	if p.engine != nil {
		_ = p.engine.LogStatus(ctx, diag.Info, urn, message)
	}
}

// uncovered is the error for what only the official plug-in can do.
func uncovered(what string) error {
	return fmt.Errorf("%s is not covered by the sandbox's stand-in for pulumi-kubernetes: install the official plug-in with "+
		"pulumi plugin install resource kubernetes %s", what, Version)
}

// wireFormat is how properties travel.
var wireFormat = plugin.MarshalOptions{KeepUnknowns: true, SkipNulls: true, KeepSecrets: true}

// unmarshal reads what a request says of the resource before and after, either of which may be missing.
func unmarshal(olds, news *structpb.Struct) (before, after resource.PropertyMap, err error) {
	if before, err = plugin.UnmarshalProperties(olds, wireFormat); err != nil {
		return nil, nil, fmt.Errorf("read old properties: %w", err)
	}
	if after, err = plugin.UnmarshalProperties(news, wireFormat); err != nil {
		return nil, nil, fmt.Errorf("read properties: %w", err)
	}
	return before, after, nil
}

// marshal writes properties for the engine.
func marshal(properties resource.PropertyMap) (*structpb.Struct, error) {
	written, err := plugin.MarshalProperties(properties, wireFormat)
	if err != nil {
		return nil, fmt.Errorf("write properties: %w", err)
	}
	return written, nil
}
