package vpc

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"

	"github.com/miekg/dns"
	"github.com/vishvananda/netlink"
)

// Conflict returns an error if a VPC on this machine cannot have a range: one that overlaps the sandbox's internet, or
// that has an address of the machine, its default gateway or its DNS resolvers, which the guard would cut off. It also
// fails when these cannot be listed.
func Conflict(cidr netip.Prefix) error {
	used, err := usedAddresses()
	if err != nil {
		return fmt.Errorf("check %s: %w", cidr, err)
	}
	return conflict(cidr, used)
}

// used is an address that a VPC must not have.
type used struct {
	address netip.Addr
	what    string
}

func conflict(cidr netip.Prefix, all []used) error {
	if cidr.Overlaps(InternetRange) || cidr.Overlaps(ElasticRange) {
		return fmt.Errorf("VPC %s overlaps the sandbox's internet, %s and %s: choose another vpcCidr",
			cidr, InternetRange, ElasticRange)
	}
	for _, u := range all {
		if cidr.Contains(u.address) {
			return fmt.Errorf("VPC %s contains %s, %s: choose another vpcCidr", cidr, u.address, u.what)
		}
	}
	return nil
}

func usedAddresses() ([]used, error) {
	var all []used
	add := func(ip net.IP, what string) {
		if a, ok := netip.AddrFromSlice(ip); ok {
			all = append(all, used{a.Unmap(), what})
		}
	}
	addresses, err := dump(func() ([]netlink.Addr, error) { return netlink.AddrList(nil, netlink.FAMILY_V4) })
	if err != nil {
		return nil, fmt.Errorf("list addresses: %w", err)
	}
	for _, a := range addresses {
		add(a.IP, "an address of this machine")
	}
	routes, err := dump(func() ([]netlink.Route, error) { return netlink.RouteList(nil, netlink.FAMILY_V4) })
	if err != nil {
		return nil, fmt.Errorf("list routes: %w", err)
	}
	for _, r := range routes {
		if r.Dst != nil && !r.Dst.IP.IsUnspecified() {
			continue
		}
		add(r.Gw, "the default gateway of this machine")
		for _, hop := range r.MultiPath {
			add(hop.Gw, "a default gateway of this machine")
		}
	}
	// systemd-resolved puts itself into the first file, and the resolvers that it asks into the second.
	for _, file := range []string{"/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"} {
		config, err := dns.ClientConfigFromFile(file)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			return nil, err
		}
		for _, server := range config.Servers {
			add(net.ParseIP(server), "a resolver of this machine ("+file+")")
		}
	}
	return all, nil
}
