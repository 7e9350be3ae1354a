package network

import (
	"fmt"

	"hello-kubernetes/internal/layout"
)

// Ends of a flow that are not roles. With NATNone, nodes use the mirror instead of the internet.
const (
	internet = "internet"
	admins   = "admins"
	mirror   = "mirror"
)

// A Flow is traffic that may pass. All else is dropped, in both directions; answers pass with the connection they
// belong to.
type Flow struct {
	From      string `json:"from" pulumi:"from"`           // a role, internet, admins or mirror
	To        string `json:"to" pulumi:"to"`               // likewise
	Protocol  string `json:"protocol" pulumi:"protocol"`   // tcp, udp or icmp
	FirstPort int    `json:"firstPort" pulumi:"firstPort"` // for icmp: the type
	LastPort  int    `json:"lastPort" pulumi:"lastPort"`   // for icmp: the code
	Name      string `json:"name" pulumi:"name"`           // short, part of the rules' names
	Reason    string `json:"reason" pulumi:"reason"`       // for people, part of the rules' descriptions
}

const (
	edge         = string(layout.Edge)
	controlPlane = string(layout.ControlPlane)
	worker       = string(layout.Worker)
)

// flows is all that the stack needs. The ports are those of kubeadm and flannel:
// https://kubernetes.io/docs/reference/networking/ports-and-protocols/
// https://github.com/flannel-io/flannel/blob/master/Documentation/backends.md#vxlan
func flows(nat layout.NAT, nodePorts []int) []Flow {
	all := []Flow{
		{internet, edge, "tcp", 80, 80, "http", "requests to nginx"},
		{admins, edge, "tcp", 22, 22, "ssh", "logins"},
		{admins, edge, "tcp", 6443, 6443, "api", "kubectl"},
		{edge, controlPlane, "tcp", 22, 22, "ssh", "logins through the edge"},
		{edge, controlPlane, "tcp", 6443, 6443, "api", "kubectl through the edge"},
		{edge, worker, "tcp", 22, 22, "ssh", "logins through the edge"},
		{worker, controlPlane, "tcp", 6443, 6443, "api", "kubelets and pods"},
		{controlPlane, worker, "tcp", 10250, 10250, "kubelet", "logs and shells of pods"},
		{controlPlane, worker, "udp", 8472, 8472, "vxlan", "traffic of pods"},
		{worker, controlPlane, "udp", 8472, 8472, "vxlan", "traffic of pods"},
		{worker, worker, "udp", 8472, 8472, "vxlan", "traffic of pods"},
	}
	for _, port := range nodePorts {
		// The name has the port: a rule of another name is made before the old one goes, and not changed in place.
		name := fmt.Sprintf("nodeport-%d", port)
		all = append(all, Flow{edge, worker, "tcp", port, port, name, "requests from nginx to an app"})
	}
	for _, ends := range [][2]string{
		{internet, edge},
		{edge, controlPlane},
		{controlPlane, edge},
		{edge, worker},
		{worker, edge},
		{controlPlane, worker},
		{worker, controlPlane},
		{worker, worker},
	} {
		all = append(all, pathMTU(ends[0], ends[1]))
	}
	for _, node := range []string{controlPlane, worker} {
		if nat == layout.NATNone { // a mirror serves no NTP
			all = append(all, packages(node, mirror, ""), images(node, mirror, ""))
			continue
		}
		all = append(all, packages(node, internet, ""), images(node, internet, ""), clock(node, internet, ""))
		if nat == layout.NATInstance { // packets that the edge forwards are filtered when they enter the edge, too
			const how = " through the NAT"
			all = append(all, packages(node, edge, how), images(node, edge, how), clock(node, edge, how))
		}
	}
	all = append(all, packages(edge, internet, ""), clock(edge, internet, ""))
	if nat == layout.NATInstance {
		all = append(all, images(edge, internet, " through the NAT"))
	}
	return all
}

func packages(from, to, how string) Flow {
	return Flow{from, to, "tcp", 80, 80, "packages", "Debian packages" + how}
}

func images(from, to, how string) Flow {
	return Flow{from, to, "tcp", 443, 443, "images", "container images and Kubernetes packages" + how}
}

func clock(from, to, how string) Flow {
	return Flow{from, to, "udp", 123, 123, "time", "clock" + how}
}

// pathMTU is path MTU discovery, RFC 1191: the ICMP message "fragmentation needed".
func pathMTU(from, to string) Flow {
	const unreachable, fragmentationNeeded = 3, 4
	return Flow{from, to, "icmp", unreachable, fragmentationNeeded, "path-mtu", "path MTU discovery"}
}
