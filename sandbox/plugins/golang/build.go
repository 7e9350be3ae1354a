package golang

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"hello-kubernetes/sandbox/run"
)

// build builds the program in directory and returns its binary. The place stays the same, so that go build links again
// only when the program has changed, and is another one for another clone. The caller calls started once the binary
// runs, or will not: until then no other build touches it. What the compiler says is in the error.
func (h *host) build(ctx context.Context, directory string) (binary string, started func(), err error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", nil, fmt.Errorf("find a place to build the program: %w", err)
	}
	place := filepath.Join(cache, "pulumi-language-go", fmt.Sprintf("%x", sha256.Sum256([]byte(directory))))
	if err := os.MkdirAll(place, 0o700); err != nil {
		return "", nil, fmt.Errorf("make a place to build the program: %w", err)
	}
	lock := flock.New(place + ".lock")
	if _, err := lock.TryLockContext(ctx, 100*time.Millisecond); err != nil {
		return "", nil, fmt.Errorf("wait for another build of the program: %w", err)
	}
	started = func() { _ = lock.Unlock() } // it ends with this process at the latest
	begin := time.Now()
	h.log("Compiling the program ...")
	binary = filepath.Join(place, filepath.Base(directory))
	if err := (run.With{Dir: directory}).Run(ctx, "go", "build", "-buildvcs=false", "-ldflags=-s -w", "-o", binary, "."); err != nil {
		started()
		return "", nil, err
	}
	h.log(fmt.Sprintf("Compiled the program in %.1f s", time.Since(begin).Seconds()))
	return binary, started, nil
}
