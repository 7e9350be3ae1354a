package vpc

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// wire makes the links equal to the network's cables.
func (m *machine) wire(n Network) error {
	planned := map[string]bool{}
	for _, c := range n.Cables {
		for _, e := range c {
			planned[e.Namespace+" "+e.Link] = true
		}
	}
	for _, namespace := range n.Namespaces {
		s := m.spaces[namespace.Name]
		for name, link := range s.links {
			if namespace.Shared || link.Type() != "veth" || planned[namespace.Name+" "+name] {
				continue
			}
			if err := s.unplug(name); err != nil {
				return fmt.Errorf("network namespace %s%s: %w", n.Prefix, namespace.Name, err)
			}
		}
	}
	for _, c := range n.Cables {
		if err := m.connect(c); err != nil {
			return fmt.Errorf("connect %s%s with %s%s: %w", n.Prefix, c[0].Namespace, n.Prefix, c[1].Namespace, err)
		}
	}
	return nil
}

// connect makes a cable if it is not there. A link that has lost its other end to another namespace is made anew.
func (m *machine) connect(c Cable) error {
	a, b := m.spaces[c[0].Namespace], m.spaces[c[1].Namespace]
	if a.fits(c[0], b.links[c[1].Link]) && b.fits(c[1], a.links[c[0].Link]) {
		return nil
	}
	if err := errors.Join(a.unplug(c[0].Link), b.unplug(c[1].Link)); err != nil {
		return err
	}
	attributes := netlink.NewLinkAttrs()
	attributes.Name, attributes.HardwareAddr = c[0].Link, c[0].MAC
	err := a.LinkAdd(&netlink.Veth{
		LinkAttrs:        attributes,
		PeerName:         c[1].Link,
		PeerHardwareAddr: c[1].MAC,
		PeerNamespace:    netlink.NsFd(int(b.ns)),
	})
	if err != nil {
		return fmt.Errorf("create link %s: %w", c[0].Link, err)
	}
	return errors.Join(a.readLinks(), b.readLinks())
}

// fits tells whether a link is there as planned, its other end being peer.
func (s *space) fits(e End, peer netlink.Link) bool {
	link := s.links[e.Link]
	return link != nil && peer != nil && link.Attrs().ParentIndex == peer.Attrs().Index &&
		(e.MAC == nil || bytes.Equal(e.MAC, link.Attrs().HardwareAddr))
}

func (s *space) unplug(name string) error {
	link := s.links[name]
	if link == nil {
		return nil
	}
	delete(s.links, name)
	// Its other end may have gone first, and this one with it.
	if err := s.LinkDel(link); err != nil && !errors.Is(err, unix.ENODEV) {
		return fmt.Errorf("remove link %s: %w", name, err)
	}
	return nil
}

// addresses makes the links' addresses equal to the plan's. In a shared namespace, that is so for the planned links'.
func (s *space) addresses(n Namespace) error {
	have, err := dump(func() ([]netlink.Addr, error) { return s.AddrList(nil, netlink.FAMILY_V4) })
	if err != nil {
		return fmt.Errorf("list addresses: %w", err)
	}
	for _, want := range n.Addresses {
		link := s.links[want.Link]
		if link == nil {
			return fmt.Errorf("address %s: no link %s", want.Prefix, want.Link)
		}
		is := func(a netlink.Addr) bool {
			return a.LinkIndex == link.Attrs().Index && a.IPNet.String() == want.Prefix.String()
		}
		if i := slices.IndexFunc(have, is); i >= 0 {
			have = slices.Delete(have, i, i+1)
			continue
		}
		if err := s.AddrReplace(link, &netlink.Addr{IPNet: ipNet(want.Prefix)}); err != nil {
			return fmt.Errorf("add address %s to %s: %w", want.Prefix, want.Link, err)
		}
	}
	for _, a := range have {
		if n.Shared || a.IP.IsLoopback() {
			continue
		}
		link, err := s.LinkByIndex(a.LinkIndex)
		if err == nil {
			err = s.AddrDel(link, &a)
		}
		if err != nil {
			return fmt.Errorf("remove address %s: %w", a.IPNet, err)
		}
	}
	return nil
}
