// Package region is the sandbox's record of what exists: the VPCs, instances and the rest of one region, in a locked
// file. Packages vpc and hosts make it real.
package region

import (
	"crypto/sha256"
	"net"
	"net/netip"
	"strings"
)

// Account owns everything.
const Account = "000000000000"

// State is the whole region, each kind by ID. IDs look like AWS's: vpc-0123456789abcdef0.
type State struct {
	VPCs             map[string]*VPC             `json:"vpcs"`
	Subnets          map[string]*Subnet          `json:"subnets"`
	InternetGateways map[string]*InternetGateway `json:"internetGateways"`
	NATGateways      map[string]*NATGateway      `json:"natGateways"`
	RouteTables      map[string]*RouteTable      `json:"routeTables"`
	Associations     map[string]*Association     `json:"associations"`
	SecurityGroups   map[string]*SecurityGroup   `json:"securityGroups"`
	Rules            map[string]*Rule            `json:"rules"`
	KeyPairs         map[string]*KeyPair         `json:"keyPairs"` // by name
	Addresses        map[string]*Address         `json:"addresses"`
	Instances        map[string]*Instance        `json:"instances"`
}

// Tags are an object's tags.
type Tags map[string]string

// VPC is a network of its own.
type VPC struct {
	CIDR         netip.Prefix `json:"cidr"`
	DNSSupport   bool         `json:"dnsSupport"` // the resolver, at the VPC's third address, answers
	DNSHostnames bool         `json:"dnsHostnames"`
	Tags         Tags         `json:"tags,omitempty"`
}

// Subnet is a part of a VPC in one availability zone.
type Subnet struct {
	VPC  string       `json:"vpc"`
	CIDR netip.Prefix `json:"cidr"`
	Zone string       `json:"zone"`
	Tags Tags         `json:"tags,omitempty"`
}

// InternetGateway joins a VPC to the internet, for hosts with an Elastic IP.
type InternetGateway struct {
	VPC  string `json:"vpc"` // empty while detached
	Tags Tags   `json:"tags,omitempty"`
}

// NATGateway translates what is routed to it to its own Elastic IP.
type NATGateway struct {
	Subnet    string     `json:"subnet"`
	Address   string     `json:"address"`   // allocation ID of its Elastic IP
	PrivateIP netip.Addr `json:"privateIp"` // in its subnet
	Interface string     `json:"interface"`
	Tags      Tags       `json:"tags,omitempty"`
}

// RouteTable holds routes beside the VPC's own, by destination. Exactly one target of a route is set.
type RouteTable struct {
	VPC    string                  `json:"vpc"`
	Main   bool                    `json:"main"` // serves the subnets without an association
	Routes map[netip.Prefix]*Route `json:"routes,omitempty"`
	Tags   Tags                    `json:"tags,omitempty"`
}

// Route is the target of a route.
type Route struct {
	InternetGateway string `json:"internetGateway,omitempty"`
	NATGateway      string `json:"natGateway,omitempty"`
	Interface       string `json:"interface,omitempty"` // of an instance that forwards
}

// Association gives a subnet a route table.
type Association struct {
	RouteTable string `json:"routeTable"`
	Subnet     string `json:"subnet"`
}

// SecurityGroup is a group of instances with common rules.
type SecurityGroup struct {
	VPC         string `json:"vpc"`
	Name        string `json:"name"`
	Description string `json:"description"`
	Tags        Tags   `json:"tags,omitempty"`
}

// Rule allows traffic into, or out of, the instances of a group. Exactly one of CIDR and Peer is set.
type Rule struct {
	Group       string       `json:"group"`
	Egress      bool         `json:"egress"`
	Protocol    string       `json:"protocol"` // tcp, udp, icmp, or -1 for all
	FromPort    int          `json:"fromPort"` // or ICMP type; -1 for all
	ToPort      int          `json:"toPort"`   // or ICMP code; -1 for all
	CIDR        netip.Prefix `json:"cidr"`     // IPv4 or IPv6
	Peer        string       `json:"peer"`     // a security group
	Description string       `json:"description"`
	Tags        Tags         `json:"tags,omitempty"`
}

// KeyPair is a public key that new instances accept.
type KeyPair struct {
	ID          string `json:"id"`
	Prefix      string `json:"prefix,omitempty"` // of its name, where the rest was made up
	PublicKey   string `json:"publicKey"`        // a line of authorized_keys
	Fingerprint string `json:"fingerprint"`
	Type        string `json:"type"`
	Tags        Tags   `json:"tags,omitempty"`
}

// Address is an Elastic IP.
type Address struct {
	IP          netip.Addr `json:"ip"`
	Association string     `json:"association,omitempty"` // ID of its association with an instance
	Instance    string     `json:"instance,omitempty"`
	Tags        Tags       `json:"tags,omitempty"`
}

// Instance is a machine with one network interface.
type Instance struct {
	Type             string     `json:"type"`
	Image            string     `json:"image"` // AMI ID
	Key              string     `json:"key"`   // name of a key pair
	Subnet           string     `json:"subnet"`
	IP               netip.Addr `json:"ip"`
	Interface        string     `json:"interface"` // ID of its network interface
	Groups           []string   `json:"groups"`    // security groups
	SourceDestCheck  bool       `json:"sourceDestCheck"`
	UserData         string     `json:"userData,omitempty"`
	UserDataReplaces bool       `json:"userDataReplaces,omitempty"` // a change of it replaces the instance
	Metadata         Metadata   `json:"metadata"`
	Root             Volume     `json:"root"`
	Tags             Tags       `json:"tags,omitempty"`
}

// Hostname is the instance's name in its region's domain.
func (i *Instance) Hostname() string { return "ip-" + strings.ReplaceAll(i.IP.String(), ".", "-") }

// MAC returns the hardware address of an instance's interface.
func MAC(instanceID string) net.HardwareAddr {
	sum := sha256.Sum256([]byte(instanceID))
	return append(net.HardwareAddr{0x02}, sum[:5]...) // locally administered
}

// Metadata is how an instance reaches its metadata service.
type Metadata struct {
	HTTPEndpoint            string `json:"httpEndpoint"`            // enabled or disabled
	HTTPTokens              string `json:"httpTokens"`              // optional or required
	HTTPPutResponseHopLimit int    `json:"httpPutResponseHopLimit"` // 1 to 64
}

// Volume is an instance's disk. It is recorded only: all machines share the disk of this one.
type Volume struct {
	VolumeType string `json:"volumeType"`
	VolumeSize int    `json:"volumeSize"` // GiB
	Encrypted  bool   `json:"encrypted"`
	Tags       Tags   `json:"tags,omitempty"`
}
