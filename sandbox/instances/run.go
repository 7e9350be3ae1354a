package instances

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Run makes a machine run: a new one, or one that is stopped, with its disk, and the memory, CPUs and user data that h
// has now. A machine that runs is left alone. It returns once the machine has started, not when it answers.
func Run(ctx context.Context, h Host) error {
	if err := checkID(h.ID); err != nil {
		return err
	}
	unlock, err := lock(ctx, hostsLock(), shared)
	if err != nil {
		return err
	}
	defer unlock()
	if err := start(ctx, h); err != nil {
		return fmt.Errorf("run %s: %w", h.ID, err)
	}
	return nil
}

func start(ctx context.Context, h Host) error {
	containers, err := list(ctx)
	if err != nil {
		return err
	}
	for _, c := range containers {
		switch {
		case c.status().ID != h.ID:
		case c.State == "running":
			return nil
		case c.State != "created" && c.State != "configured": // as an interrupted Run leaves them
			return restart(ctx, h)
		}
	}
	return create(ctx, h)
}

// restart starts a machine that is stopped.
func restart(ctx context.Context, h Host) error {
	if err := errors.Join(startLXCFS(ctx), writeFiles(h)); err != nil {
		return err
	}
	if _, err := podman(ctx, "start", name(h.ID)); err != nil {
		return err
	}
	// podman keeps these only while the machine runs.
	_, err := podman(ctx, append(append([]string{"update"}, limitArgs(h)...), name(h.ID))...)
	return err
}

// create makes a machine and starts it. What fails leaves nothing, so that the next try begins anew.
func create(ctx context.Context, h Host) error {
	if err := errors.Join(remove(ctx, h.ID), startLXCFS(ctx), writeFiles(h)); err != nil {
		return err
	}
	f, err := readFacts()
	if err != nil {
		return err
	}
	_, err = podman(ctx, "volume", "create", "--label="+label, name(h.ID))
	if err == nil {
		_, err = podman(ctx, runArgs(h, f)...)
	}
	if err != nil {
		cleanup, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
		defer cancel()
		return errors.Join(err, remove(cleanup, h.ID))
	}
	return nil
}

// facts are what a machine's arguments depend on beside the machine.
type facts struct {
	unified       bool     // cgroup v2
	nofile, nproc uint64   // the highest limits that a container can have
	modules       bool     // the kernel has any
	lxcfs         []string // files and folders of lxcfs, each with its path in a machine
}

func readFacts() (facts, error) {
	f := facts{unified: exists("/sys/fs/cgroup/cgroup.controllers"), modules: exists("/lib/modules"), lxcfs: lxcfsPaths()}
	var nofile, nproc syscall.Rlimit
	const rlimitNproc = 6
	if err := errors.Join(syscall.Getrlimit(syscall.RLIMIT_NOFILE, &nofile), syscall.Getrlimit(rlimitNproc, &nproc)); err != nil {
		return f, fmt.Errorf("read the limits: %w", err)
	}
	text, err := os.ReadFile("/proc/sys/kernel/pid_max")
	if err != nil {
		return f, err
	}
	pids, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 64)
	if err != nil {
		return f, fmt.Errorf("read the highest process ID: %w", err)
	}
	// Not above the hard limits: raising them takes CAP_SYS_RESOURCE, which a root in a container may lack. And podman lowers
	// its own: to 1048576 files (https://github.com/containers/podman/blob/main/cmd/podman/early_init_linux.go) and, as 4.3
	// was seen to do, to pid_max processes.
	f.nofile, f.nproc = min(nofile.Max, 1<<20), min(nproc.Max, pids)
	return f, nil
}

// runArgs returns podman's arguments that make a machine and start it.
func runArgs(h Host, f facts) []string {
	var args []string
	if !f.unified {
		args = append(args, "--runtime=runc") // crun refuses v1 and hybrid cgroups
	}
	args = append(args, "run", "--detach", "--name="+name(h.ID), "--hostname="+h.Hostname, "--label="+label,
		"--privileged", "--network=ns:"+h.Namespace, "--no-hosts",
		// The kubelet does not find its way in the host's cgroups.
		"--cgroupns=private",
		// What systemd needs. podman's own mode for it would also mount the host's tree of systemd cgroups, of v1, into the
		// machine: all machines' systemds would then manage one tree, the host's.
		"--systemd=false", "--stop-signal=SIGRTMIN+3", "--env=container=podman",
		"--tmpfs=/run:rw,mode=755", "--tmpfs=/run/lock:rw,mode=1777", "--tmpfs=/tmp:rw,exec,mode=1777",
		// A reboot inside ends the container with 129, a power-off with 0: see image/build.sh.
		"--restart=on-failure:10",
		// systemd writes to a console only if there is one.
		"--tty", "--env=TERM=dumb", "--log-driver=k8s-file", "--log-opt=max-size=1mb",
		fmt.Sprintf("--ulimit=nofile=%d:%[1]d", f.nofile), fmt.Sprintf("--ulimit=nproc=%d:%[1]d", f.nproc), "--pids-limit=-1",
		// containerd's overlays do not go on podman's: they go on the host's disk.
		"--volume="+name(h.ID)+":/var",
		// Memory that the journal does not take, and a record that outlives a stop.
		"--volume="+dir(h.ID)+"/journal:/var/log/journal",
		"--volume="+dir(h.ID)+"/seed:/var/lib/cloud/seed/nocloud:ro",
		"--volume="+dir(h.ID)+"/resolv.conf:/etc/resolv.conf",
		"--volume=/dev/kmsg:/dev/kmsg")
	args = append(args, limitArgs(h)...)
	if f.modules {
		args = append(args, "--volume=/lib/modules:/lib/modules:ro")
	}
	for _, path := range f.lxcfs {
		args = append(args, "--volume="+lxcfsMount()+path+":"+path)
	}
	return append(args, imageName+":current")
}

// limitArgs returns podman's arguments for a machine's size.
func limitArgs(h Host) []string {
	return []string{
		fmt.Sprintf("--memory=%db", h.Memory), fmt.Sprintf("--memory-swap=%db", h.Memory),
		"--cpus=" + strconv.FormatFloat(h.CPUs, 'f', -1, 64),
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// installed tells whether the host has a program, which may not be on everybody's PATH.
func installed(program string) bool {
	_, err := exec.LookPath(program)
	return err == nil || exists("/usr/sbin/"+program)
}
