package vpc

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"

	"github.com/containernetworking/plugins/pkg/ns"
	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

// protocol marks the sandbox's routes and rules in every namespace. See rt_protos in iproute2.
const protocol = 172

// Apply makes the machine have a network: it adds what is missing, changes what differs and removes what has the
// network's prefix but is not part of it. What an instance has configured in its own namespace stays. Callers see to it
// that one Apply runs at a time.
//
// It fails when a VPC's range cannot be guarded (see Guard), when the kernel or nft refuses something, and when ctx
// ends. It can be called again after each of them, and then makes the rest.
func Apply(ctx context.Context, n Network) error {
	if n.onHost() {
		if err := Guard(n.Guarded...); err != nil {
			return err
		}
	}
	all, err := open(ctx, n)
	defer all.close()
	if err != nil {
		return err
	}
	if err := all.wire(n); err != nil {
		return err
	}
	for _, namespace := range n.Namespaces {
		if err := errors.Join(ctx.Err(), all[namespace.Name].configure(namespace)); err != nil {
			return fmt.Errorf("network namespace %q: %w", n.Prefix+namespace.Name, err)
		}
	}
	return nil
}

// Remove removes all namespaces, links and routes of the sandbox, whatever a crash has left of them. The guard stays.
// It fails when the kernel refuses something.
func Remove(ctx context.Context) error { return remove(ctx, prefix) }

func remove(ctx context.Context, prefix string) error {
	if err := removeLinks(prefix); err != nil {
		return err
	}
	if err := removeNamespaces(ctx, prefix, nil); err != nil {
		return err
	}
	return unshareFolder()
}

// onHost tells whether the machine's own namespace is part of the network.
func (n Network) onHost() bool { return len(n.Namespaces) > 0 && n.Namespaces[0].Name == "" }

// spaces are the namespaces of a network while it is applied, by name without the prefix.
type spaces map[string]*space

// space is an open namespace.
type space struct {
	*netlink.Handle
	ns    ns.NetNS
	links map[string]netlink.Link
}

// open removes the namespaces that should not exist, makes those that are missing and opens all. It also loads their
// rules, before they have links: at no time does a router forward what its rules do not allow.
func open(ctx context.Context, n Network) (spaces, error) {
	all, keep := spaces{}, map[string]bool{}
	for _, namespace := range n.Namespaces {
		keep[n.Prefix+namespace.Name] = true
	}
	if err := removeNamespaces(ctx, n.Prefix, keep); err != nil {
		return all, err
	}
	for _, namespace := range n.Namespaces {
		s, err := openSpace(n.Prefix, namespace)
		if err == nil {
			all[namespace.Name] = s
			err = s.load(ctx, namespace.Ruleset)
		}
		if err != nil {
			return all, fmt.Errorf("network namespace %q: %w", n.Prefix+namespace.Name, err)
		}
	}
	return all, nil
}

func (all spaces) close() {
	for _, s := range all {
		s.Close()
		s.ns.Close()
	}
}

func openSpace(prefix string, n Namespace) (*space, error) {
	namespace, err := ns.GetCurrentNS()
	if n.Name != "" && err == nil {
		namespace.Close()
		namespace, err = ensureNamespace(prefix+n.Name, n.Sysctls)
	}
	if err != nil {
		return nil, err
	}
	handle, err := netlink.NewHandleAt(netns.NsHandle(namespace.Fd()), unix.NETLINK_ROUTE)
	if err != nil {
		return nil, errors.Join(err, namespace.Close())
	}
	s := &space{Handle: handle, ns: namespace, links: map[string]netlink.Link{}}
	return s, s.readLinks()
}

func (s *space) readLinks() error {
	links, err := dump(s.LinkList)
	if err != nil {
		return fmt.Errorf("list links: %w", err)
	}
	clear(s.links)
	for _, link := range links {
		s.links[link.Attrs().Name] = link
	}
	return nil
}

// dump lists something, and again if it has changed meanwhile: instances configure their own namespaces.
func dump[T any](list func() ([]T, error)) (all []T, err error) {
	for range 5 {
		if all, err = list(); !errors.Is(err, netlink.ErrDumpInterrupted) {
			break
		}
	}
	return all, err
}

func ipNet(p netip.Prefix) *net.IPNet {
	return &net.IPNet{IP: ip(p.Addr()), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}
}

func ip(a netip.Addr) net.IP { return a.AsSlice() }
