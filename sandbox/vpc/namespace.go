package vpc

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/containernetworking/plugins/pkg/ns"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"hello-kubernetes/sandbox/run"
)

// In calls f in a namespace. Sockets that f opens stay in the namespace; goroutines that it starts do not. It fails
// when there is no such namespace, and when f does.
func In(namespace string, f func() error) error { return InFile(Path(namespace), f) }

// InFile is In for a namespace that has no name but a file, such as that of a process.
func InFile(file string, f func() error) error {
	return ns.WithNetNSPath(file, func(ns.NetNS) error { return f() })
}

// openNamespace opens a namespace by its name. It returns nil if there is none; a crash may have left its file.
func openNamespace(name string) (ns.NetNS, error) {
	namespace, err := ns.GetNS(Path(name))
	if errors.As(err, &ns.NSPathNotExistErr{}) || errors.As(err, &ns.NSPathNotNSErr{}) {
		return nil, nil
	}
	return namespace, err
}

// ensureNamespace opens a namespace by its name, and makes it first if there is none. It gets the name last, so that
// one that has a name is complete, also after a crash.
func ensureNamespace(name string, sysctls []Sysctl) (ns.NetNS, error) {
	if namespace, err := openNamespace(name); namespace != nil || err != nil {
		return namespace, err
	}
	if err := shareFolder(); err != nil {
		return nil, err
	}
	namespace, err := ns.TempNetNS()
	if err != nil {
		return nil, err
	}
	err = namespace.Do(func(ns.NetNS) error {
		if err := setSysctls(sysctls, ""); err != nil {
			return err
		}
		lo, err := netlink.LinkByName("lo")
		if err != nil {
			return fmt.Errorf("loopback: %w", err)
		}
		return netlink.LinkSetUp(lo)
	})
	if err == nil {
		err = os.WriteFile(Path(name), nil, 0o444)
	}
	if err == nil {
		err = unix.Mount(fmt.Sprintf("/proc/self/fd/%d", namespace.Fd()), Path(name), "", unix.MS_BIND, "")
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("create: %w", err), namespace.Close())
	}
	return namespace, nil
}

// setSysctls sets kernel settings in the namespace of the thread.
func setSysctls(sysctls []Sysctl, link string) error {
	for _, s := range sysctls {
		err := os.WriteFile("/proc/sys/net/"+strings.Replace(s.Key, "%s", link, 1), []byte(s.Value), 0)
		lacking := errors.Is(err, fs.ErrNotExist) && strings.HasPrefix(s.Key, "ipv6/") // the kernel has no IPv6
		if err != nil && !lacking {
			return err
		}
	}
	return nil
}

// shareFolder makes the folder of the namespaces as ip netns does, so that processes with a mount namespace of their
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

// unshareFolder undoes shareFolder, unless there are namespaces of others.
func unshareFolder() error {
	if names, _ := os.ReadDir(folder); len(names) > 0 {
		return nil
	}
	err := unix.Unmount(folder, unix.MNT_DETACH)
	if err != nil && !errors.Is(err, unix.EINVAL) && !errors.Is(err, unix.ENOENT) {
		return fmt.Errorf("unmount %s: %w", folder, err)
	}
	return nil
}

// removeNamespaces removes the namespaces whose names begin with prefix, but not those to keep.
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

// removeNamespace removes the links of a namespace, so that it is cut off even if a process stays in it, and then its
// name.
func removeNamespace(name string) error {
	namespace, err := openNamespace(name)
	if err != nil {
		return err
	}
	if namespace != nil {
		err = namespace.Do(func(ns.NetNS) error { return removeLinks("") })
		if err = errors.Join(err, namespace.Close(), unix.Unmount(Path(name), unix.MNT_DETACH)); err != nil {
			return err
		}
	}
	return os.Remove(Path(name))
}

// removeLinks removes the thread's namespace's links whose names begin with prefix, and with them their routes.
func removeLinks(prefix string) error {
	links, err := dump(netlink.LinkList)
	if err != nil {
		return fmt.Errorf("list links: %w", err)
	}
	for _, link := range links {
		if link.Type() != "veth" || !strings.HasPrefix(link.Attrs().Name, prefix) {
			continue
		}
		if err := netlink.LinkDel(link); err != nil && !errors.Is(err, unix.ENODEV) { // it is gone if its other end is
			return fmt.Errorf("remove link %s: %w", link.Attrs().Name, err)
		}
	}
	return nil
}

// load loads a namespace's rules, unless they were the last ones to be loaded. The alias of the loopback link says
// which those were, because it exists as long as the namespace.
func (s *space) load(ctx context.Context, ruleset string) error {
	lo := s.links["lo"]
	digest := fmt.Sprintf("ruleset %x", sha256.Sum256([]byte(ruleset)))
	if ruleset == "" || lo.Attrs().Alias == digest {
		return nil
	}
	if err := s.LinkSetAlias(lo, "ruleset unknown"); err != nil {
		return err
	}
	err := s.ns.Do(func(ns.NetNS) error {
		return run.With{Stdin: strings.NewReader(ruleset)}.Run(ctx, "nft", "-f", "-")
	})
	if err != nil {
		return err
	}
	return s.LinkSetAlias(lo, digest)
}
