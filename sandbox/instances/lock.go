package instances

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// How a lock is held: by one, or by all who share it.
var (
	exclusive = (*flock.Flock).TryLockContext
	shared    = (*flock.Flock).TryRLockContext
)

// lock takes a lock that holds against other processes too, and waits for it until ctx ends.
func lock(ctx context.Context, path string, how func(*flock.Flock, context.Context, time.Duration) (bool, error)) (unlock func() error, err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	file := flock.New(path)
	if _, err := how(file, ctx, 100*time.Millisecond); err != nil {
		return nil, fmt.Errorf("wait for the lock %s: %w", path, err)
	}
	return file.Unlock, nil
}
