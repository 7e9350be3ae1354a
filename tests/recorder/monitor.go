package recorder

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"
)

// StackOutputs is the label of the stack itself. It is recorded for its outputs, which are its inputs here.
const StackOutputs = "Stack"

// Execute runs a compiled program as pulumi up does, or pulumi preview of a new stack, in a process of its own, with
// config as PULUMI_CONFIG. Its error is what the program says when it fails.
func Execute(ctx context.Context, binary string, config map[string]string, preview bool) (*Recording, error) {
	r := &Recording{}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	server := grpc.NewServer()
	pulumirpc.RegisterResourceMonitorServer(server, &monitor{recording: r, preview: preview})
	said := &engine{}
	pulumirpc.RegisterEngineServer(server, said)
	go func() { _ = server.Serve(listener) }() // until it is stopped
	defer server.Stop()
	values, err := json.Marshal(config)
	if err != nil {
		return nil, err
	}
	program := exec.CommandContext(ctx, binary)
	program.Env = append(os.Environ(),
		pulumi.EnvProject+"="+Project,
		pulumi.EnvStack+"="+Stack,
		pulumi.EnvConfig+"="+string(values),
		pulumi.EnvDryRun+"="+strconv.FormatBool(preview),
		pulumi.EnvMonitor+"="+listener.Addr().String(),
		pulumi.EnvEngine+"="+listener.Addr().String(),
	)
	var output bytes.Buffer
	program.Stdout, program.Stderr = &output, &output
	if err := program.Run(); err != nil {
		return r, errors.New(said.errors.String() + output.String())
	}
	return r, nil
}

// monitor is the resource monitor of a program that is a process. It answers as mocks do.
type monitor struct {
	pulumirpc.UnimplementedResourceMonitorServer
	recording *Recording
	preview   bool
}

var marking = plugin.MarshalOptions{KeepSecrets: true, KeepResources: true, KeepUnknowns: true}

// SupportsFeature says yes to all but two: output values would hide what an input is, and aliases are compared as URNs.
func (m *monitor) SupportsFeature(
	_ context.Context, req *pulumirpc.SupportsFeatureRequest,
) (*pulumirpc.SupportsFeatureResponse, error) {
	lacking := []string{"outputValues", "aliasSpecs"}
	return &pulumirpc.SupportsFeatureResponse{HasSupport: !slices.Contains(lacking, req.GetId())}, nil
}

func (m *monitor) RegisterResource(
	_ context.Context, req *pulumirpc.RegisterResourceRequest,
) (*pulumirpc.RegisterResourceResponse, error) {
	inputs, err := plugin.UnmarshalProperties(req.GetObject(), marking)
	if err != nil {
		return nil, err
	}
	if req.GetType() == string(resource.RootStackType) {
		return &pulumirpc.RegisterResourceResponse{Urn: urnOf("", req.GetType(), req.GetName())}, nil
	}
	id, outputs, err := m.recording.NewResource(pulumi.MockResourceArgs{
		TypeToken: req.GetType(), Name: req.GetName(), Inputs: inputs,
		Provider: req.GetProvider(), Custom: req.GetCustom(), RegisterRPC: req,
	})
	if err != nil {
		return nil, err
	}
	if m.preview && req.GetCustom() { // what a provider adds is not known yet
		id = ""
		for key := range outputs {
			if _, given := inputs[key]; !given || key == "spec" {
				outputs[key] = resource.MakeComputed(resource.NewProperty(""))
			}
		}
	}
	object, err := plugin.MarshalProperties(outputs, marking)
	urn := urnOf(req.GetParent(), req.GetType(), req.GetName())
	return &pulumirpc.RegisterResourceResponse{Urn: urn, Id: id, Object: object}, err
}

// RegisterResourceOutputs keeps the stack's.
func (m *monitor) RegisterResourceOutputs(
	_ context.Context, req *pulumirpc.RegisterResourceOutputsRequest,
) (*emptypb.Empty, error) {
	if urn := resource.URN(req.GetUrn()); urn.QualifiedType() == resource.RootStackType {
		outputs, err := plugin.UnmarshalProperties(req.GetOutputs(), marking)
		if err != nil {
			return nil, err
		}
		m.recording.mu.Lock()
		defer m.recording.mu.Unlock()
		args := pulumi.MockResourceArgs{TypeToken: string(resource.RootStackType), Name: urn.Name(), Inputs: outputs}
		m.recording.Resources = append(m.recording.Resources, &Resource{args, req.GetUrn()})
	}
	return &emptypb.Empty{}, nil
}

func (m *monitor) Invoke(
	_ context.Context, req *pulumirpc.ResourceInvokeRequest,
) (*pulumirpc.ResourceInvokeResponse, error) {
	args, err := plugin.UnmarshalProperties(req.GetArgs(), marking)
	if err != nil {
		return nil, err
	}
	result, err := m.recording.Call(pulumi.MockCallArgs{Token: req.GetTok(), Args: args, Provider: req.GetProvider()})
	if err != nil {
		return nil, err
	}
	answer, err := plugin.MarshalProperties(result, marking)
	return &pulumirpc.ResourceInvokeResponse{Return: answer}, err
}

// engine hears what a program reports as errors.
type engine struct {
	pulumirpc.UnimplementedEngineServer
	mu     sync.Mutex
	errors strings.Builder
}

func (e *engine) Log(_ context.Context, req *pulumirpc.LogRequest) (*emptypb.Empty, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if req.GetSeverity() == pulumirpc.LogSeverity_ERROR {
		fmt.Fprintln(&e.errors, req.GetMessage())
	}
	return &emptypb.Empty{}, nil
}
