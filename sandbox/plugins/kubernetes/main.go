// Package kubernetes applies Kubernetes objects for the Pulumi engine: a stand-in for the official
// pulumi-resource-kubernetes 4.24.0 in server-side apply mode, where that cannot be had. It keeps the official property
// names, states and rules for the kinds that it covers and refuses the others. docs/sandbox.md lists where the two differ.
package kubernetes

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	host "github.com/pulumi/pulumi/sdk/v3/go/pulumi/provider"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// Version is the version of the official plug-in that this one stands in for.
const Version = "4.24.0"

// Main serves the plug-in until the engine ends it or is gone. The engine's address is the last argument; the port is
// printed to standard output, as the plug-in protocol asks.
func Main() {
	if err := serve(); err != nil {
		fmt.Fprintln(os.Stderr, "pulumi-resource-kubernetes:", err)
		os.Exit(1)
	}
}

func serve() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return host.MainContext(ctx, "pulumi-resource-kubernetes", func(engine *host.HostClient) (pulumirpc.ResourceProviderServer, error) {
		p := newProvider(ctx)
		if engine != nil {
			p.engine = engine
		}
		return p, nil
	})
}
