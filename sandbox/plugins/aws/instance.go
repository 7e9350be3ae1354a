package aws

import (
	"fmt"
	"maps"
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

func addInstance(state *region.State, _ call, in *instanceProperties) (string, *region.Instance, error) {
	switch {
	case in.AMI != imageID:
		return "", nil, fmt.Errorf("InvalidAMIID.NotFound: the sandbox has no image %q: leave amiId empty", in.AMI)
	case in.KeyName != "" && state.KeyPairs[in.KeyName] == nil:
		return "", nil, fmt.Errorf("InvalidKeyPair.NotFound: the key pair %q does not exist", in.KeyName)
	}
	ip, err := freeAddress(state, in.SubnetID, in.PrivateIP)
	return newID("i"), &region.Instance{
		Image: in.AMI, Key: in.KeyName, Subnet: in.SubnetID, IP: ip, Interface: newID("eni"),
	}, err
}

func changeInstance(state *region.State, in *instanceProperties, i *region.Instance) error {
	if types := slices.Sorted(maps.Keys(instances.Types)); !slices.Contains(types, in.InstanceType) {
		return fmt.Errorf("InvalidInstanceType: the sandbox has %s, not %q", strings.Join(types, ", "), in.InstanceType)
	}
	for _, id := range in.VPCSecurityGroupIDs {
		if group := state.SecurityGroups[id]; group == nil || group.VPC != state.Subnets[i.Subnet].VPC {
			return missing("Group", id)
		}
	}
	i.Type, i.Groups, i.UserData = in.InstanceType, in.VPCSecurityGroupIDs, in.UserData
	i.UserDataReplaces = or(in.UserDataReplaceOnChange, false)
	i.SourceDestCheck = or(in.SourceDestCheck, true)
	i.Metadata = region.Metadata(or(in.MetadataOptions, metadataOptions{"enabled", "optional", 1}))
	i.Root = region.Volume(or(in.RootBlockDevice, rootBlockDevice{VolumeType: "gp2", VolumeSize: 8}))
	return nil
}

func getInstance(state *region.State, c call, id string, i *region.Instance) *instanceProperties {
	metadata, root := metadataOptions(i.Metadata), rootBlockDevice(i.Root)
	out := &instanceProperties{
		AMI: i.Image, InstanceType: i.Type, KeyName: i.Key, SubnetID: i.Subnet, PrivateIP: i.IP.String(),
		VPCSecurityGroupIDs: i.Groups, SourceDestCheck: &i.SourceDestCheck, UserData: i.UserData,
		MetadataOptions: &metadata, RootBlockDevice: &root,
		ARN: arn(c, "instance", id), AvailabilityZone: state.Subnets[i.Subnet].Zone, InstanceState: "running",
		PrimaryNetworkInterfaceID: i.Interface, PrivateDNS: i.Hostname() + "." + c.region + ".compute.internal",
	}
	if i.UserDataReplaces {
		out.UserDataReplaceOnChange = &i.UserDataReplaces
	}
	if ip := state.PublicIP(id); ip.IsValid() {
		out.PublicIP, out.PublicDNS = ip.String(), publicName(c.region, ip)
	}
	return out
}

func dropInstance(state *region.State, id string, _ *region.Instance) error {
	for _, a := range state.Addresses {
		if a.Instance == id {
			a.Association, a.Instance = "", ""
		}
	}
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
