// Package mirror is what the sandbox's internet serves in place of the servers that
// cannot be reached: Kubernetes' and Docker's package repositories and the image
// registries, under their real names, filled from Go modules; and a cache in front
// of Debian's mirrors.
//
// Build makes what is missing in the cache, Handler serves it. The cache is keyed by
// content: every artifact's folder ends in a hash of all that determines it, so that
// clones at different versions share one cache.
package mirror

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

// Options says what Build builds, from what, and where it goes.
type Options struct {
	// Cache is the cache's folder; CacheDir() is the usual one. Required.
	Cache string
	// Source is the root of the repository: hello-hapi's source, and the Go
	// modules that pin what is built, are read from there. Required.
	Source string
	// Progress is told what is about to be built, for example
	// (3, 12, "kubernetes 1.37.2 (about 10 min)"). Optional.
	Progress func(step, total int, what string)
	// Real tells whether a host's real self can be reached, and so is not served
	// here. Optional: the default asks the host.
	Real func(ctx context.Context, host string) bool
}

// CacheDir returns the user's cache folder for this project.
func CacheDir() (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find the cache folder: %w", err)
	}
	return filepath.Join(dir, "hello-kubernetes"), nil
}

// HostPackages returns the Debian packages that Build needs and the host lacks.
func HostPackages() []string {
	var missing []string
	for _, need := range []struct {
		command, file string
		packages      []string
	}{
		{command: "gcc", packages: []string{"gcc"}},
		{file: "/usr/include/stdlib.h", packages: []string{"libc6-dev"}},
		{file: "/usr/include/seccomp.h", packages: []string{"libseccomp-dev"}},
		{command: "pkg-config", packages: []string{"pkg-config"}},
		{command: "dpkg-deb", packages: []string{"dpkg"}},
		{file: debianKeyring, packages: []string{"debian-archive-keyring"}},
		// Not Debian's npm where a Node.js of another origin brings its own.
		{command: "npm", packages: []string{"npm"}},
	} {
		if need.command != "" {
			if _, err := exec.LookPath(need.command); err != nil {
				missing = append(missing, need.packages...)
			}
			continue
		}
		if _, err := os.Stat(need.file); err != nil {
			missing = append(missing, need.packages...)
		}
	}
	return missing
}

// view is what the handler serves: the outcome of the last Build.
type view struct {
	Names  []string          // host names that the mirror answers for
	Apt    map[string]string // host and path of a repository to its folder in the cache
	Images []string          // folders of OCI layouts in the cache
}

// Build builds whatever of the plan is missing in the cache, then makes the plan the
// one that is served. It can be interrupted at any time, and goes on where it was.
func Build(ctx context.Context, o Options) error {
	if err := os.MkdirAll(o.Cache, 0o755); err != nil {
		return fmt.Errorf("make the cache folder: %w", err)
	}
	unlock, err := lock(ctx, filepath.Join(o.Cache, "build.lock"))
	if err != nil {
		return err
	}
	defer unlock()
	if _, err := CA(o.Cache); err != nil {
		return err
	}
	p, err := newPlan(ctx, o)
	if err != nil {
		return err
	}
	todo := p.missing()
	for i, a := range todo {
		if o.Progress != nil {
			o.Progress(i+1, len(todo), a.title())
		}
		if err := a.make(ctx, o.Cache); err != nil {
			return fmt.Errorf("build %s %s: %w", a.name, a.version, err)
		}
	}
	return p.publish()
}

// Names returns the host names that the mirror answers for since the last Build: all
// others are the real ones.
func Names(cache string) ([]string, error) {
	v, err := readView(cache)
	if err != nil {
		return nil, err
	}
	return v.Names, nil
}

func viewFile(cache string) string { return filepath.Join(cache, "mirror.json") }

func readView(cache string) (view, error) {
	var v view
	data, err := os.ReadFile(viewFile(cache))
	if err != nil {
		return v, fmt.Errorf("read what the mirror serves: %w", err)
	}
	if err := json.Unmarshal(data, &v); err != nil {
		return v, fmt.Errorf("read %s: %w", viewFile(cache), err)
	}
	return v, nil
}

// lock takes the build lock: two builds at once would do everything twice.
func lock(ctx context.Context, path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("open the build lock: %w", err)
	}
	locked := make(chan error, 1)
	go func() {
		for {
			err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX)
			if !errors.Is(err, syscall.EINTR) {
				locked <- err
				return
			}
		}
	}()
	select {
	case err := <-locked:
		if err != nil {
			f.Close()
			return nil, fmt.Errorf("take the build lock: %w", err)
		}
		return func() { f.Close() }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for another build: %w", ctx.Err())
	}
}

// writeFile replaces a file whole, never in part.
func writeFile(path string, data []byte, mode os.FileMode) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(data)
	if err = errors.Join(err, f.Chmod(mode), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
