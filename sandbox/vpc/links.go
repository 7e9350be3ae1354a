package vpc

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// wire makes the links be as the network's cables are.
func (all spaces) wire(n Network) error {
	planned := map[[2]string]bool{}
	for _, c := range n.Cables {
		for _, e := range c {
			planned[[2]string{e.Namespace, e.Link}] = true
		}
	}
	for _, namespace := range n.Namespaces {
		s := all[namespace.Name]
		for name, link := range s.links {
			if namespace.Shared || link.Type() != "veth" || planned[[2]string{namespace.Name, name}] {
				continue
			}
			if err := s.unplug(name); err != nil {
				return fmt.Errorf("network namespace %s%s: %w", n.Prefix, namespace.Name, err)
			}
		}
	}
	for _, c := range n.Cables {
		if err := connect(c, all[c[0].Namespace], all[c[1].Namespace]); err != nil {
			return fmt.Errorf("connect %s%s with %s%s: %w", n.Prefix, c[0].Namespace, n.Prefix, c[1].Namespace, err)
		}
	}
	return nil
}

// connect makes a cable between two namespaces, unless it exists. A link whose other end is elsewhere is replaced.
func connect(c Cable, a, b *space) error {
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
		PeerNamespace:    netlink.NsFd(int(b.ns.Fd())),
	})
	if err != nil {
		return fmt.Errorf("create link %s: %w", c[0].Link, err)
	}
	return errors.Join(a.readLinks(), b.readLinks())
}

// fits tells whether there is a link as planned whose other end is peer.
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
	if err := s.LinkDel(link); err != nil && !errors.Is(err, unix.ENODEV) { // it is gone if its other end is
		return fmt.Errorf("remove link %s: %w", name, err)
	}
	return nil
}
