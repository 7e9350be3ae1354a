package hosts

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Stop shuts a machine down. Its disk and its place stay.
func Stop(ctx context.Context, id string) error {
	if err := checkID(id); err != nil {
		return err
	}
	// Longer than the image gives a service to stop.
	if _, err := podman(ctx, "stop", "--time=15", name(id)); err != nil {
		return fmt.Errorf("stop %s: %w", id, err)
	}
	return nil
}

// Remove ends a machine at once and removes its disk. It is no error if there is none.
func Remove(ctx context.Context, id string) error {
	if err := checkID(id); err != nil {
		return err
	}
	if err := remove(ctx, id); err != nil {
		return fmt.Errorf("remove %s: %w", id, err)
	}
	return nil
}

// RemoveAll removes all machines and all else that this package has running or mounted, also what a crash left. The
// image stays.
func RemoveAll(ctx context.Context) error {
	if err := remove(ctx, ""); err != nil {
		return fmt.Errorf("remove all machines: %w", err)
	}
	if err := stopLXCFS(ctx); err != nil {
		return err
	}
	return os.RemoveAll(lxcfsLock)
}

// remove removes a machine, or all if id is empty: its container, its volume and its files.
func remove(ctx context.Context, id string) error {
	filters := []string{"--filter=label=" + label}
	folders := filepath.Join(instancesDir, "*")
	if id != "" {
		filters = append(filters, "--filter=name=^"+name(id)+"$")
		folders = dir(id)
	}
	if err := removeFound(ctx, append([]string{"ps", "--all", "--quiet"}, filters...), "rm", "--force", "--ignore", "--time=0"); err != nil {
		return err
	}
	if err := removeFound(ctx, append([]string{"volume", "ls", "--quiet"}, filters...), "volume", "rm", "--force"); err != nil {
		return err
	}
	paths, err := filepath.Glob(folders)
	for _, path := range paths {
		err = errors.Join(err, os.RemoveAll(path))
	}
	return err
}

// removeFound has podman remove what it lists.
func removeFound(ctx context.Context, list []string, remove ...string) error {
	out, err := podman(ctx, list...)
	if err != nil {
		return err
	}
	found := strings.Fields(out)
	if len(found) == 0 {
		return nil
	}
	_, err = podman(ctx, append(remove, found...)...)
	return err
}
