package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"hello-kubernetes/sandbox/run"
)

// variables make pulumi, kubectl and ssh those of the clone, together with its bin on $PATH.
func (c *clone) variables() map[string]string {
	return map[string]string{
		"PULUMI_HOME":                   c.path("home"),
		"PULUMI_BACKEND_URL":            (&url.URL{Scheme: "file", Path: c.state}).String(),
		"PULUMI_CONFIG_PASSPHRASE_FILE": c.path("passphrase"),
		"PULUMI_SKIP_UPDATE_CHECK":      "true",
		"PULUMI_STACK":                  c.stack,
		"KUBECONFIG":                    c.path("kubeconfig-" + c.stack),
	}
}

// here runs a program in the project, with the clone's pulumi, kubectl and ssh.
func (c *clone) here() run.With {
	with := run.With{Dir: c.root, Env: []string{"PATH=" + c.path("bin") + ":" + os.Getenv("PATH")}}
	for name, value := range c.variables() {
		with.Env = append(with.Env, name+"="+value)
	}
	return with
}

// pulumi runs a Pulumi command that talks to the user.
func (c *clone) pulumi(ctx context.Context, args ...string) error {
	return c.here().Attached(ctx, c.path("bin", "pulumi"), args...)
}

// ask runs a Pulumi command and returns what it prints. What it says of a failure is in the error.
func (c *clone) ask(ctx context.Context, stdin string, args ...string) (string, error) {
	with := c.here()
	with.Stdin = strings.NewReader(stdin)
	return with.Output(ctx, c.path("bin", "pulumi"), append(args, "--non-interactive")...)
}

// A checkpoint is a stack's state, as far as it matters here.
type checkpoint struct {
	Deployment struct {
		Resources []struct {
			URN string `json:"urn"`
			ID  string `json:"id"`
		} `json:"resources"`
		PendingOperations []json.RawMessage `json:"pending_operations"`
	} `json:"deployment"`
}

// checkpoints returns the states of all stacks of the clone, by name. It reads Pulumi's files itself, because pulumi
// takes a second for each stack. It fails on a file that is not such a state.
func (c *clone) checkpoints() (map[string]*checkpoint, error) {
	files, err := filepath.Glob(filepath.Join(c.state, ".pulumi", "stacks", "*", "*.json"))
	if err != nil {
		return nil, err
	}
	all := map[string]*checkpoint{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		var content struct {
			Checkpoint struct {
				Latest json.RawMessage `json:"latest"`
			} `json:"checkpoint"`
		}
		if err := json.Unmarshal(data, &content); err != nil {
			return nil, fmt.Errorf("read %s: %w", file, err)
		}
		state := &checkpoint{}
		if len(content.Checkpoint.Latest) > 0 {
			if err := json.Unmarshal(content.Checkpoint.Latest, &state.Deployment); err != nil {
				return nil, fmt.Errorf("read %s: %w", file, err)
			}
		}
		all[strings.TrimSuffix(filepath.Base(file), ".json")] = state
	}
	return all, nil
}

// unlock waits until no pulumi works on the stack, and removes the locks and the plugins of those that were killed. It
// fails when ctx ends first.
func (c *clone) unlock(ctx context.Context) error {
	for {
		files, err := filepath.Glob(filepath.Join(c.state, ".pulumi", "locks", "*", "*", c.stack, "*.json"))
		if err != nil {
			return err
		}
		busy := 0
		for _, file := range files {
			var lock struct {
				PID int `json:"pid"`
			}
			data, err := os.ReadFile(file)
			if err != nil || json.Unmarshal(data, &lock) != nil {
				continue // gone by now
			}
			name, _ := os.ReadFile("/proc/" + strconv.Itoa(lock.PID) + "/comm")
			if strings.TrimSpace(string(name)) == "pulumi" && syscall.Kill(lock.PID, 0) == nil {
				busy = lock.PID
			} else if err := os.Remove(file); err != nil {
				return err
			}
		}
		if busy == 0 {
			return c.endStrays()
		}
		say("Waiting for pulumi, process %d, to end", busy)
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(2 * time.Second):
		}
	}
}
