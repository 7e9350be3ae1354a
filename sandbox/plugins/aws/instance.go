package aws

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/property"

	"hello-kubernetes/sandbox/instances"
	"hello-kubernetes/sandbox/region"
)

type instanceProperties struct {
	AMI                       string           `json:"ami" aws:"required,replace"`
	InstanceType              string           `json:"instanceType" aws:"required"`
	KeyName                   string           `json:"keyName,omitempty" aws:"replace"`
	SubnetID                  string           `json:"subnetId" aws:"required,replace"`
	PrivateIP                 string           `json:"privateIp" aws:"computed,replace"`
	VPCSecurityGroupIDs       []string         `json:"vpcSecurityGroupIds" aws:"required"`
	SourceDestCheck           *bool            `json:"sourceDestCheck,omitempty"`
	UserData                  string           `json:"userData,omitempty"`
	UserDataReplaceOnChange   *bool            `json:"userDataReplaceOnChange,omitempty"`
	MetadataOptions           *metadataOptions `json:"metadataOptions,omitempty"`
	RootBlockDevice           *rootBlockDevice `json:"rootBlockDevice,omitempty"`
	ARN                       string           `json:"arn" aws:"output"`
	AvailabilityZone          string           `json:"availabilityZone" aws:"output"`
	InstanceState             string           `json:"instanceState" aws:"output"`
	PrimaryNetworkInterfaceID string           `json:"primaryNetworkInterfaceId" aws:"output"`
	PrivateDNS                string           `json:"privateDns" aws:"output"`
	PublicIP                  string           `json:"publicIp" aws:"output"`
	PublicDNS                 string           `json:"publicDns" aws:"output"`
	tagged
}

type metadataOptions struct {
	HTTPEndpoint            string `json:"httpEndpoint"`
	HTTPTokens              string `json:"httpTokens"`
	HTTPPutResponseHopLimit int    `json:"httpPutResponseHopLimit"`
}

type rootBlockDevice struct {
	VolumeType string      `json:"volumeType"`
	VolumeSize int         `json:"volumeSize"`
	Encrypted  bool        `json:"encrypted"`
	Tags       region.Tags `json:"tags,omitempty"`
}

func addInstance(state *region.State, c call, in *instanceProperties) (string, error) {
	switch {
	case in.AMI != imageID:
		return "", fmt.Errorf("InvalidAMIID.NotFound: the image %q does not exist in the sandbox: leave amiId empty", in.AMI)
	case in.KeyName != "" && state.KeyPairs[in.KeyName] == nil:
		return "", fmt.Errorf("InvalidKeyPair.NotFound: the key pair %q does not exist", in.KeyName)
	}
	ip, err := freeAddress(state, in.SubnetID, in.PrivateIP)
	if err != nil {
		return "", err
	}
	id := newID("i")
	state.Instances[id] = &region.Instance{Image: in.AMI, Key: in.KeyName, Subnet: in.SubnetID, IP: ip, Interface: newID("eni")}
	return id, changeInstance(state, c, id, in)
}

func getInstance(state *region.State, c call, id string) *instanceProperties {
	i := state.Instances[id]
	if i == nil {
		return nil
	}
	out := &instanceProperties{
		AMI: i.Image, InstanceType: i.Type, KeyName: i.Key, SubnetID: i.Subnet, PrivateIP: i.IP.String(), VPCSecurityGroupIDs: i.Groups,
		SourceDestCheck: &i.SourceDestCheck, UserData: i.UserData, ARN: arn(c, "instance", id), AvailabilityZone: state.Subnets[i.Subnet].Zone,
		InstanceState: "running", PrimaryNetworkInterfaceID: i.Interface, PrivateDNS: i.Hostname() + "." + c.region + ".compute.internal",
		tagged: tagsOf(i.Tags),
	}
	metadata, root := metadataOptions(i.Metadata), rootBlockDevice(i.Root)
	out.MetadataOptions, out.RootBlockDevice = &metadata, &root
	if i.UserDataReplaces {
		out.UserDataReplaceOnChange = &i.UserDataReplaces
	}
	for _, a := range state.Addresses {
		if a.Instance == id {
			out.PublicIP, out.PublicDNS = a.IP.String(), publicName(c.region, a.IP)
		}
	}
	return out
}

func changeInstance(state *region.State, c call, id string, in *instanceProperties) error {
	if _, known := instances.Type(in.InstanceType); !known {
		return fmt.Errorf("InvalidInstanceType: %q is not part of the sandbox, which has t2.nano to t3.large", in.InstanceType)
	}
	for _, group := range in.VPCSecurityGroupIDs {
		if g := state.SecurityGroups[group]; g == nil || g.VPC != state.Subnets[state.Instances[id].Subnet].VPC {
			return missing("Group", group)
		}
	}
	i := state.Instances[id]
	i.Type, i.Groups, i.UserData, i.Tags = in.InstanceType, in.VPCSecurityGroupIDs, in.UserData, c.tags
	i.UserDataReplaces = in.UserDataReplaceOnChange != nil && *in.UserDataReplaceOnChange
	i.SourceDestCheck = in.SourceDestCheck == nil || *in.SourceDestCheck
	i.Metadata = region.Metadata{HTTPEndpoint: "enabled", HTTPTokens: "optional", HTTPPutResponseHopLimit: 1}
	if in.MetadataOptions != nil {
		i.Metadata = region.Metadata(*in.MetadataOptions)
	}
	i.Root = region.Volume{VolumeType: "gp2", VolumeSize: 8}
	if in.RootBlockDevice != nil {
		i.Root = region.Volume(*in.RootBlockDevice)
	}
	return nil
}

// Terminate takes an instance out of the region whose machine is gone.
func Terminate(state *region.State, id string) { _ = dropInstance(state, id) } // which always succeeds

func dropInstance(state *region.State, id string) error {
	for _, a := range state.Addresses {
		if a.Instance == id {
			a.Association, a.Instance = "", ""
		}
	}
	delete(state.Instances, id)
	return nil
}

// needsRestart tells whether a change of an instance stops it and starts it again.
func needsRestart(old, inputs property.Map) bool {
	return slices.ContainsFunc([]string{"instanceType", "userData"}, func(key string) bool {
		return !old.Get(key).Equals(inputs.Get(key))
	})
}

func publicName(region string, ip netip.Addr) string {
	return "ec2-" + strings.ReplaceAll(ip.String(), ".", "-") + "." + region + ".compute.amazonaws.com"
}
