package vpc

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"strings"

	"github.com/vishvananda/netlink"
)

// Conflict returns an error if a VPC's range cannot be used on this machine: if it has an address of the machine's, of
// its default gateway or of its resolvers, which the guard would cut off, or of the sandbox's internet.
func Conflict(cidr netip.Prefix) error {
	used, err := usedAddresses()
	if err != nil {
		return fmt.Errorf("check %s: %w", cidr, err)
	}
	return conflict(cidr, used)
}

// used is an address that a VPC must not contain.
type used struct {
	address netip.Addr
	what    string
}

func conflict(cidr netip.Prefix, all []used) error {
	if cidr.Overlaps(InternetRange) || cidr.Overlaps(ElasticRange) {
		return fmt.Errorf("VPC %s overlaps the sandbox's internet, %s and %s: choose another vpcCidr", cidr, InternetRange, ElasticRange)
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
	addresses, err := dump(func() ([]netlink.Addr, error) { return netlink.AddrList(nil, netlink.FAMILY_V4) })
	if err != nil {
		return nil, fmt.Errorf("list addresses: %w", err)
	}
	for _, a := range addresses {
		all = add(all, a.IP, "an address of this machine")
	}
	routes, err := dump(func() ([]netlink.Route, error) { return netlink.RouteList(nil, netlink.FAMILY_V4) })
	if err != nil {
		return nil, fmt.Errorf("list routes: %w", err)
	}
	for _, r := range routes {
		if r.Dst != nil && !r.Dst.IP.IsUnspecified() {
			continue
		}
		all = add(all, r.Gw, "the default gateway of this machine")
		for _, hop := range r.MultiPath {
			all = add(all, hop.Gw, "a default gateway of this machine")
		}
	}
	// The second is the one behind systemd's stub resolver.
	for _, file := range []string{"/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"} {
		text, err := os.ReadFile(file)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		for line := range strings.Lines(string(text)) {
			if words := strings.Fields(line); len(words) > 1 && words[0] == "nameserver" {
				all = add(all, net.ParseIP(words[1]), "a resolver of this machine ("+file+")")
			}
		}
	}
	return all, nil
}

func add(all []used, ip net.IP, what string) []used {
	if a, ok := netip.AddrFromSlice(ip); ok {
		all = append(all, used{a.Unmap(), what})
	}
	return all
}
