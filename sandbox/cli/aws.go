package cli

import (
	"context"
	"errors"
	"fmt"
	"os"

	"hello-kubernetes/sandbox/instances"
	"hello-kubernetes/sandbox/plugins/aws"
	"hello-kubernetes/sandbox/region"
)

// serveAWS serves the region as the plugin aws.
func serveAWS() {
	plugin := aws.New(aws.Cloud{
		Store: region.Open(region.Dir),
		Network: func(ctx context.Context, state *region.State) error {
			if internetPID() == 0 {
				return errors.New("the sandbox region is down: run make up")
			}
			return applyNetwork(ctx, state)
		},
		Run:    runInstance,
		Stop:   instances.Stop,
		Remove: instances.Remove,
	})
	if err := plugin.Run(context.Background(), "aws", aws.Version); err != nil {
		fmt.Fprintln(os.Stderr, "pulumi-resource-aws:", err)
		os.Exit(1)
	}
}
