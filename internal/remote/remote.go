// Package remote runs scripts on hosts over SSH. It is the only caller of pulumi-command, so that connections, names,
// timeouts, triggers, logging and deletion are decided in one place.
package remote

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi-command/sdk/go/command/remote"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"hello-kubernetes/internal/layout"
)

// Login is how the stack logs in to its hosts.
type Login struct {
	User       string             // login name of the image
	PrivateKey pulumi.StringInput // a secret, in OpenSSH or PEM format
}

// Host is what scripts run on.
type Host struct {
	Name           string // short name, unique in the stack: the prefix of its steps' names
	Roles          []layout.Role
	Address        pulumi.StringInput  // where the connection goes
	PrivateAddress pulumi.StringOutput // where other hosts of the network find it
	HostKey        string              // its public host key, as in known_hosts; a host with another one is refused
	Login          Login
	Bastion        *Host             // the host to jump over, or nil for a direct connection
	Instance       pulumi.Resource   // the EC2 instance; when it is deleted, its steps are forgotten, not undone
	ID             pulumi.IDOutput   // its instance ID; a new instance runs every step again
	Ready          []pulumi.Resource // what every step on the host waits for
}

// WithRole returns those of hosts that have a role, in their order.
func WithRole(hosts []Host, role layout.Role) []Host {
	var found []Host
	for _, host := range hosts {
		if slices.Contains(host.Roles, role) {
			found = append(found, host)
		}
	}
	return found
}

// Step is one script on one host. Every script can run again at any time: it guards on its end state.
type Step struct {
	Name     string             // short name, unique for its host
	For      *Host              // Optional. The host that the step is for, and named after. Default: where it runs
	Create   pulumi.StringInput // Required. Script that brings the host to the wanted state
	Delete   pulumi.StringInput // Optional. Script that undoes it; not run when the host goes too
	Stdin    pulumi.StringInput // Optional. Standard input, the only way in for secrets
	Triggers pulumi.Array       // Optional. Values whose change runs the step anew, beside the instance IDs
	Timeout  string             // Required. Longest time of one run, such as "5m"
	Secret   bool               // Whether the output is a secret: it is then neither logged nor shown
}

// dialErrors is how many failed connections a step accepts, while the host boots for instance. Pauses between them grow
// to 5 s, so refused connections are tried for some 4 minutes.
const dialErrors = 60

// WaitForSSH is the first step on a host: it waits until SSH answers and the first boot is done. A failed handshake
// through a bastion is not tried again, so the bastion looks for the host's SSH first.
func WaitForSSH(ctx *pulumi.Context, host Host, opts ...pulumi.ResourceOption) (*remote.Command, error) {
	if host.Bastion != nil {
		listening, err := Run(ctx, *host.Bastion, Step{
			Name:    "listening",
			For:     &host,
			Create:  pulumi.Sprintf(listeningScript, host.PrivateAddress),
			Timeout: "15m",
		}, opts...)
		if err != nil {
			return nil, err
		}
		opts = append(slices.Clone(opts), pulumi.DependsOn([]pulumi.Resource{listening}))
	}
	return Run(ctx, host, Step{Name: "cloud-init", Create: pulumi.String(cloudInitScript), Timeout: "15m"}, opts...)
}

const listeningScript = `set -Eeuo pipefail
deadline=$((SECONDS + 600))
# shellcheck disable=SC2016 # the inner bash expands it
until timeout 5 bash -c 'read -r -n 4 banner </dev/tcp/%s/22 && [ "$banner" = SSH- ]' 2>/dev/null; do
	if [ "$SECONDS" -ge "$deadline" ]; then
		echo "SSH does not answer after 10 minutes" >&2
		exit 1
	fi
	sleep 1
done
`

// cloud-init status exits with 2 when it is done with warnings.
const cloudInitScript = `set -Eeuo pipefail
if command -v cloud-init >/dev/null; then
	cloud-init status --wait >/dev/null || [ $? -eq 2 ]
fi
`

// Run registers step on host. It starts after the resources of opts and runs again when its text, input, connection or
// triggers change.
func Run(ctx *pulumi.Context, host Host, step Step, opts ...pulumi.ResourceOption) (*remote.Command, error) {
	name, triggers := host.Name, pulumi.Array{host.ID}
	if step.For != nil {
		name, triggers = step.For.Name, append(triggers, step.For.ID)
	}
	name += "-" + step.Name
	args := &remote.CommandArgs{
		Connection:             host.connection(),
		Create:                 step.Create,
		Triggers:               append(triggers, step.Triggers...),
		AddPreviousOutputInEnv: pulumi.Bool(false),
		Logging:                remote.LoggingStdoutAndStderr,
	}
	if step.Delete != nil {
		args.Delete = step.Delete.ToStringOutput().ToStringPtrOutput()
	}
	if step.Stdin != nil {
		args.Stdin = step.Stdin.ToStringOutput().ToStringPtrOutput()
	}
	options := slices.Concat(opts, []pulumi.ResourceOption{
		pulumi.DependsOn(host.Ready),
		pulumi.DeletedWith(host.Instance),
		pulumi.Timeouts(&pulumi.CustomTimeouts{Create: step.Timeout, Update: step.Timeout, Delete: step.Timeout}),
	})
	if step.Delete != nil {
		// Pulumi creates a replacement before it deletes the old step, whose script would then undo what the new one
		// did.
		options = append(options, pulumi.DeleteBeforeReplace(true))
	}
	if step.Secret {
		args.Logging = remote.LoggingNone
		options = append(options, pulumi.AdditionalSecretOutputs([]string{"stdout", "stderr"}))
	}
	command, err := remote.NewCommand(ctx, name, args, options...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return command, nil
}

func (h Host) connection() remote.ConnectionArgs {
	connection := remote.ConnectionArgs{
		Host:           h.Address,
		HostKey:        pulumi.String(h.HostKey),
		User:           pulumi.String(h.Login.User),
		PrivateKey:     h.Login.PrivateKey.ToStringOutput().ToStringPtrOutput(),
		DialErrorLimit: pulumi.Int(dialErrors),
	}
	if h.Bastion != nil {
		connection.Proxy = remote.ProxyConnectionArgs{
			Host:           h.Bastion.Address,
			HostKey:        pulumi.String(h.Bastion.HostKey),
			User:           pulumi.String(h.Bastion.Login.User),
			PrivateKey:     h.Bastion.Login.PrivateKey.ToStringOutput().ToStringPtrOutput(),
			DialErrorLimit: pulumi.Int(dialErrors),
		}
	}
	return connection
}
