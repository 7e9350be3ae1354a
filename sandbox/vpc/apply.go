package vpc

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

// protocol marks the routes and rules that are the sandbox's, in every namespace; see rt_protos in iproute2.
const protocol = 172

// Apply makes the machine equal to a network: it adds what is missing, changes what differs and removes what is not in
// the network but bears its prefix. It may run again after any failure, and changes nothing that a running instance
// has set up in its own namespace. One Apply runs at a time.
func Apply(ctx context.Context, n Network) error {
	if n.onHost() {
		if err := Guard(n.Guarded...); err != nil {
			return err
		}
	}
	m, err := open(ctx, n)
	defer m.close()
	if err != nil {
		return err
	}
	if err := m.wire(n); err != nil {
		return err
	}
	for _, namespace := range n.Namespaces {
		if err := errors.Join(ctx.Err(), m.spaces[namespace.Name].configure(namespace)); err != nil {
			return fmt.Errorf("network namespace %q: %w", n.Prefix+namespace.Name, err)
		}
	}
	return nil
}

// Remove removes every namespace, link and route of the sandbox's, whatever state it is in. The guard stays.
func Remove(ctx context.Context) error { return remove(ctx, prefix) }

func remove(ctx context.Context, prefix string) error {
	links, err := dump(netlink.LinkList)
	if err != nil {
		return fmt.Errorf("links of this machine: %w", err)
	}
	for _, link := range links {
		if link.Type() == "veth" && strings.HasPrefix(link.Attrs().Name, prefix) {
			if err := netlink.LinkDel(link); err != nil { // and with it the routes
				return fmt.Errorf("remove link %s: %w", link.Attrs().Name, err)
			}
		}
	}
	if err := removeNamespaces(ctx, prefix, nil); err != nil {
		return err
	}
	return unshareFolder()
}

// onHost tells whether the network has a part in the machine's own namespace.
func (n Network) onHost() bool { return len(n.Namespaces) > 0 && n.Namespaces[0].Name == "" }

// machine is the namespaces of a network, opened, by name without prefix.
type machine struct{ spaces map[string]*space }

// space is an open namespace.
type space struct {
	*netlink.Handle
	ns    netns.NsHandle
	links map[string]netlink.Link
}

// open removes the namespaces that should not be, makes those that are missing, with their rulesets, and opens all.
// The rulesets come before the links: a router forwards nothing that its ruleset does not allow, at no time.
func open(ctx context.Context, n Network) (*machine, error) {
	m := &machine{map[string]*space{}}
	keep := map[string]bool{}
	for _, namespace := range n.Namespaces {
		keep[n.Prefix+namespace.Name] = true
	}
	if err := removeNamespaces(ctx, n.Prefix, keep); err != nil {
		return m, err
	}
	for _, namespace := range n.Namespaces {
		name := n.Prefix + namespace.Name
		s, err := openSpace(name, namespace)
		if err != nil {
			return m, fmt.Errorf("network namespace %q: %w", name, err)
		}
		m.spaces[namespace.Name] = s
		if err := s.load(ctx, namespace.Ruleset); err != nil {
			return m, fmt.Errorf("rules of network namespace %s: %w", name, err)
		}
	}
	return m, nil
}

func (m *machine) close() {
	for _, s := range m.spaces {
		s.Close()
		s.ns.Close()
	}
}

func openSpace(name string, n Namespace) (*space, error) {
	var ns netns.NsHandle
	var err error
	if n.Name == "" {
		ns, err = netns.Get()
	} else {
		ns, err = ensureNamespace(name, n.Sysctls)
	}
	if err != nil {
		return nil, err
	}
	handle, err := netlink.NewHandleAt(ns, unix.NETLINK_ROUTE)
	if err != nil {
		return nil, errors.Join(err, ns.Close())
	}
	s := &space{Handle: handle, ns: ns, links: map[string]netlink.Link{}}
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

// dump lists, again if the list changed meanwhile: a guest may be at work in its namespace.
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
