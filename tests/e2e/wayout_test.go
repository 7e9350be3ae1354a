package e2e

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/inetaf/tcpproxy"

	"hello-kubernetes/sandbox/region"
	"hello-kubernetes/sandbox/vpc"
)

// changeNAT changes how the private subnet reaches the internet, in place, and back again. Without any NAT a worker
// still joins, with what a mirror in the VPC has.
func changeNAT(t *testing.T, p *project) {
	throughEdge := func(f flow) bool {
		return f.To == "edge" && slices.Contains([]string{"control-plane", "worker"}, f.From) && leadsOut(f) ||
			f == flow{"edge", "internet", port("tcp", 443)}
	}
	directly := func(f flow) bool { return f.To == "internet" && f.From != "edge" }
	before := p.flows(t)

	p.set(t, "nat", "gateway")
	for _, change := range p.up(t) {
		if change.replaces() {
			t.Errorf("a NAT gateway replaces something: %v", change)
		}
	}
	m := newMatrix(t, p)
	m.flows = slices.DeleteFunc(slices.Clone(before), throughEdge)
	m.isClean(t)
	edge := strings.TrimPrefix(p.url(t), "http://")
	if seen := seenFrom(t, p, "worker-0"); seen == edge || !strings.HasPrefix(seen, "203.0.113.") {
		t.Errorf("the internet sees worker-0 as %q, want the NAT gateway's Elastic IP and not %s", seen, edge)
	}

	mirror := netip.MustParseAddr("10.0.0.20")
	startMirror(t, p, mirror)
	p.set(t, "nat", "none")
	p.set(t, "mirror", mirror.String())
	p.set(t, "workers.count", "3")
	p.up(t)
	nodesAreReady(t, p, 4)
	m = newMatrix(t, p)
	m.flows = slices.DeleteFunc(slices.Clone(before), func(f flow) bool { return throughEdge(f) || directly(f) })
	m.isClean(t)

	p.set(t, "nat", "instance")
	p.run(t, time.Minute, "pulumi", "config", "rm", "mirror")
	leave(t, p)
	newMatrix(t, p).isClean(t)
}

// leadsOut tells whether a flow is what a host needs of the internet.
func leadsOut(f flow) bool {
	return slices.Contains([]ports{port("tcp", 80), port("tcp", 443), port("udp", 123)}, f.ports)
}

// startMirror puts an instance into the public subnet that answers in the place of the servers of packages and images,
// until the test ends. It is a namespace of the region's, with a relay to those servers.
func startMirror(t *testing.T, p *project, address netip.Addr) {
	t.Helper()
	const id, group, elastic = "i-0000000000mirror", "sg-0000000000mirror", "eipalloc-0000mirror"
	_, front := instanceOf(t, p.edge(t))
	changeRegion(t, func(state *region.State) {
		network := state.Subnets[front.Subnet].VPC
		state.SecurityGroups[group] = &region.SecurityGroup{VPC: network, Name: "mirror"}
		state.Rules[group+"-in"] = &region.Rule{
			Group:    group,
			Protocol: "tcp",
			FromPort: 80,
			ToPort:   443,
			CIDR:     state.VPCs[network].CIDR,
		}
		state.Rules[group+"-out"] = &region.Rule{
			Group:    group,
			Egress:   true,
			Protocol: "-1",
			FromPort: -1,
			ToPort:   -1,
			CIDR:     netip.MustParsePrefix("0.0.0.0/0"),
		}
		state.Instances[id] = &region.Instance{
			Subnet:          front.Subnet,
			IP:              address,
			Interface:       "eni-mirror",
			Groups:          []string{group},
			SourceDestCheck: true,
		}
		state.Addresses[elastic] = &region.Address{
			IP:          netip.MustParseAddr("203.0.113.200"),
			Instance:    id,
			Association: "eipassoc-mirror",
		}
	})
	namespace := vpc.InstanceNamespace(id)
	var relay tcpproxy.Proxy
	relay.ListenFunc = func(network, address string) (listener net.Listener, err error) {
		err = vpc.In(namespace, func() error {
			listener, err = net.Listen(network, address)
			return err
		})
		return listener, err
	}
	for _, port := range []string{"80", "443"} {
		relay.AddRoute(net.JoinHostPort(address.String(), port), &tcpproxy.DialProxy{
			Addr: net.JoinHostPort(vpc.ServiceAddress.String(), port),
			DialContext: func(ctx context.Context, network, address string) (conn net.Conn, err error) {
				err = vpc.In(namespace, func() error {
					conn, err = new(net.Dialer).DialContext(ctx, network, address)
					return err
				})
				return conn, err
			},
		})
	}
	if err := relay.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		relay.Close()
		changeRegion(t, func(state *region.State) {
			delete(state.SecurityGroups, group)
			delete(state.Rules, group+"-in")
			delete(state.Rules, group+"-out")
			delete(state.Instances, id)
			delete(state.Addresses, elastic)
		})
	})
}
