package e2e

import (
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"hello-kubernetes/sandbox/vpc"
)

// seenAs asks the internet which address hosts come from: it is the Elastic IP of the one that it reaches.
func seenAs(t *testing.T, p *project) {
	elastic := strings.TrimPrefix(p.url(t), "http://")
	for _, host := range p.hosts(t) {
		if seen := seenFrom(t, p, host.Name); seen != elastic {
			t.Errorf("the internet sees %s as %q, want %s", host.Name, seen, elastic)
		}
	}
}

// seenFrom returns the address that the internet sees a host as.
func seenFrom(t *testing.T, p *project, host string) string {
	t.Helper()
	return strings.TrimSpace(
		p.run(t, time.Minute, "ssh", host, "curl -sS --max-time 20 --retry 2 http://"+vpc.ServiceAddress.String()+"/"),
	)
}

// tap listens on the interface of this machine's default route.
type tap struct {
	socket int
	mu     sync.Mutex
	astray map[string]int
}

// startTap counts the packets that leave for a range of the sandbox's. The machine's own package servers may have such
// addresses: they are those that the guard lets through.
func startTap(t *testing.T) *tap {
	t.Helper()
	routes, err := netlink.RouteListFiltered(
		netlink.FAMILY_V4,
		&netlink.Route{Table: unix.RT_TABLE_MAIN},
		netlink.RT_FILTER_TABLE,
	)
	if err != nil {
		t.Fatal(err)
	}
	out := 0
	for _, route := range routes {
		if route.Dst == nil || route.Dst.IP.IsUnspecified() {
			out = route.LinkIndex
		}
	}
	const allPackets = 0x0300 // ETH_P_ALL, in the network's byte order
	socket, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, allPackets)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Bind(socket, &unix.SockaddrLinklayer{Protocol: allPackets, Ifindex: out}); err != nil {
		t.Fatal(err)
	}
	tap := &tap{socket: socket, astray: map[string]int{}}
	go tap.listen()
	t.Cleanup(func() { unix.Close(socket) })
	return tap
}

func (p *tap) listen() {
	ranges := []netip.Prefix{vpc.InternetRange, vpc.ElasticRange, netip.MustParsePrefix("10.0.0.0/16")}
	packet := make([]byte, 64)
	for {
		n, from, err := unix.Recvfrom(p.socket, packet, 0)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return
		}
		link, ok := from.(*unix.SockaddrLinklayer)
		if !ok || link.Pkttype != unix.PACKET_OUTGOING || n < 20 || packet[0]>>4 != 4 {
			continue
		}
		to := netip.AddrFrom4([4]byte(packet[16:20]))
		for _, r := range ranges {
			if r.Contains(to) {
				p.mu.Lock()
				p.astray[to.String()]++
				p.mu.Unlock()
			}
		}
	}
}

func (p *tap) check(t *testing.T) {
	t.Helper()
	rules, err := netlink.RuleList(netlink.FAMILY_V4)
	if err != nil {
		t.Fatal(err)
	}
	servers := map[string]bool{}
	for _, rule := range rules {
		if rule.Priority == vpc.ExemptPriority && rule.Dst != nil {
			servers[rule.Dst.IP.String()] = true
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for to, count := range p.astray {
		if !servers[to] {
			t.Error(fmt.Errorf("%d packets to %s left this machine", count, to))
		}
	}
}
