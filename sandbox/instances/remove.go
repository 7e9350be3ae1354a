package instances

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
)

// Stop shuts an instance down. Its disk and its network namespace stay. It fails when the instance does not exist.
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

// Remove ends an instance at once and deletes its disk. It is no error if it does not exist. It fails when podman does,
// and when a file cannot be deleted.
func Remove(ctx context.Context, id string) error {
	if err := checkID(id); err != nil {
		return err
	}
	if err := remove(ctx, id); err != nil {
		return fmt.Errorf("remove %s: %w", id, err)
	}
	return nil
}

// RemoveAll removes all instances, and all else that this package has left running, mounted or in a file, also before a
// crash; the image stays. It fails as Remove does.
func RemoveAll(ctx context.Context) error {
	unlock, err := lock(ctx, removalLock(), exclusive)
	if err != nil {
		return err
	}
	defer unlock()
	if err := remove(ctx, ""); err != nil {
		return fmt.Errorf("remove all instances: %w", err)
	}
	if err := stopLXCFS(ctx); err != nil {
		return err
	}
	return os.RemoveAll(runDir)
}

// remove removes an instance, or all if id is empty: its container, its volume and its files.
func remove(ctx context.Context, id string) error {
	containers := []string{"ps", "--all", "--format={{.Names}}"}
	if err := removeLabelled(ctx, id, containers, "rm", "--force", "--ignore", "--time=0"); err != nil {
		return err
	}
	// Not with --force, which removes the containers of a volume, too: two podmans wait for each other forever when one
	// does that while the other creates the container, and so does every later one.
	volumes := []string{"volume", "ls", "--format={{.Name}}"}
	if err := removeLabelled(ctx, id, volumes, "volume", "rm"); err != nil {
		return err
	}
	return os.RemoveAll(dir(id))
}

// removeLabelled has podman remove what it lists with the sandbox's label and an instance's name. The name is no filter
// of the list: podman 4.3 lists the volumes that match any of several filters.
func removeLabelled(ctx context.Context, id string, list []string, remove ...string) error {
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
