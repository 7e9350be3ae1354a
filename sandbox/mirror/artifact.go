package mirror

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// artifact is a folder that is built once and kept in the cache.
type artifact struct {
	kind    string // the folder of the cache that it goes to
	name    string
	version string
	about   string // how long the first build takes on two cores, if that is long
	recipe  []string
	needs   []*artifact
	build   func(ctx context.Context, dir string) error
}

// key is a hash of all that determines the artifact, what it needs included.
func (a *artifact) key() string {
	h := sha256.New()
	for _, part := range a.recipe {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	for _, need := range a.needs {
		fmt.Fprint(h, need.key())
	}
	return hex.EncodeToString(h.Sum(nil))[:12]
}

// path is the artifact's folder below the cache.
func (a *artifact) path() string {
	return filepath.Join(a.kind, a.name+"-"+a.version+"-"+a.key())
}

// title is the artifact's line in the progress.
func (a *artifact) title() string {
	title := strings.ReplaceAll(a.name, "_", "/") + " " + strings.TrimPrefix(a.version, "v")
	if a.about != "" {
		title += " (about " + a.about + ")"
	}
	return title
}

func (a *artifact) present(cache string) bool {
	_, err := os.Stat(filepath.Join(cache, a.path()))
	return err == nil
}

// make builds the artifact in a folder of its own that takes its name when all is done.
func (a *artifact) make(ctx context.Context, cache string) error {
	final := filepath.Join(cache, a.path())
	temp := final + ".part"
	// What an interrupted build left; the build lock is held.
	if err := os.RemoveAll(temp); err != nil {
		return err
	}
	if err := os.MkdirAll(temp, 0o755); err != nil {
		return err
	}
	if err := a.build(ctx, temp); err != nil {
		return errors.Join(err, os.RemoveAll(temp))
	}
	return os.Rename(temp, final)
}

// missing returns what has to be built for the targets, in order. What only served to
// build something that is there is not missed.
func missing(cache string, targets []*artifact) []*artifact {
	var order []*artifact
	seen := map[string]bool{}
	var visit func(*artifact)
	visit = func(a *artifact) {
		if seen[a.path()] || a.present(cache) {
			return
		}
		seen[a.path()] = true
		for _, need := range a.needs {
			visit(need)
		}
		order = append(order, a)
	}
	for _, target := range targets {
		visit(target)
	}
	return order
}

// command runs a program in a folder with additions to the environment, and returns
// its output. Its last words on stderr are in the error.
func command(ctx context.Context, dir string, env []string, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		words := strings.TrimSpace(stderr.String())
		if len(words) > 2000 {
			words = "…" + words[len(words)-2000:]
		}
		return stdout.String(), fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, words)
	}
	return stdout.String(), nil
}
