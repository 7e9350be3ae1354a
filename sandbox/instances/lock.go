package instances

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// holding is a way to hold a lock.
type holding func(*flock.Flock, context.Context, time.Duration) (bool, error)

var (
	exclusive holding = (*flock.Flock).TryLockContext  // alone
	shared    holding = (*flock.Flock).TryRLockContext // together with others that share it
)

// lock takes a lock that other processes respect, too. It waits for them until ctx ends.
func lock(ctx context.Context, path string, how holding) (unlock func(), err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	file := flock.New(path)
	if _, err := how(file, ctx, 100*time.Millisecond); err != nil {
		return nil, fmt.Errorf("wait for the lock %s: %w", path, err)
	}
	return func() { file.Close() }, nil
}
