// Package instances is the sandbox's machines: systemd containers of podman that stand in for EC2 instances, with the
// memory and CPU of their type, in network namespaces that package vpc makes.
//
// There is no record of them beside podman's own: containers, volumes and images carry a label, and are found by it.
package instances

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"hello-kubernetes/sandbox/run"
)

// There is one region on a host; tests have machines of their own beside it.
var (
	// label marks what is ours in podman, which may hold other people's things too.
	label = "hello-kubernetes.sandbox=1"
	// instancesDir has a folder for each machine: its seed, its journal, its resolv.conf.
	instancesDir = "/var/lib/hello-kubernetes/instances"
	// runDir is what a reboot may take: the locks, lxcfs and its mount.
	runDir = "/run/hello-kubernetes"
)

// hostsLock is shared by those who make machines, so that none is made while all are removed.
func hostsLock() string { return runDir + "/hosts.lock" }

// Host is a machine as it is to run.
type Host struct {
	ID        string     // such as i-0123456789abcdef0
	Hostname  string     // such as ip-10-0-1-10
	Memory    int64      // in bytes; there is no swap
	CPUs      float64    // of the machine's own
	Namespace string     // path of its network namespace, complete with links and routes
	Resolver  netip.Addr // of its DNS server
	PublicKey string     // in authorized_keys' format, for the user admin; none if empty
	UserData  string     // for cloud-init
}

// Status is what became of a machine.
type Status struct {
	ID      string
	State   string    // running, stopping or stopped, as EC2 has it
	Started time.Time // last
}

// List returns the machines that there are, running or not.
func List(ctx context.Context) ([]Status, error) {
	containers, err := list(ctx)
	if err != nil {
		return nil, err
	}
	all := make([]Status, 0, len(containers))
	for _, c := range containers {
		all = append(all, c.status())
	}
	return all, nil
}

// container is what podman says of a container.
type container struct {
	Names     []string
	State     string // created, running, stopping, exited and others
	StartedAt int64
}

// list returns our containers.
func list(ctx context.Context) ([]container, error) {
	out, err := podman(ctx, "ps", "--all", "--format=json", "--filter=label="+label)
	if err != nil {
		return nil, err
	}
	var containers []container
	if err := json.Unmarshal([]byte(out), &containers); err != nil {
		return nil, fmt.Errorf("read podman's list of containers: %w", err)
	}
	return containers, nil
}

func (c container) status() Status {
	status := Status{State: "stopped"}
	if len(c.Names) > 0 {
		status.ID = strings.TrimPrefix(c.Names[0], prefix)
	}
	if c.State == "running" || c.State == "stopping" {
		status.State = c.State
	}
	if c.StartedAt > 0 {
		status.Started = time.Unix(c.StartedAt, 0)
	}
	return status
}

// Console returns what a machine has written to its console since it was made, at most about a megabyte.
func Console(ctx context.Context, id string) (string, error) {
	if err := checkID(id); err != nil {
		return "", err
	}
	return podman(ctx, "logs", name(id))
}

// Copy copies a file out of a machine.
func Copy(ctx context.Context, id, from, to string) error {
	if err := checkID(id); err != nil {
		return err
	}
	_, err := podman(ctx, "cp", name(id)+":"+from, to)
	return err
}

const prefix = "hk-"

// name is the name of a machine's container, and of the volume with its /var.
func name(id string) string { return prefix + id }

func dir(id string) string { return filepath.Join(instancesDir, id) }

var idPattern = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9-]*$`)

// checkID keeps what is no ID out of paths and patterns.
func checkID(id string) error {
	if !idPattern.MatchString(id) {
		return fmt.Errorf("%q is no instance ID", id)
	}
	return nil
}

// podman runs podman and returns its output.
func podman(ctx context.Context, args ...string) (string, error) {
	return run.With{}.Output(ctx, "podman", args...)
}
