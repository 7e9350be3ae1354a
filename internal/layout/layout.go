// Package layout names what hosts are for and how a subnet reaches the internet. Configuration and components share it.
package layout

// Role is what a host is for. A host has one role or several; each role has a security group.
type Role string

const (
	// Edge is the one host that the internet reaches: it has the Elastic IP, runs nginx, is the SSH bastion and, with
	// NATInstance, the NAT.
	Edge Role = "edge"
	// ControlPlane runs the Kubernetes API server, etcd and the controllers.
	ControlPlane Role = "control-plane"
	// Worker runs the pods of apps.
	Worker Role = "worker"
)

// Roles are all roles.
var Roles = []Role{Edge, ControlPlane, Worker}

// NAT is how the private subnet reaches the internet.
type NAT string

const (
	// NATInstance routes the private subnet's traffic through the edge, which masquerades.
	NATInstance NAT = "instance"
	// NATGateway routes it through a NAT gateway.
	NATGateway NAT = "gateway"
	// NATNone has no route: the subnet reaches no more than a mirror in the VPC.
	NATNone NAT = "none"
)
