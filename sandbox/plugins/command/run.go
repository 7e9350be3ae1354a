package command

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	provider "github.com/pulumi/pulumi-go-provider"
	"golang.org/x/crypto/ssh"
)

// run runs script on the host, unless it is nil, and keeps its output. When ctx is done, the connection is closed at
// once. The error has the script and its output, as the official plugin's, and never the input or a key.
func (s *State) run(ctx context.Context, script *string) error {
	if script == nil {
		return nil
	}
	connected, disconnect := context.WithCancel(ctx)
	defer disconnect()
	client, err := s.Connection.dial(connected)
	if err != nil {
		return err
	}
	session, err := client.NewSession()
	if err != nil {
		return because(ctx, err)
	}
	if err := s.setenv(ctx, session); err != nil {
		return err
	}
	if s.Stdin != nil && *s.Stdin != "" {
		session.Stdin = strings.NewReader(*s.Stdin)
	}
	all := &transcript{}
	stdout, stderr := &stream{all: all, show: s.show(ctx, logStdout)}, &stream{all: all, show: s.show(ctx, logStderr)}
	session.Stdout, session.Stderr = stdout, stderr
	err = session.Run(*script)
	stdout.flush()
	stderr.flush()
	if err != nil {
		return fmt.Errorf("%w: running %q:\n%s", because(ctx, err), *script, all)
	}
	s.Stdout, s.Stderr = stdout.text(), stderr.text()
	return nil
}

// setenv sets the session's variables. One of the user's that sshd refuses is an error, the previous output's is not.
func (s *State) setenv(ctx context.Context, session *ssh.Session) error {
	log := provider.GetLogger(ctx)
	for _, key := range slices.Sorted(maps.Keys(s.Environment)) {
		if err := session.Setenv(key, s.Environment[key]); err != nil {
			log.Error(refused(key))
			return fmt.Errorf("could not set environment variable %q: %w", key, err)
		}
	}
	if s.AddPreviousOutputInEnv != nil && !*s.AddPreviousOutputInEnv {
		return nil
	}
	previous := map[string]string{"PULUMI_COMMAND_STDOUT": s.Stdout, "PULUMI_COMMAND_STDERR": s.Stderr}
	for _, key := range slices.Sorted(maps.Keys(previous)) {
		if previous[key] == "" {
			continue
		}
		if err := session.Setenv(key, previous[key]); err != nil {
			log.Warning(refused(key))
		}
	}
	return nil
}

func refused(key string) string {
	return fmt.Sprintf(
		"the SSH server refuses the variable %s: allow it there with AcceptEnv, or set it in the command itself",
		key,
	)
}

// show returns what displays a line of a stream, or nil if that is not to be logged.
func (s *State) show(ctx context.Context, from Logging) func(line string) {
	if s.Logging != nil && *s.Logging != from && *s.Logging != logBoth {
		return nil
	}
	return func(line string) {
		if ctx.Err() == nil { // the logger would write to the plugin's own output
			provider.GetLogger(ctx).InfoStatus(line)
		}
	}
}
