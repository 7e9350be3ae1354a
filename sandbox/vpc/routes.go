package vpc

import (
	"cmp"
	"errors"
	"fmt"
	"net"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// configure makes the inside of a namespace equal to the plan: addresses, links up, routes and rules.
func (s *space) configure(n Namespace) error {
	if err := s.addresses(n); err != nil {
		return err
	}
	up := map[string]bool{}
	for _, a := range n.Addresses {
		up[a.Link] = true
	}
	for _, r := range n.Routes {
		up[r.Link] = r.Link != ""
	}
	for name := range up {
		link := s.links[name]
		if link == nil || link.Attrs().Flags&net.FlagUp != 0 {
			continue
		}
		err := inNamespace(s.ns, func() error { return setSysctls(n.PerLink, name) })
		if err != nil {
			return err
		}
		if err := s.LinkSetUp(link); err != nil {
			return fmt.Errorf("link %s up: %w", name, err)
		}
	}
	return errors.Join(s.routes(n), s.rules(n))
}

// routes makes the routes that bear our protocol equal to the plan's.
func (s *space) routes(n Namespace) error {
	all := &netlink.Route{Table: unix.RT_TABLE_UNSPEC, Protocol: protocol}
	routes, err := dump(func() ([]netlink.Route, error) {
		return s.RouteListFiltered(netlink.FAMILY_V4, all, netlink.RT_FILTER_TABLE|netlink.RT_FILTER_PROTOCOL)
	})
	if err != nil {
		return fmt.Errorf("list routes: %w", err)
	}
	have := map[string]netlink.Route{}
	for _, r := range routes {
		have[routeKey(r)] = r
	}
	for _, planned := range n.Routes {
		want, err := s.route(planned)
		if err != nil {
			return err
		}
		if key := routeKey(want); have[key].Dst != nil {
			delete(have, key)
		} else if err := s.RouteReplace(&want); err != nil {
			return fmt.Errorf("route to %s through %s: %w", planned.To, cmp.Or(planned.Link, "nothing"), err)
		}
	}
	for _, r := range have {
		// One that was replaced is no longer there.
		if err := s.RouteDel(&r); err != nil && !errors.Is(err, unix.ESRCH) {
			return fmt.Errorf("remove route %s: %w", r, err)
		}
	}
	return nil
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

// routeKey is equal for routes that do the same.
func routeKey(r netlink.Route) string {
	return fmt.Sprintf("%d %s %d %s %d %s", r.Table, r.Dst, r.Type, r.Gw, r.LinkIndex, r.Src)
}

// rules makes the policy rules that bear our protocol equal to the plan's. A shared namespace has none of them: the
// machine's own are the guard's.
func (s *space) rules(n Namespace) error {
	if n.Shared {
		return nil
	}
	rules, err := dump(func() ([]netlink.Rule, error) { return s.RuleList(netlink.FAMILY_V4) })
	if err != nil {
		return fmt.Errorf("list rules: %w", err)
	}
	have := map[Rule]netlink.Rule{}
	for _, r := range rules {
		if r.Protocol == protocol {
			have[Rule{r.Priority, r.IifName, r.Mark, uint32(r.Table)}] = r
		}
	}
	for _, want := range n.Rules {
		if _, ok := have[want]; ok {
			delete(have, want)
			continue
		}
		rule := netlink.NewRule()
		rule.Priority, rule.IifName, rule.Mark, rule.Table = want.Priority, want.Link, want.Mark, int(want.Table)
		rule.Protocol = protocol
		if err := s.RuleAdd(rule); err != nil {
			return fmt.Errorf("rule for table %d: %w", want.Table, err)
		}
	}
	for _, r := range have {
		if err := s.RuleDel(&r); err != nil {
			return fmt.Errorf("remove rule %s: %w", r, err)
		}
	}
	return nil
}
