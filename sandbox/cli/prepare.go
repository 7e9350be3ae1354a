package cli

import (
	"context"
	"os/exec"
	"strings"

	"golang.org/x/sync/errgroup"

	"hello-kubernetes/sandbox/instances"
	"hello-kubernetes/sandbox/mirror"
	"hello-kubernetes/sandbox/mirror/build"
	"hello-kubernetes/sandbox/run"
)

// prepareTests installs and builds everything ahead, and what the tests need beside.
func prepareTests(ctx context.Context, c *clone, _ []string) error {
	if err := c.prepare(ctx); err != nil {
		return err
	}
	if _, err := exec.LookPath("shellcheck"); err != nil {
		return installPackages(ctx, []string{"shellcheck"})
	}
	return nil
}

// prepare builds and installs whatever the region needs on this machine. Making the image of the instances keeps the
// network and the disk busy, so it goes on beside the compilers.
func (c *clone) prepare(ctx context.Context) error {
	if err := checkMachine(c.cache); err != nil {
		return err
	}
	if err := exemptServers(ctx); err != nil {
		return err
	}
	if err := installPackages(ctx, append(instances.Packages(), build.HostPackages()...)); err != nil {
		return err
	}
	ca, err := mirror.CA(c.cache)
	if err != nil {
		return err
	}
	tasks, ctx := errgroup.WithContext(ctx)
	tasks.Go(func() error {
		return instances.BuildImage(ctx, c.cache, ca, func(what string) { say("Building the instances' image: %s", what) })
	})
	tasks.Go(func() error {
		if err := c.toolchain(ctx); err != nil {
			return err
		}
		return build.Run(ctx, build.Options{Cache: c.cache, Source: c.root, Progress: func(step, total int, what string) {
			say("Building %d/%d: %s", step, total, what)
		}})
	})
	return tasks.Wait()
}

// installPackages installs Debian packages, after saying so.
func installPackages(ctx context.Context, names []string) error {
	if len(names) == 0 {
		return nil
	}
	say("Installing %s", strings.Join(names, ", "))
	apt := run.With{Env: []string{"DEBIAN_FRONTEND=noninteractive"}}
	install := append([]string{"install", "--yes", "--no-install-recommends"}, names...)
	for _, args := range [][]string{{"update"}, install} {
		if err := apt.Run(ctx, "apt-get", append([]string{"-q", "-o", "DPkg::Lock::Timeout=120"}, args...)...); err != nil {
			return err
		}
	}
	return nil
}
