package instances

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Run starts an instance: a new one, or one that was stopped, with its old disk and the type and user data of now. An
// instance that runs is left alone. Run returns when the instance has begun to boot. It fails, and leaves nothing of a
// new instance behind, when podman or lxcfs does, and when ctx ends.
func Run(ctx context.Context, i Instance) error {
	if err := checkID(i.ID); err != nil {
		return err
	}
	unlock, err := lock(ctx, removalLock(), shared)
	if err != nil {
		return err
	}
	defer unlock()
	if err := start(ctx, i); err != nil {
		return fmt.Errorf("run %s: %w", i.ID, err)
	}
	return nil
}

func start(ctx context.Context, i Instance) error {
	containers, err := list(ctx)
	if err != nil {
		return err
	}
	for _, c := range containers {
		switch {
		case c.status().ID != i.ID:
		case c.State == "running":
			return nil
		case c.State != "created" && c.State != "configured": // these are left by a Run that was interrupted
			return restart(ctx, i)
		}
	}
	return create(ctx, i)
}

// restart starts an instance that was stopped.
func restart(ctx context.Context, i Instance) error {
	if err := errors.Join(startLXCFS(ctx), writeFiles(i)); err != nil {
		return err
	}
	if _, err := podman(ctx, "start", name(i.ID)); err != nil {
		return err
	}
	// Afterwards, because podman forgets these when the container stops.
	_, err := podman(ctx, append(append([]string{"update"}, limitArgs(i)...), name(i.ID))...)
	return err
}

// create creates an instance and starts it.
func create(ctx context.Context, i Instance) error {
	if err := errors.Join(remove(ctx, i.ID), startLXCFS(ctx), writeFiles(i)); err != nil {
		return err
	}
	f, err := readFacts()
	if err != nil {
		return err
	}
	_, err = podman(ctx, "volume", "create", "--label="+label, name(i.ID))
	if err == nil {
		_, err = podman(ctx, runArgs(i, f)...)
	}
	if err != nil {
		cleanup, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
		defer cancel()
		return errors.Join(err, remove(cleanup, i.ID))
	}
	return nil
}

// facts are what podman's arguments depend on beside the instance.
type facts struct {
	unified       bool     // cgroups of version 2
	nofile, nproc uint64   // the highest limits of files and processes that a container can have
	modules       bool     // the kernel has modules
	lxcfs         []string // see lxcfsPaths
}

func readFacts() (facts, error) {
	f := facts{unified: unified(), modules: exists("/lib/modules"), lxcfs: lxcfsPaths()}
	var nofile, nproc unix.Rlimit
	text, err := os.ReadFile("/proc/sys/kernel/pid_max")
	err = errors.Join(err, unix.Getrlimit(unix.RLIMIT_NOFILE, &nofile), unix.Getrlimit(unix.RLIMIT_NPROC, &nproc))
	if err != nil {
		return f, fmt.Errorf("read the limits: %w", err)
	}
	pids, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 64)
	if err != nil {
		return f, fmt.Errorf("read the highest process ID: %w", err)
	}
	// Not above the hard limits, which only CAP_SYS_RESOURCE may raise: a root in a container can lack it. And podman
	// lowers its own ones: to 1048576 files
	// (https://github.com/containers/podman/blob/main/cmd/podman/early_init_linux.go) and, seen with 4.3, to pid_max
	// processes.
	f.nofile, f.nproc = min(nofile.Max, 1<<20), min(nproc.Max, pids)
	return f, nil
}

// runArgs returns podman's arguments that create an instance and start it.
func runArgs(i Instance, f facts) []string {
	var args []string
	if !f.unified {
		args = append(args, "--runtime=runc")
	}
	args = append(args, "run", "--detach", "--name="+name(i.ID), "--hostname="+i.Hostname, "--label="+label,
		"--privileged", "--network=ns:"+i.Namespace, "--no-hosts",
		// The kubelet looks for its cgroups where they are in a private namespace.
		"--cgroupns=private",
		// What systemd needs. podman has a mode for that, but with cgroups of version 1 it mounts the machine's tree of
		// systemd into the container: the systemds of all instances would manage that one tree.
		"--systemd=false", "--stop-signal=SIGRTMIN+3", "--env=container=podman",
		"--tmpfs=/run:rw,mode=755", "--tmpfs=/run/lock:rw,mode=1777", "--tmpfs=/tmp:rw,exec,mode=1777",
		// A reboot inside ends the container with status 129, a power-off with 0: see image/build.sh.
		"--restart=on-failure:10",
		// systemd logs to the console only if that is a terminal.
		"--tty", "--env=TERM=dumb", "--log-driver=k8s-file", "--log-opt=max-size=1mb",
		fmt.Sprintf("--ulimit=nofile=%d:%[1]d", f.nofile), fmt.Sprintf("--ulimit=nproc=%d:%[1]d", f.nproc), "--pids-limit=-1",
		// containerd's overlay file systems do not work on podman's, but on a volume.
		"--volume="+name(i.ID)+":/var",
		// So the journal takes no memory of the instance, and can be read after its end.
		"--volume="+dir(i.ID)+"/journal:/var/log/journal",
		"--volume="+dir(i.ID)+"/seed:/var/lib/cloud/seed/nocloud:ro",
		"--volume="+dir(i.ID)+"/resolv.conf:/etc/resolv.conf",
		"--volume=/dev/kmsg:/dev/kmsg")
	args = append(args, limitArgs(i)...)
	if f.modules {
		args = append(args, "--volume=/lib/modules:/lib/modules:ro")
	}
	for _, path := range f.lxcfs {
		args = append(args, "--volume="+lxcfsMount()+path+":"+path)
	}
	return append(args, imageName+":current")
}

// limitArgs returns podman's arguments for the type of an instance. There is no swap.
func limitArgs(i Instance) []string {
	return []string{
		fmt.Sprintf("--memory=%db", i.Type.Memory), fmt.Sprintf("--memory-swap=%db", i.Type.Memory),
		"--cpus=" + strconv.FormatFloat(i.Type.CPUs, 'f', -1, 64),
	}
}

// unified tells whether the machine has cgroups of version 2 alone.
func unified() bool { return exists("/sys/fs/cgroup/cgroup.controllers") }

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
