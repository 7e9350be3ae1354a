package vpc

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"

	"github.com/containernetworking/plugins/pkg/ns"
	"github.com/vishvananda/netlink"

	"hello-kubernetes/sandbox/region"
)

// machineLab is a lab that is connected with a machine: a namespace that forwards and has a link to the outside.
type machineLab struct{ *lab }

const uplinkAddress = "192.0.2.9"

// onMachine calls f on a thread in the machine's namespace.
func onMachine(t *testing.T, state *region.State, f func(m machineLab) error) {
	t.Helper()
	needRoot(t)
	// Short: the link's name has it too. One test at a time uses it.
	m := machineLab{&lab{T: t, state: state, prefix: fmt.Sprintf("h%05x-", os.Getpid()&0xfffff)}}
	m.Cleanup(m.remove)
	machine, err := ns.TempNetNS()
	if err != nil {
		t.Fatal(err)
	}
	defer machine.Close()
	err = machine.Do(func(ns.NetNS) error {
		link := &netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: "uplink"}, PeerName: "nowhere"}
		address, _ := netlink.ParseAddr(uplinkAddress + "/24")
		err := errors.Join(netlink.LinkAdd(link), netlink.AddrAdd(link, address), netlink.LinkSetUp(link),
			netlink.RouteAdd(&netlink.Route{LinkIndex: link.Index, Gw: net.IPv4(192, 0, 2, 1)}),
			setSysctls([]Sysctl{{"ipv4/ip_forward", "1"}}, ""))
		if err != nil {
			return err
		}
		return f(m)
	})
	if err != nil {
		t.Error(err)
	}
}

// leads returns the link through which the machine sends to an address, or the text of the error.
func leads(to string) string {
	routes, err := netlink.RouteGet(net.ParseIP(to))
	if err != nil {
		return err.Error()
	}
	link, err := netlink.LinkByIndex(routes[0].LinkIndex)
	if err != nil {
		return err.Error()
	}
	return link.Attrs().Name
}

const blackHoled = "invalid argument" // what the kernel says

func TestMachine(t *testing.T) {
	t.Parallel()
	onMachine(t, cluster(), func(m machineLab) error {
		for range 2 {
			if err := Apply(m.Context(), plan(m.state, m.prefix, true)); err != nil {
				return err
			}
		}
		link := m.prefix + internet
		for to, want := range map[string]string{
			"203.0.113.10": link, "203.0.113.99": blackHoled, "198.51.100.53": link, "10.0.0.10": blackHoled,
			"10.1.0.10": "uplink", "1.1.1.1": "uplink",
		} {
			if got := leads(to); got != want {
				m.Errorf("region up: %s leads to %s, want %s", to, got, want)
			}
		}
		m.serve(controlPlane, 80)
		ctx, cancel := context.WithTimeout(m.Context(), patience)
		defer cancel()
		if got, err := (probe{"", none, "tcp", elasticIP, 80}).exchange(ctx); got != HostAddress.String() {
			m.Errorf("the control plane sees the machine as %q (%v)", got, err)
		}
		// What the machine forwards for others does not get into the sandbox.
		ctx, cancel = context.WithTimeout(m.Context(), silence)
		defer cancel()
		_, _ = (probe{"", netip.MustParseAddr(uplinkAddress), "udp", elasticIP, 80}).exchange(ctx)
		if _, ok := m.heard.Load(controlPlane + " " + uplinkAddress); ok {
			m.Error("a packet with an address from outside the sandbox comes to an instance")
		}
		// Nothing in the sandbox reaches the machine, at its address in the sandbox or at another.
		if err := m.answer("machine", 443); err != nil {
			return err
		}
		for _, to := range []string{HostAddress.String(), uplinkAddress} {
			m.blocked(probe{controlPlane, none, "tcp", netip.MustParseAddr(to), 443})
			m.blocked(probe{internet, client, "tcp", netip.MustParseAddr(to), 443})
		}
		if got, err := os.ReadFile("/proc/thread-self/net/route"); err != nil || !strings.Contains(string(got), link) {
			m.Errorf("the machine's routes are %s (%v)", got, err)
		}
		if got, _ := os.ReadFile("/proc/sys/net/ipv4/conf/" + link + "/forwarding"); string(got) != "0\n" {
			m.Errorf("the machine forwards what comes from the sandbox: %s", got)
		}
		return m.goDown()
	})
}

// goDown removes the region. The guard stays, and lets through what a VPN has a longer route for.
func (m machineLab) goDown() error {
	if err := remove(m.Context(), m.prefix); err != nil {
		return err
	}
	uplink, err := netlink.LinkByName("uplink")
	if err != nil {
		return err
	}
	for _, r := range []string{"10.0.7.0/24", "0.0.0.0/1"} { // a VPN's: one of its own, and half of the default route
		route := &netlink.Route{LinkIndex: uplink.Attrs().Index, Dst: ipNet(netip.MustParsePrefix(r))}
		if err := netlink.RouteAdd(route); err != nil {
			return err
		}
	}
	for to, want := range map[string]string{
		"203.0.113.10": blackHoled, "198.51.100.1": blackHoled, "10.0.0.10": blackHoled, "10.0.7.1": "uplink",
	} {
		if got := leads(to); got != want {
			m.Errorf("region down: %s leads to %s, want %s", to, got, want)
		}
	}
	return remove(m.Context(), m.prefix) // nothing is there
}

// A VPC with an address of the machine is refused before anything is changed. One whose range is guarded already is
// accepted.
func TestMachineConflict(t *testing.T) {
	// Not parallel: it shares its prefix with TestMachine.
	state := cluster()
	state.VPCs[theVPC].CIDR = netip.MustParsePrefix("192.0.2.0/24")
	onMachine(t, state, func(m machineLab) error {
		err := Apply(m.Context(), plan(m.state, m.prefix, true))
		want := "VPC 192.0.2.0/24 contains 192.0.2.9, an address of this machine: choose another vpcCidr"
		if err == nil || err.Error() != want {
			m.Errorf("the error is %v, want %s", err, want)
		}
		if namespace, err := openNamespace(m.prefix + internet); namespace != nil || err != nil {
			m.Errorf("the namespace of the internet: %v, %v", namespace, err)
		}
		if err := guard(state.VPCs[theVPC].CIDR); err != nil {
			return err
		}
		return Guard(state.VPCs[theVPC].CIDR)
	})
}
