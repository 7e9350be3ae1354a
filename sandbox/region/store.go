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

// Dir is the folder of the machine's region: there is one region on a machine.
const Dir = "/var/lib/hello-kubernetes"

// Store keeps a region's record in a folder.
type Store struct{ dir string }

// Open returns the store in a folder, which need not exist before the first Update.
func Open(dir string) *Store { return &Store{dir} }

func (s *Store) file() string { return filepath.Join(s.dir, "region.json") }

// Read returns the region's record: an empty one if none was written yet. It fails when the file cannot be read or is
// damaged.
func (s *Store) Read() (*State, error) {
	state := &State{}
	data, err := os.ReadFile(s.file())
	if err == nil {
		err = json.Unmarshal(data, state)
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("read the region: %s: %w", s.file(), err)
	}
	state.fill()
	return state, nil
}

// fill makes the maps that are nil.
func (s *State) fill() {
	value := reflect.ValueOf(s).Elem()
	for i := range value.NumField() {
		if field := value.Field(i); field.IsNil() {
			field.Set(reflect.MakeMap(field.Type()))
		}
	}
}

// Update calls change with the region's record and writes what becomes of it. One Update runs at a time on the machine.
// It fails, and the record stays as it was, when change fails, when ctx ends before the others are done, and when the
// file cannot be read or written.
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
	if err == nil {
		err = atomic.WriteFile(s.file(), bytes.NewReader(data))
	}
	if err != nil {
		return fmt.Errorf("write the region: %w", err)
	}
	return nil
}
