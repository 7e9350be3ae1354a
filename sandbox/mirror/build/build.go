// Package build fills the cache that the mirror serves. Kubernetes, containerd and the rest are compiled from their Go
// modules, then packed as Debian packages and as images.
//
// Each thing that is made is a folder of the cache whose name ends in a hash of all that determines it. So clones of
// different versions share the cache, and nothing is made twice.
package build

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"hello-kubernetes/sandbox/mirror"
	"hello-kubernetes/sandbox/run"
)

// Options says what Run builds, from what, and where it goes.
type Options struct {
	// Cache is the cache's folder; mirror.CacheDir() is the usual one. Required.
	Cache string
	// Source is the root of the repository, which has hello-hapi and the pins of all that is built. Required.
	Source string
	// Progress is told what is about to be built, for example (3, 12, "etcd 3.7.0 (about 1 min)"). Required.
	Progress func(step, total int, what string)
}

// folder is a path below this package's own folder.
func (o Options) folder(name ...string) string {
	return filepath.Join(append([]string{o.Source, "sandbox/mirror/build"}, name...)...)
}

// Run builds what the mirror is to serve and the cache does not have, and publishes it. The mirror serves those hosts
// that cannot be reached, and Docker Hub.
//
// It waits while another process builds in the same cache. It fails when a download, a compiler or a packing tool does,
// and when ctx ends; a further call goes on after the last step that was completed.
func Run(ctx context.Context, o Options) error {
	if err := os.MkdirAll(o.Cache, 0o755); err != nil {
		return fmt.Errorf("make the cache folder: %w", err)
	}
	lock := flock.New(filepath.Join(o.Cache, "build.lock"))
	if _, err := lock.TryLockContext(ctx, 100*time.Millisecond); err != nil {
		return fmt.Errorf("wait for another build: %w", err)
	}
	defer lock.Close()
	contents, targets, err := plan(ctx, o)
	if err != nil {
		return err
	}
	if err := makeMissing(ctx, o, targets); err != nil {
		return err
	}
	return mirror.Publish(o.Cache, contents)
}

// plan lists what the mirror is to have.
func plan(ctx context.Context, o Options) (mirror.Contents, []*artifact, error) {
	c := mirror.Contents{Hosts: append(mirror.DebianHosts(), mirror.HubHost)}
	for _, host := range []string{mirror.KubernetesHost, mirror.DockerHost, mirror.RegistryHost, mirror.GitHubHost} {
		if !Reachable(ctx, host) {
			c.Hosts = append(c.Hosts, host)
		}
	}
	bins, err := binaries(o)
	if err != nil {
		return c, nil, err
	}
	repositories, err := repositories(o, bins)
	if err != nil {
		return c, nil, err
	}
	images, err := images(o, bins)
	if err != nil {
		return c, nil, err
	}
	var targets []*artifact
	// paths returns the folders of what the mirror's hosts serve.
	paths := func(all map[string]*artifact) map[string]string {
		paths := map[string]string{}
		for _, location := range slices.Sorted(maps.Keys(all)) {
			if host, _, _ := strings.Cut(location, "/"); slices.Contains(c.Hosts, host) {
				paths[location] = all[location].path()
				targets = append(targets, all[location])
			}
		}
		return paths
	}
	c.Apt, c.Images = paths(repositories), paths(images)
	return c, targets, nil
}

// Reachable tells whether a host answers over HTTPS within 5 seconds, with a certificate that is valid for it: the
// login page of a public network does not count.
func Reachable(ctx context.Context, host string) bool {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodHead, "https://"+host+"/", nil)
	if err != nil {
		return false
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(request)
	if err != nil {
		return false
	}
	response.Body.Close()
	return response.StatusCode < http.StatusInternalServerError
}

// HostPackages returns the Debian packages that Run needs and the host lacks.
func HostPackages() []string {
	return run.Missing(
		run.Need{File: "gcc", Debian: "gcc"},
		run.Need{File: "/usr/include/stdlib.h", Debian: "libc6-dev"},
		run.Need{File: "/usr/include/seccomp.h", Debian: "libseccomp-dev"},
		run.Need{File: "pkg-config", Debian: "pkg-config"},
		run.Need{File: "dpkg-deb", Debian: "dpkg"},
		run.Need{File: "apt-ftparchive", Debian: "apt-utils"},
		run.Need{File: "gpg", Debian: "gpg"},
		run.Need{File: "gpg-agent", Debian: "gpg-agent"},
		run.Need{File: debianKeyring, Debian: "debian-archive-keyring"},
		run.Need{File: "npm", Debian: "npm"}, // not where a Node.js of another origin has brought its own
	)
}
