package golang

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
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
	started, err = lock(place)
	if err != nil {
		return "", nil, fmt.Errorf("lock the program's place: %w", err)
	}
	begin := time.Now()
	h.log("Compiling the program ...")
	binary = filepath.Join(place, filepath.Base(directory))
	build := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-ldflags=-s -w", "-o", binary, ".")
	build.Dir = directory
	build.Cancel = func() error { return build.Process.Signal(os.Interrupt) } // go then ends its compilers and cleans up
	build.WaitDelay = grace
	if output, err := build.CombinedOutput(); err != nil {
		started()
		return "", nil, fmt.Errorf("go build: %w\n%s", err, output)
	}
	h.log(fmt.Sprintf("Compiled the program in %.1f s", time.Since(begin).Seconds()))
	return binary, started, nil
}

// lock makes directory if it has to, and takes it until unlock or until this process ends.
func lock(directory string) (unlock func(), err error) {
	if err := os.MkdirAll(directory, 0o700); err != nil {
		return nil, err
	}
	file, err := os.Open(directory)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return func() { _ = file.Close() }, nil
}
