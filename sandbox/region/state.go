// Package region is the sandbox's record of what exists in its region: VPCs, instances and the rest, in one locked
// file. Packages vpc and instances build what it describes.
package region

import (
	"crypto/sha256"
	"net"
	"net/netip"
	"strings"
)

// Account is the ID of the AWS account that owns everything in the region.
const Account = "000000000000"

// State is the whole region, each kind of object by ID. IDs look like those of AWS: vpc-0123456789abcdef0.
type State struct {
	VPCs             map[string]*VPC             `json:"vpcs"`
	Subnets          map[string]*Subnet          `json:"subnets"`
	InternetGateways map[string]*InternetGateway `json:"internetGateways"`
	NATGateways      map[string]*NATGateway      `json:"natGateways"`
	RouteTables      map[string]*RouteTable      `json:"routeTables"`
	Associations     map[string]*Association     `json:"associations"` // of route tables
	SecurityGroups   map[string]*SecurityGroup   `json:"securityGroups"`
	Rules            map[string]*Rule            `json:"rules"`    // of security groups
	KeyPairs         map[string]*KeyPair         `json:"keyPairs"` // by name
	Addresses        map[string]*Address         `json:"addresses"`
	Instances        map[string]*Instance        `json:"instances"`
}

// Tags are an object's tags by name.
type Tags map[string]string

// Tagged is part of every object that can have tags.
type Tagged struct {
	Tags Tags `json:"tags,omitempty"`
}

// TagSet returns the object's tags, to be read or replaced.
func (t *Tagged) TagSet() *Tags { return &t.Tags }

// VPC is a virtual private cloud: a network that is separate from all others.
type VPC struct {
	CIDR         netip.Prefix `json:"cidr"`
	DNSSupport   bool         `json:"dnsSupport"` // a DNS resolver answers at the VPC's third address
	DNSHostnames bool         `json:"dnsHostnames"`
	Tagged
}

// Subnet is a part of a VPC's range, in one availability zone.
type Subnet struct {
	VPC  string       `json:"vpc"`
	CIDR netip.Prefix `json:"cidr"`
	Zone string       `json:"zone"`
	Tagged
}

// InternetGateway connects a VPC with the internet. It serves instances that have an Elastic IP.
type InternetGateway struct {
	VPC string `json:"vpc"` // empty while it is detached
	Tagged
}

// NATGateway lets instances without an Elastic IP reach the internet: it replaces their addresses by its own.
type NATGateway struct {
	Subnet    string     `json:"subnet"`
	Address   string     `json:"address"`   // allocation ID of its Elastic IP
	PrivateIP netip.Addr `json:"privateIp"` // in its subnet
	Interface string     `json:"interface"`
	Tagged
}

// RouteTable has the routes of the subnets that are associated with it, by destination. That to the VPC's own range is
// part of every table and not listed.
type RouteTable struct {
	VPC    string                  `json:"vpc"`
	Main   bool                    `json:"main"` // serves the subnets that are associated with no table
	Routes map[netip.Prefix]*Route `json:"routes,omitempty"`
	Tagged
}

// Route is the target of a route. Exactly one of its fields is set.
type Route struct {
	InternetGateway string `json:"internetGateway,omitempty"`
	NATGateway      string `json:"natGateway,omitempty"`
	Interface       string `json:"interface,omitempty"` // the network interface of an instance that forwards
}

// Association gives a subnet a route table.
type Association struct {
	RouteTable string `json:"routeTable"`
	Subnet     string `json:"subnet"`
}

// SecurityGroup is a group of instances to which the same rules apply. An instance can be in several.
type SecurityGroup struct {
	VPC         string `json:"vpc"`
	Name        string `json:"name"`
	Description string `json:"description"`
	Tagged
}

// Rule allows traffic to the instances of a security group, or from them. Exactly one of CIDR and Peer is set.
type Rule struct {
	Group       string       `json:"group"`
	Egress      bool         `json:"egress"`   // from the instances
	Protocol    string       `json:"protocol"` // tcp, udp, icmp, or -1 for all
	FromPort    int          `json:"fromPort"` // or the ICMP type; -1 for all
	ToPort      int          `json:"toPort"`   // or the ICMP code; -1 for all
	CIDR        netip.Prefix `json:"cidr"`     // of the other end; IPv4 or IPv6
	Peer        string       `json:"peer"`     // the security group of the other end
	Description string       `json:"description"`
	Tagged
}

// KeyPair is a public key with which one can log in to instances.
type KeyPair struct {
	ID          string `json:"id"`
	Prefix      string `json:"prefix,omitempty"` // the given part of its name, if the rest is random
	PublicKey   string `json:"publicKey"`        // a line of authorized_keys
	Fingerprint string `json:"fingerprint"`
	Type        string `json:"type"`
	Tagged
}

// Address is an Elastic IP. Association and Instance are empty while it is associated with no instance.
type Address struct {
	IP          netip.Addr `json:"ip"`
	Association string     `json:"association,omitempty"` // ID of the association
	Instance    string     `json:"instance,omitempty"`
	Tagged
}

// Instance is an EC2 instance with one network interface.
type Instance struct {
	Type             string     `json:"type"`
	Image            string     `json:"image"` // AMI ID
	Key              string     `json:"key"`   // name of a key pair; empty for none
	Subnet           string     `json:"subnet"`
	IP               netip.Addr `json:"ip"`        // private
	Interface        string     `json:"interface"` // ID of its network interface
	Groups           []string   `json:"groups"`    // IDs of its security groups
	SourceDestCheck  bool       `json:"sourceDestCheck"`
	UserData         string     `json:"userData,omitempty"`
	UserDataReplaces bool       `json:"userDataReplaces,omitempty"` // a change of its user data replaces the instance
	Metadata         Metadata   `json:"metadata"`
	Root             Volume     `json:"root"`
	Tagged
}

// Hostname is the instance's name without its domain, as EC2 forms it: ip-10-0-1-10.
func (i *Instance) Hostname() string { return "ip-" + strings.ReplaceAll(i.IP.String(), ".", "-") }

// MAC returns the hardware address of an instance's network interface.
func MAC(instanceID string) net.HardwareAddr {
	sum := sha256.Sum256([]byte(instanceID))
	return append(net.HardwareAddr{0x02}, sum[:5]...) // 02: locally administered
}

// PublicIP returns the Elastic IP that is associated with an instance. It is invalid if there is none.
func (s *State) PublicIP(instanceID string) netip.Addr {
	for _, address := range s.Addresses {
		if address.Instance == instanceID {
			return address.IP
		}
	}
	return netip.Addr{}
}

// Metadata has an instance's options of the metadata service.
type Metadata struct {
	HTTPEndpoint            string `json:"httpEndpoint"`            // enabled or disabled
	HTTPTokens              string `json:"httpTokens"`              // optional or required
	HTTPPutResponseHopLimit int    `json:"httpPutResponseHopLimit"` // 1 to 64
}

// Volume is an instance's root disk. It is recorded only: all instances share this machine's disk.
type Volume struct {
	VolumeType string `json:"volumeType"`
	VolumeSize int    `json:"volumeSize"` // GiB
	Encrypted  bool   `json:"encrypted"`
	Tags       Tags   `json:"tags,omitempty"`
}
