package region

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"time"

	"github.com/gofrs/flock"
	"github.com/natefinch/atomic"
)

// Dir is where the region's files are; there is one region on a machine.
const Dir = "/var/lib/hello-kubernetes"

// Store is the region's file, in a folder.
type Store struct{ dir string }

// Open returns the store in dir, which need not exist yet.
func Open(dir string) *Store { return &Store{dir} }

func (s *Store) file() string { return filepath.Join(s.dir, "region.json") }

// Read returns the region as it is. A region that was never written is empty.
func (s *Store) Read() (*State, error) {
	state := &State{}
	data, err := os.ReadFile(s.file())
	switch {
	case errors.Is(err, os.ErrNotExist):
	case err != nil:
		return nil, fmt.Errorf("read the region: %w", err)
	default:
		if err := json.Unmarshal(data, state); err != nil {
			return nil, fmt.Errorf("read the region: %s: %w", s.file(), err)
		}
	}
	state.fill()
	return state, nil
}

// fill makes every map of the state.
func (s *State) fill() {
	value := reflect.ValueOf(s).Elem()
	for i := range value.NumField() {
		if field := value.Field(i); field.Kind() == reflect.Map && field.IsNil() {
			field.Set(reflect.MakeMap(field.Type()))
		}
	}
}

// Update lets change alter the region, and writes it when change succeeds. One update runs at a time on the machine.
func (s *Store) Update(ctx context.Context, change func(*State) error) error {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return fmt.Errorf("lock the region: %w", err)
	}
	lock := flock.New(filepath.Join(s.dir, "lock"))
	if _, err := lock.TryLockContext(ctx, 5*time.Millisecond); err != nil {
		return fmt.Errorf("lock the region: %w", err)
	}
	defer lock.Close()
	state, err := s.Read()
	if err != nil {
		return err
	}
	if err := change(state); err != nil {
		return err
	}
	data, err := json.MarshalIndent(state, "", "  ")
	if err != nil {
		return fmt.Errorf("write the region: %w", err)
	}
	if err := atomic.WriteFile(s.file(), bytes.NewReader(data)); err != nil {
		return fmt.Errorf("write the region: %w", err)
	}
	return nil
}
