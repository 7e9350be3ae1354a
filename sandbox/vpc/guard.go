package vpc

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Priorities of the guard's rules: before the main table, and before what a VPN may have put there.
const (
	// ExemptPriority is that of the rules that Exempt adds.
	ExemptPriority = 17199
	guardLookup    = 17200
	guardEnd       = 17201
	// Routes this short or shorter do not count: the default route, and the halves that VPNs make of it.
	guardShort = 7
)

// Guard keeps packets to the ranges, and to the sandbox's internet, on this machine unless a real route leads to them.
// It may be called again, and lasts until the machine restarts. A range that Conflict refuses is an error, unless it is
// guarded already: what is there can be taken down wherever the machine has moved.
func Guard(ranges ...netip.Prefix) error {
	rules, err := dump(func() ([]netlink.Rule, error) { return netlink.RuleList(netlink.FAMILY_V4) })
	if err != nil {
		return fmt.Errorf("list rules: %w", err)
	}
	guarded := map[string]bool{}
	for _, r := range rules {
		if r.Protocol == protocol && r.Priority == guardEnd {
			guarded[r.Dst.String()] = true
		}
	}
	for i, r := range append([]netip.Prefix{InternetRange, ElasticRange}, ranges...) {
		if guarded[r.Masked().String()] {
			continue
		}
		if i > 1 {
			if err := Conflict(r); err != nil {
				return err
			}
		}
		if err := guard(r.Masked()); err != nil {
			return fmt.Errorf("guard %s: %w", r, err)
		}
	}
	return nil
}

// guard adds a range's rules, the one that ends the search last: where it is, both are.
func guard(r netip.Prefix) error {
	lookup := netlink.NewRule()
	lookup.Priority, lookup.Table, lookup.SuppressPrefixlen = guardLookup, unix.RT_TABLE_MAIN, guardShort
	end := netlink.NewRule()
	end.Priority, end.Type = guardEnd, unix.RTN_BLACKHOLE
	for _, rule := range []*netlink.Rule{lookup, end} {
		rule.Dst, rule.Protocol = ipNet(r), protocol
		if err := netlink.RuleAdd(rule); err != nil && !errors.Is(err, unix.EEXIST) {
			return err
		}
	}
	return nil
}

// Exempt lets packets through the guard to a server of this machine's own network that has an address in the sandbox's
// internet: some networks use the addresses that are meant for documentation. It may be called again, and lasts as the
// guard does.
func Exempt(server netip.Addr) error {
	if !InternetRange.Contains(server) && !ElasticRange.Contains(server) {
		return nil
	}
	rule := netlink.NewRule()
	rule.Priority, rule.Table, rule.Protocol, rule.Dst = ExemptPriority, unix.RT_TABLE_MAIN, protocol, ipNet(single(server))
	if err := netlink.RuleAdd(rule); err != nil && !errors.Is(err, unix.EEXIST) {
		return fmt.Errorf("exempt %s: %w", server, err)
	}
	return nil
}
