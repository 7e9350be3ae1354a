package build

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"
)

// artifact is a folder that is made once and kept in the cache.
type artifact struct {
	kind      string // the folder of the cache that it goes to
	name      string
	version   string
	about     string      // how long it takes on two cores, if that is long
	downloads bool        // it waits for the network most of the time
	recipe    []string    // all that determines it
	needs     []*artifact // what is packed in it
	build     func(ctx context.Context, dir string) error
}

// file is a file or folder of an artifact, and its place in a package or an image.
type file struct {
	to   string
	from *artifact
	path string // below the artifact's folder; empty for the whole folder
}

// pack makes files part of the artifact.
func (a *artifact) pack(files []file) {
	for _, f := range files {
		a.recipe = append(a.recipe, f.to, f.path)
		a.needs = append(a.needs, f.from)
	}
}

// key is a hash of all that determines the artifact and what it needs.
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

// make builds the artifact in a folder that gets its name when it is complete.
func (a *artifact) make(ctx context.Context, cache string) error {
	final := filepath.Join(cache, a.path())
	temp := final + ".part"
	// An interrupted build may have left it.
	if err := errors.Join(os.RemoveAll(temp), os.MkdirAll(temp, 0o755)); err != nil {
		return err
	}
	if err := a.build(ctx, temp); err != nil {
		return errors.Join(err, os.RemoveAll(temp))
	}
	return os.Rename(temp, final)
}

// missing returns those of the artifacts that the cache does not have, each once.
func missing(cache string, all []*artifact) []*artifact {
	var lacking []*artifact
	seen := map[string]bool{}
	for _, a := range all {
		path := a.path()
		if _, err := os.Stat(filepath.Join(cache, path)); err != nil && !seen[path] {
			lacking = append(lacking, a)
		}
		seen[path] = true
	}
	return lacking
}

// makeMissing makes the targets that the cache does not have, and before them what they need: downloads run beside the
// compilers. What a target in the cache was made from is not needed again.
func makeMissing(ctx context.Context, o Options, targets []*artifact) error {
	targets = missing(o.Cache, targets)
	var needs, downloads, compiled []*artifact
	for _, target := range targets {
		needs = append(needs, target.needs...)
	}
	needs = missing(o.Cache, needs)
	for _, need := range needs {
		if need.downloads {
			downloads = append(downloads, need)
		} else {
			compiled = append(compiled, need)
		}
	}

	var reporting sync.Mutex
	step := 0
	makeAll := func(ctx context.Context, all []*artifact) error {
		for _, a := range all {
			reporting.Lock()
			step++
			o.Progress(step, len(needs)+len(targets), a.title())
			reporting.Unlock()
			if err := a.make(ctx, o.Cache); err != nil {
				return fmt.Errorf("build %s %s: %w", a.name, a.version, err)
			}
		}
		return nil
	}
	group, both := errgroup.WithContext(ctx)
	group.Go(func() error { return makeAll(both, downloads) })
	group.Go(func() error { return makeAll(both, compiled) })
	if err := group.Wait(); err != nil {
		return err
	}
	return makeAll(ctx, targets)
}
