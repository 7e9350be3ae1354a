// Package mirror serves, inside the sandbox, what hosts would fetch from the internet: the package repositories of
// Kubernetes and Docker and the image registries, under their real names, and a cache of Debian's mirrors.
//
// Package build fills the cache folder; this package reads it. All that passes between them is one file there, the
// Contents, and the folders that it names.
package mirror

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/natefinch/atomic"
)

// The hosts that the mirror can answer for over HTTPS.
const (
	KubernetesHost = "pkgs.k8s.io"
	DockerHost     = "download.docker.com"
	RegistryHost   = "registry.k8s.io"
	GitHubHost     = "ghcr.io"
	HubHost        = "registry-1.docker.io" // serves the images of docker.io
)

// DebianHosts returns the hosts of Debian's mirrors. The mirror answers for them over HTTP, always with Debian's files.
func DebianHosts() []string { return []string{"deb.debian.org", "security.debian.org"} }

// Contents is what the mirror has.
type Contents struct {
	Hosts  []string          // the hosts that it answers for; all others are the real ones
	Apt    map[string]string // host and path of a package repository to its folder in the cache
	Images map[string]string // host, repository and tag of an image to the folder of its OCI layout in the cache
}

// CacheDir returns the folder below the user's cache folder that all clones of the project share. It fails when the
// environment has neither XDG_CACHE_HOME nor HOME.
func CacheDir() (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find the cache folder: %w", err)
	}
	return filepath.Join(dir, "hello-kubernetes"), nil
}

// Publish makes the mirrors that serve the cache have these contents, those that already run included. It fails when
// the cache folder cannot be written.
func Publish(cache string, c Contents) error {
	data, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return err
	}
	if err := atomic.WriteFile(contentsFile(cache), bytes.NewReader(data)); err != nil {
		return fmt.Errorf("write what the mirror serves: %w", err)
	}
	return nil
}

// Hosts returns the hosts that the mirror answers for. It fails when nothing has been published in the cache yet.
func Hosts(cache string) ([]string, error) {
	c, err := read(cache)
	return c.Hosts, err
}

func contentsFile(cache string) string { return filepath.Join(cache, "contents.json") }

func read(cache string) (Contents, error) {
	var c Contents
	data, err := os.ReadFile(contentsFile(cache))
	if err != nil {
		return c, fmt.Errorf("read what the mirror serves: %w", err)
	}
	if err := json.Unmarshal(data, &c); err != nil {
		return c, fmt.Errorf("read %s: %w", contentsFile(cache), err)
	}
	return c, nil
}
