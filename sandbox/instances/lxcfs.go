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

// lxcfs shows a machine its own memory, CPUs and uptime in place of the host's. It is an instance of ours, whether the
// host has one or not: this one shows the CPUs that a machine may use too, and its end is in our hands.
func lxcfsMount() string   { return runDir + "/lxcfs" }
func lxcfsPIDFile() string { return runDir + "/lxcfs.pid" }
func lxcfsLog() string     { return runDir + "/lxcfs.log" }
func lxcfsLock() string    { return runDir + "/lxcfs.lock" }

// lxcfsPaths returns what the installed lxcfs serves of all that a machine should see.
func lxcfsPaths() []string {
	var paths []string
	for _, path := range []string{
		"/proc/cpuinfo", "/proc/diskstats", "/proc/loadavg", "/proc/meminfo", "/proc/stat", "/proc/swaps", "/proc/uptime",
		"/sys/devices/system/cpu", // the kubelet counts its CPUs there
	} {
		if exists(lxcfsMount() + path) {
			paths = append(paths, path)
		}
	}
	return paths
}

func lxcfsAlive() bool { return exists(lxcfsMount() + "/proc/meminfo") }

// startLXCFS starts lxcfs in a session of its own, so that it outlives this process. It is no error if it runs.
func startLXCFS(ctx context.Context) error {
	if lxcfsAlive() {
		return nil
	}
	unlock, err := lock(ctx, lxcfsLock(), exclusive)
	if err != nil {
		return err
	}
	defer unlock()
	if lxcfsAlive() {
		return nil
	}
	// What a killed one left: a mount that answers nothing.
	if err := stopLXCFS(ctx); err != nil {
		return err
	}
	if err := os.MkdirAll(lxcfsMount(), 0o755); err != nil {
		return err
	}
	log, err := os.Create(lxcfsLog())
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
		words, _ := os.ReadFile(lxcfsLog())
		return errors.Join(fmt.Errorf("start lxcfs: %w: %s", err, strings.TrimSpace(string(words))), command.Process.Kill())
	}
	return command.Process.Release()
}

// stopLXCFS ends what startLXCFS started.
func stopLXCFS(ctx context.Context) error {
	text, err := os.ReadFile(lxcfsPIDFile())
	if err == nil {
		pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
		arguments, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		// After a reboot the number may be another's.
		if err == nil && strings.Contains(string(arguments), lxcfsMount()) {
			if err := syscall.Kill(pid, syscall.SIGTERM); err != nil {
				return fmt.Errorf("stop lxcfs: %w", err)
			}
			ended := func() bool {
				arguments, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid)) // empty for one that nobody has waited for
				return len(arguments) == 0
			}
			if err := await(ctx, 5*time.Second, ended); err != nil {
				return fmt.Errorf("stop lxcfs: %w", err)
			}
		}
	}
	if err := syscall.Unmount(lxcfsMount(), syscall.MNT_DETACH); err != nil && !errors.Is(err, syscall.EINVAL) && !errors.Is(err, syscall.ENOENT) {
		return fmt.Errorf("unmount lxcfs: %w", err)
	}
	for _, path := range []string{lxcfsMount(), lxcfsPIDFile(), lxcfsLog()} {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

// await waits until something is true.
func await(ctx context.Context, limit time.Duration, is func() bool) error {
	for deadline := time.Now().Add(limit); !is(); {
		if time.Now().After(deadline) {
			return fmt.Errorf("nothing after %v", limit)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
	return nil
}
