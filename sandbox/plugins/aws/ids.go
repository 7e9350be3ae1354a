package aws

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"hello-kubernetes/sandbox/region"
)

// newID returns an ID such as vpc-0123456789abcdef0.
func newID(prefix string) string { return prefix + "-0" + randomHex(8) }

// randomHex returns two hexadecimal digits a byte.
func randomHex(bytes int) string {
	random := make([]byte, bytes)
	if _, err := rand.Read(random); err != nil {
		panic(err) // never happens, says its documentation
	}
	return hex.EncodeToString(random)
}

func arn(c call, kind, id string) string {
	return fmt.Sprintf("arn:aws:ec2:%s:%s:%s/%s", c.region, region.Account, kind, id)
}

// missing is AWS's error for a reference that leads nowhere.
func missing(kind, id string) error {
	return fmt.Errorf("Invalid%sID.NotFound: the %s ID %q does not exist", kind, strings.ToLower(kind), id)
}

// dependents returns an error that lists what still uses id, or nil.
func dependents(id string, users ...[]string) error {
	all := slices.Concat(users...)
	if len(all) == 0 {
		return nil
	}
	return fmt.Errorf("DependencyViolation: %s has dependencies and cannot be deleted: %s", id, strings.Join(all, ", "))
}

// using returns the IDs of what is in a map and uses something.
func using[T any](all map[string]*T, uses func(*T) bool) []string {
	var ids []string
	for _, id := range slices.Sorted(maps.Keys(all)) {
		if uses(all[id]) {
			ids = append(ids, id)
		}
	}
	return ids
}

// parsePrefix parses a network and gives AWS's error for one that is none.
func parsePrefix(key, text string) (netip.Prefix, error) {
	prefix, err := netip.ParsePrefix(text)
	if err != nil || prefix != prefix.Masked() {
		return prefix, fmt.Errorf("InvalidParameterValue: %s: %q is no CIDR block", key, text)
	}
	return prefix, nil
}

// freeAddress returns the wanted private address of a subnet, or the lowest one that is free. AWS keeps the first four
// and the last of each subnet.
func freeAddress(state *region.State, subnetID, wanted string) (netip.Addr, error) {
	subnet := state.Subnets[subnetID]
	if subnet == nil {
		return netip.Addr{}, missing("Subnet", subnetID)
	}
	taken := map[netip.Addr]bool{}
	for _, instance := range state.Instances {
		if instance.Subnet == subnetID {
			taken[instance.IP] = true
		}
	}
	for _, gateway := range state.NATGateways {
		if gateway.Subnet == subnetID {
			taken[gateway.PrivateIP] = true
		}
	}
	first := subnet.CIDR.Addr()
	for range 4 {
		first = first.Next()
	}
	usable := func(ip netip.Addr) bool {
		return subnet.CIDR.Contains(ip) && subnet.CIDR.Contains(ip.Next()) && !ip.Less(first)
	}
	if wanted != "" {
		ip, err := netip.ParseAddr(wanted)
		switch {
		case err != nil || !usable(ip):
			return ip, fmt.Errorf("InvalidParameterValue: address %s does not fall within the subnet's address range %s", wanted, subnet.CIDR)
		case taken[ip]:
			return ip, fmt.Errorf("InvalidIPAddress.InUse: address %s is in use", wanted)
		}
		return ip, nil
	}
	// Out of the way of addresses that are chosen by hand, which are low ones.
	for ip := offset(first, 16); usable(ip); ip = ip.Next() {
		if !taken[ip] {
			return ip, nil
		}
	}
	return netip.Addr{}, errors.New("InsufficientFreeAddressesInSubnet: " + subnetID)
}

func offset(ip netip.Addr, by int) netip.Addr {
	for range by {
		ip = ip.Next()
	}
	return ip
}
