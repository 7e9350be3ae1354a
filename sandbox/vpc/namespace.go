package vpc

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"

	"hello-kubernetes/sandbox/run"
)

// ensureNamespace opens a namespace, and makes it if there is none of the name.
func ensureNamespace(name string, sysctls []Sysctl) (netns.NsHandle, error) {
	if ns, err := openNamespace(name); !errors.Is(err, fs.ErrNotExist) {
		return ns, err
	}
	if err := shareFolder(); err != nil {
		return netns.None(), err
	}
	// The name comes last: what has a name is complete.
	err := onThread(func() error {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			return fmt.Errorf("unshare: %w", err)
		}
		if err := setSysctls(sysctls, ""); err != nil {
			return err
		}
		lo, err := netlink.LinkByName("lo")
		if err != nil {
			return fmt.Errorf("loopback: %w", err)
		}
		if err := netlink.LinkSetUp(lo); err != nil {
			return fmt.Errorf("loopback: %w", err)
		}
		file, err := os.OpenFile(Path(name), os.O_CREATE, 0o444)
		if err != nil {
			return err
		}
		file.Close()
		return unix.Mount("/proc/thread-self/ns/net", Path(name), "", unix.MS_BIND, "")
	})
	if err != nil {
		return netns.None(), fmt.Errorf("create: %w", err)
	}
	return openNamespace(name)
}

// setSysctls sets the thread's namespace's.
func setSysctls(sysctls []Sysctl, link string) error {
	for _, s := range sysctls {
		err := os.WriteFile("/proc/sys/net/"+strings.Replace(s.Key, "%s", link, 1), []byte(s.Value), 0)
		if errors.Is(err, fs.ErrNotExist) && strings.HasPrefix(s.Key, "ipv6/") {
			continue // a kernel without it
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// openNamespace opens a namespace by name; fs.ErrNotExist if there is none. A file without a namespace, left by a
// crash, is none.
func openNamespace(name string) (netns.NsHandle, error) { return openFile(Path(name)) }

func openFile(path string) (netns.NsHandle, error) {
	ns, err := netns.GetFromPath(path)
	if err != nil {
		return ns, err
	}
	var stat unix.Statfs_t
	if err := unix.Fstatfs(int(ns), &stat); err != nil {
		return netns.None(), errors.Join(err, ns.Close())
	}
	if stat.Type != unix.NSFS_MAGIC {
		return netns.None(), errors.Join(fs.ErrNotExist, ns.Close())
	}
	return ns, nil
}

// shareFolder makes the folder of the namespaces as `ip netns` does, so that processes with a mount namespace of their
// own see names come and go.
func shareFolder() error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	err := unix.Mount("", folder, "", unix.MS_SHARED|unix.MS_REC, "")
	if errors.Is(err, unix.EINVAL) { // not a mount yet
		err = errors.Join(
			unix.Mount(folder, folder, "", unix.MS_BIND|unix.MS_REC, ""),
			unix.Mount("", folder, "", unix.MS_SHARED|unix.MS_REC, ""))
	}
	if err != nil {
		return fmt.Errorf("share %s: %w", folder, err)
	}
	return nil
}

// unshareFolder undoes shareFolder, unless there are other namespaces.
func unshareFolder() error {
	if names, err := os.ReadDir(folder); err != nil || len(names) > 0 {
		return nil // without the folder there is nothing to undo
	}
	if err := unix.Unmount(folder, unix.MNT_DETACH); err != nil && !errors.Is(err, unix.EINVAL) {
		return fmt.Errorf("unmount %s: %w", folder, err)
	}
	return nil
}

// removeNamespaces removes the namespaces whose names begin with prefix, but for those to keep.
func removeNamespaces(ctx context.Context, prefix string, keep map[string]bool) error {
	files, err := filepath.Glob(Path(prefix) + "*")
	if err != nil {
		return fmt.Errorf("list network namespaces: %w", err)
	}
	for _, file := range files {
		name := filepath.Base(file)
		if keep[name] {
			continue
		}
		if err := errors.Join(ctx.Err(), removeNamespace(name)); err != nil {
			return fmt.Errorf("remove network namespace %s: %w", name, err)
		}
	}
	return nil
}

// removeNamespace takes a namespace's links away, so that it is cut off at once even if a process still runs in it,
// and then its name.
func removeNamespace(name string) error {
	ns, err := openNamespace(name)
	if err == nil {
		err = inNamespace(ns, func() error {
			links, err := dump(netlink.LinkList)
			for _, link := range links {
				if link.Type() != "veth" {
					continue
				}
				if gone := netlink.LinkDel(link); !errors.Is(gone, unix.ENODEV) { // with its other end
					err = errors.Join(err, gone)
				}
			}
			return err
		})
		err = errors.Join(err, ns.Close(), unix.Unmount(Path(name), unix.MNT_DETACH))
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.Remove(Path(name))
}

// load loads a namespace's ruleset if it is not the one that was loaded last. The loopback's alias tells: it lives and
// dies with the namespace.
func (s *space) load(ctx context.Context, ruleset string) error {
	lo := s.links["lo"]
	digest := fmt.Sprintf("ruleset %x", sha256.Sum256([]byte(ruleset)))
	if ruleset == "" || lo.Attrs().Alias == digest {
		return nil
	}
	if err := s.LinkSetAlias(lo, "ruleset unknown"); err != nil {
		return err
	}
	err := inNamespace(s.ns, func() error {
		return run.With{Stdin: strings.NewReader(ruleset)}.Run(ctx, "nft", "-f", "-")
	})
	if err != nil {
		return err
	}
	return s.LinkSetAlias(lo, digest)
}

// inNamespace calls f in a network namespace.
func inNamespace(ns netns.NsHandle, f func() error) error {
	return onThread(func() error {
		if err := netns.Set(ns); err != nil {
			return fmt.Errorf("enter network namespace: %w", err)
		}
		return f()
	})
}

// onThread calls f on a thread that ends with it: whatever namespace f enters, nothing else runs there.
func onThread(f func() error) error {
	result := make(chan error)
	go func() {
		runtime.LockOSThread() // for good
		result <- f()
	}()
	return <-result
}
