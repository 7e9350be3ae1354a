package vpc

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Priorities of the guard's rules. They come before the main table, and before the rules that VPNs add.
const (
	// ExemptPriority is the priority of the rules that Exempt adds.
	ExemptPriority = 17199
	guardLookup    = 17200
	guardEnd       = 17201
	// guardShort is the longest prefix of the routes that the guard ignores: the default route, and the two halves of
	// it that VPNs add.
	guardShort = 7
)

// Guard keeps packets for these ranges, and for the sandbox's internet, on this machine, unless a route of more than /7
// leads there. It can be called again. The guard ends when the machine restarts; see docs/adr/0005-guard.md.
//
// It fails when the kernel refuses a rule, and for a range that Conflict refuses. A range that is guarded already is
// accepted, so that a region can be taken down wherever the machine has moved.
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

// guard adds the two rules of a range. The second one, by which Guard knows a guarded range, comes last.
func guard(r netip.Prefix) error {
	lookup := netlink.NewRule()
	lookup.Priority, lookup.Table, lookup.SuppressPrefixlen = guardLookup, unix.RT_TABLE_MAIN, guardShort
	end := netlink.NewRule()
	end.Priority, end.Type = guardEnd, unix.RTN_BLACKHOLE
	if err := addRule(lookup, r); err != nil {
		return err
	}
	return addRule(end, r)
}

// addRule adds a rule of the sandbox for a destination, unless it exists.
func addRule(rule *netlink.Rule, to netip.Prefix) error {
	rule.Dst, rule.Protocol = ipNet(to), protocol
	if err := netlink.RuleAdd(rule); !errors.Is(err, unix.EEXIST) {
		return err
	}
	return nil
}

// Exempt lets packets for a server through the guard, if it has an address in the ranges of the sandbox's internet:
// some networks use these ranges, although they are reserved for documentation. It can be called again, and lasts as
// the guard does. It fails when the kernel refuses the rule.
func Exempt(server netip.Addr) error {
	if !InternetRange.Contains(server) && !ElasticRange.Contains(server) {
		return nil
	}
	rule := netlink.NewRule()
	rule.Priority, rule.Table = ExemptPriority, unix.RT_TABLE_MAIN
	if err := addRule(rule, single(server)); err != nil {
		return fmt.Errorf("exempt %s: %w", server, err)
	}
	return nil
}
