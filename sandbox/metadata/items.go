package metadata

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"hello-kubernetes/sandbox/region"
)

// items returns the metadata of an instance, by path without the version.
func items(state *region.State, id string) map[string]string {
	i := state.Instances[id]
	zone := state.Subnets[i.Subnet].Zone // sandbox-1a
	regionName := strings.TrimRight(zone, "abc")
	hostname := i.Hostname() + "." + regionName + ".compute.internal"
	var groups []string
	for _, group := range i.Groups {
		groups = append(groups, state.SecurityGroups[group].Name)
	}
	document, _ := json.MarshalIndent(map[string]any{ // which cannot fail for strings
		"accountId": region.Account, "architecture": "x86_64", "availabilityZone": zone, "imageId": i.Image, "instanceId": id,
		"instanceType": i.Type, "privateIp": i.IP, "region": regionName, "version": "2017-09-30",
		"billingProducts": nil, "devpayProductCodes": nil, "marketplaceProductCodes": nil, "kernelId": nil, "ramdiskId": nil,
	}, "", "  ")
	all := map[string]string{
		"/dynamic/instance-identity/document":    string(document),
		"/meta-data/ami-id":                      i.Image,
		"/meta-data/hostname":                    hostname,
		"/meta-data/instance-id":                 id,
		"/meta-data/instance-type":               i.Type,
		"/meta-data/local-hostname":              hostname,
		"/meta-data/local-ipv4":                  i.IP.String(),
		"/meta-data/mac":                         region.MAC(id).String(),
		"/meta-data/placement/availability-zone": zone,
		"/meta-data/placement/region":            regionName,
		"/meta-data/security-groups":             strings.Join(groups, "\n"),
	}
	if ip := state.PublicIP(id); ip.IsValid() {
		all["/meta-data/public-ipv4"] = ip.String()
	}
	if key := state.KeyPairs[i.Key]; key != nil {
		all["/meta-data/public-keys/"] = "0=" + i.Key
		all["/meta-data/public-keys/0/openssh-key"] = key.PublicKey
	}
	if i.UserData != "" {
		all["/user-data"] = i.UserData
	}
	return all
}

// list returns the names in a folder, one a line. It is empty if there is no such folder.
func list(all map[string]string, folder string) string {
	names := map[string]bool{}
	for path := range all {
		rest, inside := strings.CutPrefix(path, folder)
		if !inside || rest == "" {
			continue
		}
		name, _, nested := strings.Cut(rest, "/")
		if nested {
			name += "/"
		}
		names[name] = true
	}
	return strings.Join(slices.Sorted(maps.Keys(names)), "\n")
}
