package kubernetes

import (
	"context"
	"fmt"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	host "github.com/pulumi/pulumi/sdk/v3/go/pulumi/provider"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"
)

// engine is where messages go. A status is shown while its resource is worked on, a log stays.
type engine interface {
	Log(ctx context.Context, severity diag.Severity, urn resource.URN, message string) error
	LogStatus(ctx context.Context, severity diag.Severity, urn resource.URN, message string) error
}

// pace is how fast the plug-in looks and tries again.
type pace struct {
	look   time.Duration // between two looks at an object that is waited for
	settle time.Duration // without a change, after which a Service's endpoints count as settled
	retry  time.Duration // before a refused connection or a create is tried again; further tries of a create wait twice as long each
}

// provider is one configured provider.
type provider struct {
	pulumirpc.UnimplementedResourceProviderServer
	ctx     context.Context // ends when the engine cancels, and every operation with it
	cancel  context.CancelFunc
	engine  engine
	pace    pace
	options options
	cluster *cluster // nil where none can be reached
	reason  string   // why none can be reached
}

var _ pulumirpc.ResourceProviderServer = (*provider)(nil)

func newProvider(ctx context.Context) *provider {
	ctx, cancel := context.WithCancel(ctx)
	return &provider{
		ctx:    ctx,
		cancel: cancel,
		pace:   pace{look: time.Second, settle: 10 * time.Second, retry: time.Second},
		reason: "the provider is not configured",
	}
}

// GetPluginInfo returns the version stood in for.
func (p *provider) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: Version}, nil
}

// GetSchema returns a schema without resources: programs of typed SDKs do not ask for it.
func (p *provider) GetSchema(context.Context, *pulumirpc.GetSchemaRequest) (*pulumirpc.GetSchemaResponse, error) {
	return &pulumirpc.GetSchemaResponse{Schema: fmt.Sprintf(`{"name":"kubernetes","version":%q}`, Version)}, nil
}

// Attach sends messages to the engine at another address from now on.
func (p *provider) Attach(_ context.Context, req *pulumirpc.PluginAttach) (*emptypb.Empty, error) {
	client, err := host.NewHostClient(req.GetAddress())
	if err != nil {
		return nil, err
	}
	p.engine = client
	return &emptypb.Empty{}, nil
}

// Cancel ends every running operation.
func (p *provider) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	p.cancel()
	return &emptypb.Empty{}, nil
}

// Invoke is not covered: the official functions decode YAML and template charts.
func (p *provider) Invoke(_ context.Context, req *pulumirpc.InvokeRequest) (*pulumirpc.InvokeResponse, error) {
	return nil, uncovered("the function " + req.GetTok())
}

// Call is not covered.
func (p *provider) Call(_ context.Context, req *pulumirpc.CallRequest) (*pulumirpc.CallResponse, error) {
	return nil, uncovered("the method " + req.GetTok())
}

// Construct is not covered: the official components are charts, YAML files and kustomize directories.
func (p *provider) Construct(_ context.Context, req *pulumirpc.ConstructRequest) (*pulumirpc.ConstructResponse, error) {
	return nil, uncovered("the component " + req.GetType())
}

// uncovered is the error for what only the official plug-in can do.
func uncovered(what string) error {
	return status.Errorf(codes.Unimplemented,
		"%s is not covered by the sandbox's stand-in for pulumi-kubernetes: install the official plug-in with "+
			"pulumi plugin install resource kubernetes %s", what, Version)
}

// operation returns a context that ends with the request, with Cancel, or when the plug-in is told to end.
func (p *provider) operation(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(p.ctx, cancel)
	return ctx, func() { stop(); cancel() }
}

// log shows a message. One that does not arrive is no reason to fail.
func (p *provider) log(ctx context.Context, severity diag.Severity, urn resource.URN, message string) {
	if p.engine != nil {
		_ = p.engine.Log(ctx, severity, urn, message)
	}
}

// progress shows a message in the resource's line until the next one.
func (p *provider) progress(ctx context.Context, urn resource.URN, message string) {
	if p.engine != nil {
		_ = p.engine.LogStatus(ctx, diag.Info, urn, message)
	}
}

// unmarshal reads properties with unknowns and secrets kept.
func unmarshal(label string, properties *structpb.Struct) (resource.PropertyMap, error) {
	read, err := plugin.UnmarshalProperties(properties, plugin.MarshalOptions{
		Label: label, KeepUnknowns: true, SkipNulls: true, KeepSecrets: true,
	})
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", label, err)
	}
	return read, nil
}

// marshal writes properties for the engine.
func (p *provider) marshal(label string, properties resource.PropertyMap) (*structpb.Struct, error) {
	written, err := plugin.MarshalProperties(properties, plugin.MarshalOptions{
		Label: label, KeepUnknowns: true, SkipNulls: true, KeepSecrets: p.options.secrets,
	})
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", label, err)
	}
	return written, nil
}
