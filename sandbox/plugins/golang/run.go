package golang

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/constant"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/executable"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// grace is how long an interrupted program has to end by itself.
const grace = 5 * time.Second

// Run builds the program, unless the runtime option binary names it, and runs it to its end.
func (h *host) Run(ctx context.Context, req *pulumirpc.RunRequest) (*pulumirpc.RunResponse, error) {
	if req.GetAttachDebugger() {
		return failed(errors.New("the emulated pulumi-language-go attaches no debugger"))
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(h.ctx, cancel)()
	if binary := req.GetInfo().GetOptions().GetFields()["binary"].GetStringValue(); binary != "" {
		path, err := executable.FindExecutable(binary)
		if err != nil {
			return failed(err)
		}
		return h.run(ctx, req, path, func() {})
	}
	binary, started, err := h.build(ctx, req.GetInfo().GetProgramDirectory())
	if err != nil {
		return failed(err)
	}
	return h.run(ctx, req, binary, started)
}

// run runs binary, and calls started once it has begun. It interrupts it when ctx is done: on Cancel, when this host is
// told to stop and when the engine dies. A program that failed and said so itself ends with bail, so that the engine
// adds nothing.
func (h *host) run(
	ctx context.Context,
	req *pulumirpc.RunRequest,
	binary string,
	started func(),
) (*pulumirpc.RunResponse, error) {
	environment, err := h.environment(req)
	if err != nil {
		return failed(err)
	}
	program := exec.CommandContext(ctx, binary)
	program.Dir = req.GetPwd()
	program.Env = append(os.Environ(), environment...)
	program.Stdout, program.Stderr = os.Stdout, os.Stderr // the engine displays what its plugins write
	program.Cancel = func() error { return program.Process.Signal(os.Interrupt) }
	program.WaitDelay = grace
	err = program.Start()
	started()
	if err == nil {
		err = program.Wait()
	}
	var exit *exec.ExitError
	switch {
	case err == nil:
		return &pulumirpc.RunResponse{}, nil
	case errors.As(err, &exit) && exit.ExitCode() == constant.ExitStatusLoggedError:
		return &pulumirpc.RunResponse{Bail: true}, nil
	case errors.As(err, &exit) && exit.Exited():
		return failed(fmt.Errorf("program exited with non-zero exit code: %d", exit.ExitCode()))
	}
	return failed(fmt.Errorf("the program did not run to its end: %w", err))
}

// failed is the response that the engine displays as one error.
func failed(err error) (*pulumirpc.RunResponse, error) {
	return &pulumirpc.RunResponse{Error: err.Error()}, nil
}

// environment is how the SDK in the program learns its engine, project, stack and configuration.
func (h *host) environment(req *pulumirpc.RunRequest) ([]string, error) {
	config, err := json.Marshal(req.GetConfig())
	if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	secrets, err := json.Marshal(req.GetConfigSecretKeys())
	if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	environment := []string{
		pulumi.EnvProject + "=" + req.GetProject(),
		pulumi.EnvPulumiRootDirectory + "=" + req.GetInfo().GetRootDirectory(),
		pulumi.EnvStack + "=" + req.GetStack(),
		pulumi.EnvConfig + "=" + string(config),
		pulumi.EnvConfigSecretKeys + "=" + string(secrets),
		pulumi.EnvDryRun + "=" + strconv.FormatBool(req.GetDryRun()),
		pulumi.EnvParallel + "=" + strconv.Itoa(int(req.GetParallel())),
		pulumi.EnvMonitor + "=" + req.GetMonitorAddress(),
		pulumi.EnvEngine + "=" + h.engine,
	}
	if organization := req.GetOrganization(); organization != "" {
		environment = append(environment, pulumi.EnvOrganization+"="+organization)
	}
	return environment, nil
}
