package instances

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
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
	unlock, err := lock(ctx, hostsLock(), exclusive)
	if err != nil {
		return err
	}
	defer unlock()
	if err := remove(ctx, ""); err != nil {
		return fmt.Errorf("remove all machines: %w", err)
	}
	if err := stopLXCFS(ctx); err != nil {
		return err
	}
	return errors.Join(os.RemoveAll(lxcfsLock()), os.RemoveAll(hostsLock()), removeEmpty(runDir), removeEmpty(instancesDir))
}

// remove removes a machine, or all if id is empty: its container, its volume and its files.
func remove(ctx context.Context, id string) error {
	// By its name, but not by a filter: podman 4.3 lists the volumes that match any of several. And volumes without --force:
	// to remove one and its container, while another podman makes that, is a deadlock of both and of all that come after.
	if err := removeOurs(ctx, id, []string{"ps", "--all", "--format={{.Names}}"}, "rm", "--force", "--ignore", "--time=0"); err != nil {
		return err
	}
	if err := removeOurs(ctx, id, []string{"volume", "ls", "--format={{.Name}}"}, "volume", "rm"); err != nil {
		return err
	}
	folders := []string{dir(id)}
	if id == "" {
		var err error
		if folders, err = filepath.Glob(filepath.Join(instancesDir, "*")); err != nil {
			return err
		}
	}
	var errs []error
	for _, folder := range folders {
		errs = append(errs, os.RemoveAll(folder))
	}
	return errors.Join(errs...)
}

// removeOurs has podman remove what it lists with our label and the machine's name.
func removeOurs(ctx context.Context, id string, list []string, remove ...string) error {
	out, err := podman(ctx, append(list, "--filter=label="+label)...)
	if err != nil {
		return err
	}
	found := slices.DeleteFunc(strings.Fields(out), func(found string) bool { return id != "" && found != name(id) })
	if len(found) == 0 {
		return nil
	}
	_, err = podman(ctx, append(remove, found...)...)
	return err
}

// removeEmpty removes a folder, unless something else has put a file there.
func removeEmpty(path string) error {
	err := os.Remove(path)
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ENOTEMPTY) {
		return nil
	}
	return err
}
