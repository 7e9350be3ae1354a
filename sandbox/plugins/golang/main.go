// Package golang is a language host for Pulumi programs in Go, emulated in the place of the official pulumi-language-go
// where that cannot be had. It builds the program and runs it against the engine:
// https://github.com/pulumi/pulumi/tree/master/sdk/go/pulumi-language-go
package golang

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/provider"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
)

// enginePoll is how often the host asks whether the engine still lives. A program stops at once when the engine dies,
// with its connection; this is for a host that runs none.
const enginePoll = 5 * time.Second

// Main serves the language host until the engine ends it or dies. The engine's address is the last argument; the port
// is printed to standard output, as the plugin protocol asks.
func Main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := serve(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "pulumi-language-go:", err)
		os.Exit(1)
	}
}

func serve(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return errors.New("the engine's address is missing: this is a plugin, run by pulumi")
	}
	engine := args[len(args)-1]
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	client, err := provider.NewHostClient(engine)
	if err != nil {
		return fmt.Errorf("engine: %w", err)
	}
	if err := rpcutil.Healthcheck(ctx, engine, enginePoll, cancel); err != nil {
		return fmt.Errorf("engine: %w", err)
	}
	stopped := make(chan bool)
	context.AfterFunc(ctx, func() { close(stopped) })
	server, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{
		Cancel: stopped,
		Init: func(server *grpc.Server) error {
			pulumirpc.RegisterLanguageRuntimeServer(server, newHost(ctx, engine, client))
			return nil
		},
		Options: rpcutil.TracingServerInterceptorOptions(nil),
	})
	if err != nil {
		return err
	}
	fmt.Println(server.Port)
	return <-server.Done
}
