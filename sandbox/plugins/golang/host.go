package golang

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/provider"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/emptypb"
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

// GetRequiredPackages names no plug-ins, so that none is downloaded ahead: each is looked for when its first resource is
// registered.
func (h *host) GetRequiredPackages(context.Context, *pulumirpc.GetRequiredPackagesRequest) (*pulumirpc.GetRequiredPackagesResponse, error) {
	return &pulumirpc.GetRequiredPackagesResponse{}, nil
}

// RuntimeOptionsPrompts asks nothing of who makes a new project.
func (h *host) RuntimeOptionsPrompts(context.Context, *pulumirpc.RuntimeOptionsRequest) (*pulumirpc.RuntimeOptionsResponse, error) {
	return &pulumirpc.RuntimeOptionsResponse{}, nil
}

// About returns which Go it is.
func (h *host) About(ctx context.Context, req *pulumirpc.AboutRequest) (*pulumirpc.AboutResponse, error) {
	binary, err := exec.LookPath("go")
	if err != nil {
		return nil, err
	}
	version, err := goOutput(ctx, req.GetInfo().GetProgramDirectory(), "version")
	return &pulumirpc.AboutResponse{Executable: binary, Version: strings.TrimSpace(string(version))}, err
}

// GetProgramDependencies returns what the program's go.mod requires.
func (h *host) GetProgramDependencies(ctx context.Context, req *pulumirpc.GetProgramDependenciesRequest) (*pulumirpc.GetProgramDependenciesResponse, error) {
	text, err := goOutput(ctx, req.GetInfo().GetProgramDirectory(), "mod", "edit", "-json")
	if err != nil {
		return nil, err
	}
	var module struct {
		Require []struct {
			Path, Version string
			Indirect      bool
		}
	}
	if err := json.Unmarshal(text, &module); err != nil {
		return nil, fmt.Errorf("go.mod: %w", err)
	}
	response := &pulumirpc.GetProgramDependenciesResponse{}
	for _, r := range module.Require {
		if !r.Indirect || req.GetTransitiveDependencies() {
			response.Dependencies = append(response.Dependencies, &pulumirpc.DependencyInfo{Name: r.Path, Version: r.Version})
		}
	}
	return response, nil
}

// InstallDependencies downloads the modules that the program is built of. Unlike the official host it leaves go.mod be.
func (h *host) InstallDependencies(req *pulumirpc.InstallDependenciesRequest, server pulumirpc.LanguageRuntime_InstallDependenciesServer) error {
	closer, _, stderr, err := rpcutil.MakeInstallDependenciesStreams(server, req.GetIsTerminal())
	if err != nil {
		return err
	}
	list := exec.CommandContext(server.Context(), "go", "list", "-deps", ".")
	list.Dir = req.GetInfo().GetProgramDirectory()
	list.Stderr = stderr // where go says what it downloads
	if err := list.Run(); err != nil {
		_ = closer.Close()
		return fmt.Errorf("go list -deps: %w", err)
	}
	return closer.Close()
}

// goOutput runs the go command in directory. Its error has what the command wrote to standard error.
func goOutput(ctx context.Context, directory string, args ...string) ([]byte, error) {
	command := exec.CommandContext(ctx, "go", args...)
	command.Dir = directory
	var stderr strings.Builder
	command.Stderr = &stderr
	output, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, stderr.String())
	}
	return output, nil
}
