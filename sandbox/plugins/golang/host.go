package golang

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/provider"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/emptypb"

	"hello-kubernetes/sandbox/run"
)

// host implements the part of the language runtime's protocol that running a program takes, and what pulumi about and
// pulumi install ask.
type host struct {
	pulumirpc.UnimplementedLanguageRuntimeServer

	engine string                // address of the engine's gRPC server
	log    func(progress string) // tells the user what goes on
	ctx    context.Context       // done when programs have to end
	cancel context.CancelFunc
}

var _ pulumirpc.LanguageRuntimeServer = (*host)(nil)

func newHost(ctx context.Context, engine string, client *provider.HostClient) *host {
	h := &host{engine: engine}
	h.ctx, h.cancel = context.WithCancel(ctx)
	h.log = func(progress string) {
		_ = client.LogStatus(h.ctx, diag.Info, "", progress) // for the eye only
	}
	return h
}

// Cancel interrupts the program.
func (h *host) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	h.cancel()
	return &emptypb.Empty{}, nil
}

// GetPluginInfo returns no version: this host comes with the program.
func (h *host) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{}, nil
}

// GetRequiredPackages names no plugins, so that none is downloaded ahead: each is looked for when its first resource is
// registered.
func (h *host) GetRequiredPackages(
	context.Context,
	*pulumirpc.GetRequiredPackagesRequest,
) (*pulumirpc.GetRequiredPackagesResponse, error) {
	return &pulumirpc.GetRequiredPackagesResponse{}, nil
}

// RuntimeOptionsPrompts asks nothing of who makes a new project.
func (h *host) RuntimeOptionsPrompts(
	context.Context,
	*pulumirpc.RuntimeOptionsRequest,
) (*pulumirpc.RuntimeOptionsResponse, error) {
	return &pulumirpc.RuntimeOptionsResponse{}, nil
}

// About returns which Go it is.
func (h *host) About(ctx context.Context, req *pulumirpc.AboutRequest) (*pulumirpc.AboutResponse, error) {
	binary, err := exec.LookPath("go")
	if err != nil {
		return nil, err
	}
	version, err := run.With{Dir: req.GetInfo().GetProgramDirectory()}.Output(ctx, "go", "version")
	return &pulumirpc.AboutResponse{Executable: binary, Version: strings.TrimSpace(version)}, err
}

// GetProgramDependencies returns what the program's go.mod requires.
func (h *host) GetProgramDependencies(
	ctx context.Context,
	req *pulumirpc.GetProgramDependenciesRequest,
) (*pulumirpc.GetProgramDependenciesResponse, error) {
	text, err := run.With{Dir: req.GetInfo().GetProgramDirectory()}.Output(ctx, "go", "mod", "edit", "-json")
	if err != nil {
		return nil, err
	}
	var module struct {
		Require []struct {
			Path, Version string
			Indirect      bool
		}
	}
	if err := json.Unmarshal([]byte(text), &module); err != nil {
		return nil, fmt.Errorf("go.mod: %w", err)
	}
	response := &pulumirpc.GetProgramDependenciesResponse{}
	for _, r := range module.Require {
		if !r.Indirect || req.GetTransitiveDependencies() {
			response.Dependencies = append(
				response.Dependencies,
				&pulumirpc.DependencyInfo{Name: r.Path, Version: r.Version},
			)
		}
	}
	return response, nil
}

// InstallDependencies downloads the modules that the program is built of. Unlike the official host it leaves go.mod be.
func (h *host) InstallDependencies(
	req *pulumirpc.InstallDependenciesRequest,
	server pulumirpc.LanguageRuntime_InstallDependenciesServer,
) error {
	closer, _, stderr, err := rpcutil.MakeInstallDependenciesStreams(server, req.GetIsTerminal())
	if err != nil {
		return err
	}
	with := run.With{Dir: req.GetInfo().GetProgramDirectory(), Stderr: stderr} // where go says what it downloads
	err = with.Run(server.Context(), "go", "list", "-deps", ".")
	return errors.Join(err, closer.Close())
}
