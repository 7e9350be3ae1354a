// Package instances runs the sandbox's EC2 instances: containers of podman in which systemd runs as on a host. They
// have the memory and the CPU time of their type, and network namespaces that package vpc makes.
//
// podman keeps the only record of them: containers, volumes and images have a label and are found by it.
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

// There is one region on a machine. These are variables so that tests have instances of their own beside it.
var (
	// label marks what is the sandbox's in podman, which may hold other things, too.
	label = "hello-kubernetes.sandbox=1"
	// instancesDir has a folder for each instance, with its seed, journal and resolv.conf.
	instancesDir = "/var/lib/hello-kubernetes/instances"
	// runDir has what a restart of the machine may delete: locks, and the mount of lxcfs.
	runDir = "/run/hello-kubernetes"
)

// removalLock is shared by all that start instances, so that none starts while all are removed.
func removalLock() string { return runDir + "/hosts.lock" }

// Instance says how an instance runs.
type Instance struct {
	ID        string // such as i-0123456789abcdef0
	Hostname  string // such as ip-10-0-1-10
	Type      Type
	Namespace string     // path of its network namespace, in which links and routes are complete
	Resolver  netip.Addr // its DNS server
	PublicKey string     // a line of authorized_keys for the user admin; none if empty
	UserData  string     // for cloud-init
}

// Status is the state of an instance.
type Status struct {
	ID      string
	State   string    // running, stopping or stopped, as EC2 calls it
	Started time.Time // the last time; zero if never
}

// List returns the status of all instances, also of those that do not run. It fails when podman does.
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

// list returns the sandbox's containers.
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

// Copy copies a file out of an instance. It fails when the instance or the file does not exist.
func Copy(ctx context.Context, id, from, to string) error {
	if err := checkID(id); err != nil {
		return err
	}
	_, err := podman(ctx, "cp", name(id)+":"+from, to)
	return err
}

const prefix = "hk-"

// name is the name of an instance's container, and of the volume that is its /var.
func name(id string) string { return prefix + id }

func dir(id string) string { return filepath.Join(instancesDir, id) }

var idPattern = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9-]*$`)

// checkID refuses what would be a path or an option instead of an ID.
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
