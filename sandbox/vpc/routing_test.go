package vpc

import (
	"net/netip"
	"testing"

	"hello-kubernetes/sandbox/region"
)

var none netip.Addr

// The control plane has an Elastic IP. The internet sees and reaches it at that address alone.
func TestElasticIP(t *testing.T) {
	t.Parallel()
	l := newLab(t, cluster())
	l.serve(controlPlane, 80, 22)
	l.serve(internet, 443)

	l.sees(client, probe{internet, client, "tcp", elasticIP, 80})
	l.sees(admin, probe{internet, admin, "tcp", elasticIP, 22})
	l.blocked(probe{internet, client, "tcp", elasticIP, 22})
	l.sees(elasticIP, probe{controlPlane, none, "tcp", client, 443})

	// Not even a host of the internet that has a route there reaches a private address.
	l.run(internet, "", "ip", "route", "add", "10.0.0.0/16", "via", transitsOf(l.state)[theVPC].String(),
		"dev", linkName("vpc", theVPC), "onlink")
	l.blocked(probe{internet, client, "tcp", controlPlaneIP, 80})

	// Nor does a private address get out, even if the internet's own check does not stop it.
	l.serve(internet, 123)
	l.run(internet, "", "sysctl", "-qw", "net.ipv4.conf.vpc-00000000001.rp_filter=0")
	l.state.Addresses["eipalloc-1"].Instance = ""
	l.apply()
	l.blocked(probe{internet, client, "tcp", elasticIP, 80})
	if l.arrives(probe{controlPlane, controlPlaneIP, "udp", client, 123}, internet) {
		t.Error("a packet leaves the VPC with its private address")
	}
}

func TestElasticIPInsideTheVPC(t *testing.T) {
	t.Parallel()
	state := cluster()
	other := netip.MustParseAddr("203.0.113.11")
	state.Addresses["eipalloc-2"] = &region.Address{IP: other, Instance: worker1}
	state.Associations["rtbassoc-2"].RouteTable = publicTable
	allow(state, out(workerSG, "0.0.0.0/0", "tcp", 80, 80, "out"))
	l := newLab(t, state)
	l.serve(controlPlane, 80)
	l.sees(other, probe{worker1, none, "tcp", elasticIP, 80})
	l.blocked(probe{worker2, none, "tcp", elasticIP, 80})
}

// The workers' packets arrive at the control plane's host, which translates them and sends them again.
func TestNATInstance(t *testing.T) {
	t.Parallel()
	l := newLab(t, cluster())
	l.serve(internet, 443, 444)
	l.serve(worker1, 443)
	worker := probe{worker1, none, "tcp", client, 443}
	l.blocked(worker)
	l.run(controlPlane, masquerade, "sh", "-c", "sysctl -qw net.ipv4.ip_forward=1 && nft -f -")
	l.sees(elasticIP, worker)
	l.blocked(probe{worker1, none, "tcp", client, 444})

	l.state.Instances[controlPlane].SourceDestCheck = true
	l.apply()
	l.blocked(worker)
	l.state.Instances[controlPlane].SourceDestCheck = false
	for id, rule := range l.state.Rules { // the NAT instance needs an ingress rule for what it forwards
		if rule.Description == "nat-images" && !rule.Egress {
			delete(l.state.Rules, id)
		}
	}
	l.apply()
	l.blocked(worker)
	l.sees(elasticIP, probe{controlPlane, none, "tcp", client, 443})
}

// masquerade are the rules of a NAT instance, like those in the program's compute/scripts/nat.sh.
const masquerade = `table ip nat-instance {
	chain postrouting {
		type nat hook postrouting priority srcnat; policy accept;
		ip saddr 10.0.1.0/24 ip daddr != 10.0.0.0/16 masquerade
	}
}`

func TestNATGateway(t *testing.T) {
	t.Parallel()
	l := newLab(t, withNATGateway())
	l.serve(internet, 443)
	l.serve(worker1, 443)
	l.serve(controlPlane, 80)
	worker := probe{worker1, none, "tcp", client, 443}
	l.sees(natIP, worker)
	l.sees(elasticIP, probe{controlPlane, none, "tcp", client, 443})
	l.blocked(probe{internet, client, "tcp", natIP, 443}) // for connections to the internet only
	allow(l.state, out(workerSG, "203.0.113.0/24", "tcp", 80, 80, "out"))
	l.apply()
	l.sees(natIP, probe{worker1, none, "tcp", elasticIP, 80})

	// The gateway's own subnet needs a route to the internet gateway.
	delete(l.state.Associations, "rtbassoc-1")
	l.apply()
	l.blocked(worker)
}

// Packets for an address of the VPC that no instance has go nowhere, also if the internet has that address.
func TestUnusedAddress(t *testing.T) {
	t.Parallel()
	l := newLab(t, cluster())
	l.serve(internet, 443)
	l.run(internet, "", "ip", "address", "add", "10.0.5.5/32", "dev", "lo")
	l.blocked(probe{controlPlane, none, "tcp", netip.MustParseAddr("10.0.5.5"), 443})
	l.sees(elasticIP, probe{controlPlane, none, "tcp", client, 443})
}

// A subnet without a route table of its own has the VPC's main one. A more specific route goes before others.
func TestRouteTables(t *testing.T) {
	t.Parallel()
	state := cluster()
	delete(state.Associations, "rtbassoc-1")
	l := newLab(t, state)
	l.serve(internet, 443)
	toClient := probe{controlPlane, none, "tcp", client, 443}
	l.blocked(toClient)
	routes := map[netip.Prefix]*region.Route{single(client): {InternetGateway: theGateway}}
	l.state.RouteTables["rtb-main"].Routes = routes
	l.apply()
	l.sees(elasticIP, toClient)
	l.blocked(probe{controlPlane, none, "tcp", admin, 443})
	routes[anywhere] = &region.Route{InternetGateway: theGateway}
	routes[single(client)] = &region.Route{Interface: "eni-10.0.1.12"}
	l.apply()
	l.sees(elasticIP, probe{controlPlane, none, "tcp", admin, 443})
	l.blocked(toClient)
	l.state.InternetGateways[theGateway].VPC = ""
	l.apply()
	l.blocked(probe{controlPlane, none, "tcp", admin, 443})
	l.serve(controlPlane, 80)
	if l.arrives(probe{internet, client, "udp", elasticIP, 80}, controlPlane) {
		t.Error("a VPC without an internet gateway is reached from the internet")
	}
}

// The resolver answers at both its addresses, whatever the security groups say, but only to DNS.
func TestResolver(t *testing.T) {
	t.Parallel()
	l := newLab(t, cluster())
	l.serve(internet, 53, 54)
	router := transitsOf(l.state)[theVPC]
	vpcResolver := Resolver(l.state.VPCs[theVPC].CIDR)
	for _, network := range []string{"udp", "tcp"} {
		l.sees(router, probe{worker1, none, network, vpcResolver, 53})
		l.sees(router, probe{controlPlane, none, network, vpcResolver, 53})
		l.sees(router, probe{worker1, none, network, linkLocalResolver, 53})
	}
	l.blocked(probe{worker1, none, "udp", vpcResolver, 54})
	l.blocked(probe{worker1, none, "udp", ServiceAddress, 53})
	l.state.VPCs[theVPC].DNSSupport = false
	l.apply()
	l.blocked(probe{worker1, none, "udp", vpcResolver, 53})
}
