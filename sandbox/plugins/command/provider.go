// Package command is a Pulumi provider with one resource, command:remote:Command. It stands in for the official
// pulumi-command 1.2.0 where that cannot be had, with the same inputs, outputs and behaviour:
// https://github.com/pulumi/pulumi-command
package command

import (
	"context"
	"fmt"
	"os"

	provider "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi-go-provider/middleware/schema"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// name and Version are those that the official SDK asks the engine for; token is the resource's type.
const (
	name    = "command"
	Version = "1.2.0"
	token   = "command:remote:Command"
)

// Main serves the provider until the engine ends it.
func Main() {
	if err := newProvider().Run(context.Background(), name, Version); err != nil {
		fmt.Fprintf(os.Stderr, "pulumi-resource-%s: %v\n", name, err)
		os.Exit(1)
	}
}

// newProvider refuses what only the official plugin has with an error that says so. Every resource is checked before
// anything else happens to it.
func newProvider() provider.Provider {
	p := infer.Provider(infer.Options{
		Metadata: schema.Metadata{
			Description: "Runs commands on remote hosts over SSH, in the place of the official plugin.",
		},
		Resources: []infer.InferredResource{infer.Resource(&Command{})},
		ModuleMap: map[tokens.ModuleName]tokens.ModuleName{"command": "remote"},
	})
	check := p.Check
	p.Check = func(ctx context.Context, req provider.CheckRequest) (provider.CheckResponse, error) {
		if kind := req.Urn.Type(); kind != token {
			return provider.CheckResponse{}, refusal("resource", kind)
		}
		return check(ctx, req)
	}
	p.Invoke = func(_ context.Context, req provider.InvokeRequest) (provider.InvokeResponse, error) {
		return provider.InvokeResponse{}, refusal("function", req.Token)
	}
	return p
}

func refusal(what string, kind tokens.Type) error {
	return status.Errorf(codes.Unimplemented,
		"the %s %s is not emulated, %s only is: install the official plugin", what, kind, token)
}
