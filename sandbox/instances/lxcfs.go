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

// lxcfs shows an instance its own memory, CPUs and uptime instead of the machine's. The sandbox runs its own, also
// where the machine has one: with other options, and for as long as there are instances.
func lxcfsMount() string { return runDir + "/lxcfs" }

// lxcfsPaths returns the files and folders of an instance that lxcfs serves. Its versions serve different ones.
func lxcfsPaths() []string {
	var paths []string
	for _, path := range []string{
		"/proc/cpuinfo", "/proc/diskstats", "/proc/loadavg", "/proc/meminfo", "/proc/stat", "/proc/swaps", "/proc/uptime",
		"/sys/devices/system/cpu", // where the kubelet counts its CPUs
	} {
		if exists(lxcfsMount() + path) {
			paths = append(paths, path)
		}
	}
	return paths
}

func lxcfsPIDFile() string { return lxcfsMount() + ".pid" }

func lxcfsAlive() bool { return exists(lxcfsMount() + "/proc/meminfo") }

// startLXCFS starts lxcfs unless it runs, in a session of its own, so that it outlives this process.
func startLXCFS(ctx context.Context) error {
	if lxcfsAlive() {
		return nil
	}
	unlock, err := lock(ctx, lxcfsMount()+".lock", exclusive)
	if err != nil {
		return err
	}
	defer unlock()
	if lxcfsAlive() {
		return nil
	}
	// One that was killed leaves a mount that does not answer, and a file that the next one would take for a running
	// one.
	logFile := lxcfsMount() + ".log"
	if err := errors.Join(stopLXCFS(ctx), os.RemoveAll(lxcfsPIDFile()), os.MkdirAll(lxcfsMount(), 0o755)); err != nil {
		return err
	}
	log, err := os.Create(logFile)
	if err != nil {
		return err
	}
	defer log.Close()
	command := exec.Command("lxcfs", "--enable-cfs", "--enable-loadavg", "--pidfile="+lxcfsPIDFile(), lxcfsMount())
	command.Stdout, command.Stderr = log, log
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := command.Start(); err != nil {
		return fmt.Errorf("start lxcfs: %w", err)
	}
	if err := await(ctx, 10*time.Second, lxcfsAlive); err != nil {
		words, _ := os.ReadFile(logFile)
		return errors.Join(fmt.Errorf("start lxcfs: %w: %s", err, strings.TrimSpace(string(words))), command.Process.Kill())
	}
	return command.Process.Release()
}

// stopLXCFS ends the lxcfs that startLXCFS has started, if it runs, and unmounts it. Without a signal lxcfs would go on
// for as long as any mount namespace on the machine has a copy of its mount.
func stopLXCFS(ctx context.Context) error {
	text, _ := os.ReadFile(lxcfsPIDFile()) // there may be none
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	running := func() bool { // after a reboot, the number may be that of another process
		arguments, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		return strings.Contains(string(arguments), lxcfsMount())
	}
	if err == nil && running() {
		if err := syscall.Kill(pid, syscall.SIGTERM); err != nil {
			return fmt.Errorf("stop lxcfs: %w", err)
		}
		if err := await(ctx, 5*time.Second, func() bool { return !running() }); err != nil {
			return fmt.Errorf("stop lxcfs: %w", err)
		}
	}
	err = syscall.Unmount(lxcfsMount(), syscall.MNT_DETACH)
	if err != nil && !errors.Is(err, syscall.EINVAL) && !errors.Is(err, syscall.ENOENT) {
		return fmt.Errorf("unmount lxcfs: %w", err)
	}
	return nil
}

// await waits until is returns true, and fails after the limit or when ctx ends.
func await(ctx context.Context, limit time.Duration, is func() bool) error {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("nothing after %v", limit))
	defer cancel()
	for !is() {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(20 * time.Millisecond):
		}
	}
	return nil
}
