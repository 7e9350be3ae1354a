package region

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"syscall"
	"time"
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
	unlock, err := s.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
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
	temp := s.file() + ".new"
	if err := errors.Join(os.WriteFile(temp, data, 0o600), os.Rename(temp, s.file())); err != nil {
		return fmt.Errorf("write the region: %w", err)
	}
	return nil
}

func (s *Store) lock(ctx context.Context) (unlock func(), err error) {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return nil, fmt.Errorf("lock the region: %w", err)
	}
	file, err := os.OpenFile(filepath.Join(s.dir, "lock"), os.O_CREATE|os.O_RDWR|syscall.O_CLOEXEC, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the region: %w", err)
	}
	for {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { file.Close() }, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			return nil, errors.Join(fmt.Errorf("lock the region: %w", err), file.Close())
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(fmt.Errorf("lock the region: %w", ctx.Err()), file.Close())
		case <-time.After(5 * time.Millisecond):
		}
	}
}
