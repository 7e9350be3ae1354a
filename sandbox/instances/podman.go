package instances

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// podman runs podman and returns its output. Its last words on stderr are in the error.
func podman(ctx context.Context, args ...string) (string, error) {
	return run(ctx, podmanCommand(ctx, args...))
}

func podmanCommand(ctx context.Context, args ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, "podman", args...)
	// It takes back what it has begun, if it is asked to end.
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGTERM) }
	command.WaitDelay = 10 * time.Second
	return command
}

// run runs a command and returns its output.
func run(ctx context.Context, command *exec.Cmd) (string, error) {
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	if err := command.Run(); err != nil {
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		words := strings.TrimSpace(stderr.String())
		if words == "" {
			words = strings.TrimSpace(stdout.String())
		}
		if len(words) > 2000 {
			words = "…" + words[len(words)-2000:]
		}
		// The arguments of a whole machine say less than what is wrong with them.
		about := command.Args
		if len(about) > 4 {
			about = append(about[:3:3], "…", about[len(about)-1])
		}
		return stdout.String(), fmt.Errorf("%s: %w: %s", strings.Join(about, " "), err, words)
	}
	return stdout.String(), nil
}
