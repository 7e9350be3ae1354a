package vpc

import (
	"context"
	"fmt"
	"os"
	"testing"
)

// A second Apply replaces nothing. A link that was replaced would have another index.
func TestApplyAgain(t *testing.T) {
	t.Parallel()
	l := newLab(t, withNATGateway())
	before := l.config() + l.inspect("ip -o link | cut -d: -f1,2")
	l.apply()
	if after := l.config() + l.inspect("ip -o link | cut -d: -f1,2"); after != before {
		t.Errorf("a second Apply of the same plan changed the network from\n%s\nto\n%s", before, after)
	}
}

// A network that was changed step by step equals one that is built at once.
func TestApplyChanges(t *testing.T) {
	t.Parallel()
	l := newLab(t, withNATGateway())
	delete(l.state.Instances, worker2)
	l.state.NATGateways = nil
	l.state.VPCs[theVPC].DNSSupport = false
	l.state.RouteTables[privateTable].Routes = nil
	l.state.Associations["rtbassoc-2"].RouteTable = publicTable
	l.apply()
	changed, fresh := l.config(), newLab(t, l.state).config()
	if changed != fresh {
		t.Errorf("after a change:\n%s\nmade at once:\n%s", changed, fresh)
	}
	if namespace, err := openNamespace(l.prefix + worker2); namespace != nil || err != nil {
		t.Errorf("the namespace of a removed instance: %v, %v", namespace, err)
	}
}

// Apply repairs what a crash can leave: a name without a namespace, links without addresses, a router without rules, or
// no router.
func TestApplyAfterCrash(t *testing.T) {
	t.Parallel()
	l := newLab(t, cluster())
	want := l.config()
	l.serve(controlPlane, 6443)
	l.run(theVPC, "", "ip", "link", "set", linkName("i", worker1), "down")
	l.run(theVPC, "", "ip", "link", "delete", linkName("i", controlPlane))
	l.run(theVPC, "", "ip", "rule", "delete", "priority", "100")
	l.run(worker1, "", "ip", "address", "flush", "dev", "eth0")
	l.run(theVPC, "", "nft", "flush", "ruleset")
	l.run(theVPC, "", "ip", "link", "set", "lo", "alias", "ruleset unknown")
	if err := removeNamespace(l.prefix + worker2); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(Path(l.prefix+worker2), nil, 0o444); err != nil {
		t.Fatal(err)
	}
	l.apply()
	if got := l.config(); got != want {
		t.Errorf("after a repair:\n%s\nwant:\n%s", got, want)
	}
	l.sees(worker1IP, probe{worker1, none, "tcp", controlPlaneIP, 6443})
	if err := removeNamespace(l.prefix + theVPC); err != nil {
		t.Fatal(err)
	}
	l.apply()
	l.sees(worker1IP, probe{worker1, none, "tcp", controlPlaneIP, 6443})
}

// Apply does not touch the links, addresses, routes, rules and settings that an instance has made for itself.
func TestApplyLeavesInstanceAlone(t *testing.T) {
	t.Parallel()
	l := newLab(t, cluster())
	if got := l.run(worker1, "", "sysctl", "-n", "net.ipv4.ip_forward"); got != "0\n" {
		t.Errorf("a new instance has ip_forward = %s", got)
	}
	l.run(worker1, masquerade, "sh", "-ec", `
		sysctl -qw net.ipv4.ip_forward=1
		ip link add cni0 type bridge && ip address add 10.244.1.1/24 dev cni0 && ip link set cni0 up
		ip link add pod type veth peer name pod-peer
		ip address add 10.0.1.77/32 dev eth0
		ip route add 10.244.2.0/24 via 10.0.1.12
		ip rule add fwmark 7 lookup 77
		nft -f -`)
	look := "ip -o link | cut -d: -f1,2; ip -4 address; ip -4 route show table all; ip rule; nft list ruleset; " +
		"sysctl net.ipv4.ip_forward"
	before := l.run(worker1, "", "sh", "-ec", look)
	delete(l.state.Instances, worker2)
	l.apply()
	if after := l.run(worker1, "", "sh", "-ec", look); after != before {
		t.Errorf("Apply changed an instance from\n%s\nto\n%s", before, after)
	}
}

func BenchmarkApply(b *testing.B) {
	if os.Geteuid() != 0 {
		b.Skip("network namespaces need root")
	}
	state := cluster()
	prefix := fmt.Sprintf("hkt%d.b-", os.Getpid())
	b.Cleanup(func() {
		if err := removeNamespaces(context.Background(), prefix, nil); err != nil {
			b.Error(err)
		}
	})
	apply := func(b *testing.B) {
		if err := Apply(b.Context(), plan(state, prefix, false)); err != nil {
			b.Fatal(err)
		}
	}
	apply(b)
	b.Run("unchanged", func(b *testing.B) {
		for b.Loop() {
			apply(b)
		}
	})
	b.Run("instance-added-and-removed", func(b *testing.B) {
		worker := state.Instances[worker2]
		for b.Loop() {
			delete(state.Instances, worker2)
			apply(b)
			state.Instances[worker2] = worker
			apply(b)
		}
	})
}
