package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
	"gopkg.in/yaml.v3"

	"hello-kubernetes/sandbox/mirror"
	"hello-kubernetes/sandbox/plugins/aws"
)

// A clone is a checkout of the project, with what belongs to it in its folder .sandbox.
type clone struct {
	root  string
	state string // folder of Pulumi's state
	cache string
	stack string
}

// findClone finds the project that the current folder is in. It fails outside a project, and for a stack that has no
// file.
func findClone(stack string) (*clone, error) {
	dir, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	for !exists(filepath.Join(dir, "Pulumi.yaml")) {
		if dir == filepath.Dir(dir) {
			return nil, errors.New("there is no Pulumi.yaml here: change to the project's folder")
		}
		dir = filepath.Dir(dir)
	}
	cache, err := mirror.CacheDir()
	if err != nil {
		return nil, err
	}
	c := &clone{root: dir, cache: cache, stack: stack}
	c.state = c.path("state")
	if !exists(c.stackFile()) {
		return nil, fmt.Errorf("there is no %s: name a stack that has a file", filepath.Base(c.stackFile()))
	}
	return c, os.MkdirAll(c.path("bin"), 0o700)
}

// path is a path in the clone's folder.
func (c *clone) path(name ...string) string {
	return filepath.Join(append([]string{c.root, ".sandbox"}, name...)...)
}

func (c *clone) stackFile() string { return filepath.Join(c.root, "Pulumi."+c.stack+".yaml") }

// local tells whether the stack's region is the sandbox. It fails on a stack file that is not YAML.
func (c *clone) local() (bool, error) {
	data, err := os.ReadFile(c.stackFile())
	if err != nil {
		return false, err
	}
	var file struct {
		Config map[string]any `yaml:"config"`
	}
	if err := yaml.Unmarshal(data, &file); err != nil {
		return false, fmt.Errorf("read %s: %w", filepath.Base(c.stackFile()), err)
	}
	return file.Config["aws:region"] == aws.RegionName, nil
}

// lock keeps other commands of the clone waiting until this process ends, however it ends. It fails when ctx ends
// before it has the lock.
func (c *clone) lock(ctx context.Context) error {
	held = flock.New(c.path("lock"))
	locked, err := held.TryLock()
	if err == nil && !locked {
		say("Waiting for another command in this folder to end.")
		_, err = held.TryLockContext(ctx, 200*time.Millisecond)
	}
	if err != nil {
		return fmt.Errorf("lock %s: %w", held.Path(), err)
	}
	return nil
}

// held is the clone's lock, kept here so that its file stays open until the process ends.
var held *flock.Flock

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

var began = time.Now()

// say prints a line of progress, with the seconds since the start.
func say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "[%3.0fs] %s\n", time.Since(began).Seconds(), fmt.Sprintf(format, args...))
}
