package vpc

import (
	"cmp"
	"errors"
	"fmt"
	"net"

	"github.com/containernetworking/plugins/pkg/ns"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// configure makes the inside of a namespace be as planned: addresses, links, routes and rules, in this order, because
// each needs those before.
func (s *space) configure(n Namespace) error {
	if err := s.addresses(n); err != nil {
		return err
	}
	if err := s.linksUp(n); err != nil {
		return err
	}
	return errors.Join(s.routes(n), s.rules(n))
}

// reconcile adds what is wanted and missing, and removes what there is and is not wanted. Equal things have equal keys.
func reconcile[T any](have, want []T, key func(T) string, add, remove func(T) error) error {
	extra, wanted := map[string]T{}, map[string]bool{}
	for _, one := range have {
		extra[key(one)] = one
	}
	for _, one := range want {
		k := key(one)
		_, exists := extra[k]
		delete(extra, k)
		if !exists && !wanted[k] {
			if err := add(one); err != nil {
				return fmt.Errorf("add %v: %w", one, err)
			}
		}
		wanted[k] = true
	}
	for _, one := range extra {
		if err := remove(one); err != nil {
			return fmt.Errorf("remove %v: %w", one, err)
		}
	}
	return nil
}

// addresses makes the addresses of the links be as planned.
func (s *space) addresses(n Namespace) error {
	have, err := dump(func() ([]netlink.Addr, error) { return s.AddrList(nil, netlink.FAMILY_V4) })
	if err != nil {
		return fmt.Errorf("list addresses: %w", err)
	}
	var want []netlink.Addr
	for _, planned := range n.Addresses {
		link := s.links[planned.Link]
		if link == nil {
			return fmt.Errorf("address %s: no link %s", planned.Prefix, planned.Link)
		}
		want = append(want, netlink.Addr{IPNet: ipNet(planned.Prefix), LinkIndex: link.Attrs().Index})
	}
	key := func(a netlink.Addr) string { return fmt.Sprint(a.LinkIndex, a.IPNet) }
	change := func(do func(netlink.Link, *netlink.Addr) error) func(netlink.Addr) error {
		return func(a netlink.Addr) error {
			link, err := s.LinkByIndex(a.LinkIndex)
			if err != nil {
				return err
			}
			return do(link, &a)
		}
	}
	remove := change(s.AddrDel)
	return reconcile(have, want, key, change(s.AddrReplace), func(a netlink.Addr) error {
		if n.Shared || a.IP.IsLoopback() {
			return nil
		}
		return remove(a)
	})
}

// linksUp brings up the links that addresses and routes need.
func (s *space) linksUp(n Namespace) error {
	up := map[string]bool{}
	for _, a := range n.Addresses {
		up[a.Link] = true
	}
	for _, r := range n.Routes {
		up[r.Link] = true
	}
	for name := range up {
		link := s.links[name]
		if link == nil || link.Attrs().Flags&net.FlagUp != 0 {
			continue
		}
		if err := s.ns.Do(func(ns.NetNS) error { return setSysctls(n.PerLink, name) }); err != nil {
			return err
		}
		if err := s.LinkSetUp(link); err != nil {
			return fmt.Errorf("link %s up: %w", name, err)
		}
	}
	return nil
}

// routes makes the routes of the sandbox's protocol be as planned.
func (s *space) routes(n Namespace) error {
	all := &netlink.Route{Table: unix.RT_TABLE_UNSPEC, Protocol: protocol}
	have, err := dump(func() ([]netlink.Route, error) {
		return s.RouteListFiltered(netlink.FAMILY_V4, all, netlink.RT_FILTER_TABLE|netlink.RT_FILTER_PROTOCOL)
	})
	if err != nil {
		return fmt.Errorf("list routes: %w", err)
	}
	var want []netlink.Route
	for _, planned := range n.Routes {
		route, err := s.route(planned)
		if err != nil {
			return err
		}
		want = append(want, route)
	}
	key := func(r netlink.Route) string { return fmt.Sprint(r.Table, r.Dst, r.Type, r.Gw, r.LinkIndex, r.Src) }
	add := func(r netlink.Route) error { return s.RouteReplace(&r) }
	return reconcile(have, want, key, add, func(r netlink.Route) error {
		if err := s.RouteDel(&r); !errors.Is(err, unix.ESRCH) { // one that was replaced is gone
			return err
		}
		return nil
	})
}

func (s *space) route(r Route) (netlink.Route, error) {
	route := netlink.Route{
		Table:    int(cmp.Or(r.Table, unix.RT_TABLE_MAIN)),
		Dst:      ipNet(r.To),
		Protocol: protocol,
		Type:     unix.RTN_BLACKHOLE,
	}
	if r.Link == "" {
		return route, nil
	}
	link := s.links[r.Link]
	if link == nil {
		return route, fmt.Errorf("route to %s: no link %s", r.To, r.Link)
	}
	route.Type, route.LinkIndex, route.Scope = unix.RTN_UNICAST, link.Attrs().Index, netlink.SCOPE_LINK
	if r.Via.IsValid() {
		route.Gw, route.Scope, route.Flags = ip(r.Via), netlink.SCOPE_UNIVERSE, int(netlink.FLAG_ONLINK)
	}
	if r.From.IsValid() {
		route.Src = ip(r.From)
	}
	return route, nil
}

// rules makes the rules of the sandbox's protocol be as planned. In the machine's own namespace those are the guard's.
func (s *space) rules(n Namespace) error {
	if n.Shared {
		return nil
	}
	all, err := dump(func() ([]netlink.Rule, error) { return s.RuleList(netlink.FAMILY_V4) })
	if err != nil {
		return fmt.Errorf("list rules: %w", err)
	}
	var have, want []netlink.Rule
	for _, r := range all {
		if r.Protocol == protocol {
			have = append(have, r)
		}
	}
	for _, planned := range n.Rules {
		rule := netlink.NewRule()
		rule.Priority, rule.IifName, rule.Mark, rule.Table = planned.Priority, planned.Link, planned.Mark, int(planned.Table)
		rule.Protocol = protocol
		want = append(want, *rule)
	}
	key := func(r netlink.Rule) string { return fmt.Sprint(r.Priority, r.IifName, r.Mark, r.Table) }
	return reconcile(have, want, key,
		func(r netlink.Rule) error { return s.RuleAdd(&r) },
		func(r netlink.Rule) error { return s.RuleDel(&r) })
}
