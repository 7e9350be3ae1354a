// Package run runs other programs. A program is interrupted, as by Ctrl-C, when its context ends and when this process
// is killed, so that it does not go on unseen.
package run

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// With says how a program runs. The zero value is right for one that needs nothing.
type With struct {
	Dir    string         // its working directory; this process's if empty
	Env    []string       // variables as NAME=value, which go before those of this process
	Stdin  io.Reader      // its input; empty if nil
	Stderr io.Writer      // gets what it says on standard error while it runs; optional
	Signal syscall.Signal // ends it early; SIGINT if zero
}

// grace is how long a program whose context has ended may take to clean up before it is killed.
const grace = 10 * time.Second

// Output runs a program to its end and returns what it wrote to standard output, also when it fails. The error says
// which program it is and why it failed: that it cannot be started, that ctx ended, or its exit status, with the end of
// what it said on standard error or, if that is nothing, on standard output.
func (w With) Output(ctx context.Context, program string, args ...string) (string, error) {
	command := w.command(ctx, program, args)
	command.WaitDelay = grace
	// In a process group of its own, so that the programs that it has started are interrupted too.
	command.SysProcAttr.Setpgid = true
	command.Cancel = func() error { return syscall.Kill(-command.Process.Pid, command.SysProcAttr.Pdeathsig) }
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	if w.Stderr != nil {
		command.Stderr = io.MultiWriter(&stderr, w.Stderr)
	}
	err := wait(command)
	if err == nil {
		return stdout.String(), nil
	}
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	words := cmp.Or(strings.TrimSpace(stderr.String()), strings.TrimSpace(stdout.String()))
	if len(words) > 4000 {
		words = "…" + words[len(words)-4000:]
	}
	// Of a long list of arguments the first say what the program was to do, and the last to what.
	about := append([]string{filepath.Base(program)}, args...)
	if len(about) > 4 {
		about = append(about[:3], "…", about[len(about)-1])
	}
	return stdout.String(), fmt.Errorf("%s: %w: %s", strings.Join(about, " "), err, words)
}

// Run is Output for a program whose output does not matter.
func (w With) Run(ctx context.Context, program string, args ...string) error {
	_, err := w.Output(ctx, program, args...)
	return err
}

// Attached runs a program on this process's own input and output, to its end: however long it takes to clean up when
// ctx ends. The error is an ExitCode if the program fails: it has said why itself.
func (w With) Attached(ctx context.Context, program string, args ...string) error {
	command := w.command(ctx, program, args)
	command.Stdin, command.Stdout, command.Stderr = os.Stdin, os.Stdout, os.Stderr
	err := wait(command)
	if exit, failed := errors.AsType[*exec.ExitError](err); failed {
		return ExitCode(max(exit.ExitCode(), 1))
	}
	return err
}

// ExitCode is the failure of a program that has told the user why.
type ExitCode int

func (e ExitCode) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

func (w With) command(ctx context.Context, program string, args []string) *exec.Cmd {
	signal := cmp.Or(w.Signal, syscall.SIGINT)
	command := exec.CommandContext(ctx, program, args...)
	command.Dir, command.Env, command.Stdin = w.Dir, append(os.Environ(), w.Env...), w.Stdin
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: signal}
	command.Cancel = func() error { return command.Process.Signal(signal) }
	return command
}

// wait runs a command on a thread that lives as long: for the kernel, the parent that Pdeathsig is about is a thread.
func wait(command *exec.Cmd) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	return command.Run()
}
