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

// autoname returns a name for a resource that the program gives none.
func autoname(c call) string { return c.name + "-" + randomHex(4)[:7] }

// randomHex returns random bytes as hexadecimal digits, two a byte.
func randomHex(bytes int) string {
	random := make([]byte, bytes)
	_, _ = rand.Read(random) // never fails
	return hex.EncodeToString(random)
}

func arn(c call, kind, id string) string {
	return fmt.Sprintf("arn:aws:ec2:%s:%s:%s/%s", c.region, region.Account, kind, id)
}

// missing is the error of AWS for a reference to what does not exist.
func missing(kind, id string) error {
	return fmt.Errorf("Invalid%sID.NotFound: the %s ID %q does not exist", kind, strings.ToLower(kind), id)
}

// dependents returns the error of AWS for the removal of what others still need, or nil if nobody does.
func dependents(id string, users ...[]string) error {
	all := slices.Concat(users...)
	if len(all) == 0 {
		return nil
	}
	return fmt.Errorf("DependencyViolation: %s has dependencies and cannot be deleted: %s", id, strings.Join(all, ", "))
}

// using returns the IDs of those in a map for which uses is true, in order.
func using[T any](all map[string]*T, uses func(*T) bool) []string {
	return slices.DeleteFunc(sorted(all), func(id string) bool { return !uses(all[id]) })
}

func sorted[T any](all map[string]*T) []string { return slices.Sorted(maps.Keys(all)) }

// or returns what an optional input is, or its default.
func or[T any](input *T, otherwise T) T {
	if input == nil {
		return otherwise
	}
	return *input
}

// parsePrefix parses a CIDR block. The error for one that is none is that of AWS.
func parsePrefix(key, text string) (netip.Prefix, error) {
	prefix, err := netip.ParsePrefix(text)
	if err != nil || prefix != prefix.Masked() {
		return prefix, fmt.Errorf("InvalidParameterValue: %s: %q is no CIDR block", key, text)
	}
	return prefix, nil
}

// freeAddress returns the wanted private address of a subnet, or the lowest one that is free. AWS reserves the first
// four and the last of each subnet.
func freeAddress(state *region.State, subnetID, wanted string) (netip.Addr, error) {
	subnet := state.Subnets[subnetID]
	if subnet == nil {
		return netip.Addr{}, missing("Subnet", subnetID)
	}
	taken := map[netip.Addr]bool{}
	for _, instance := range state.Instances {
		taken[instance.IP] = taken[instance.IP] || instance.Subnet == subnetID
	}
	for _, gateway := range state.NATGateways {
		taken[gateway.PrivateIP] = taken[gateway.PrivateIP] || gateway.Subnet == subnetID
	}
	first := offset(subnet.CIDR.Addr(), 4)
	usable := func(ip netip.Addr) bool {
		return subnet.CIDR.Contains(ip) && subnet.CIDR.Contains(ip.Next()) && !ip.Less(first)
	}
	if wanted != "" {
		ip, err := netip.ParseAddr(wanted)
		switch {
		case err != nil || !usable(ip):
			return ip, fmt.Errorf("InvalidParameterValue: %s is no usable address of the subnet's range %s", wanted, subnet.CIDR)
		case taken[ip]:
			return ip, fmt.Errorf("InvalidIPAddress.InUse: address %s is in use", wanted)
		}
		return ip, nil
	}
	// Addresses that people choose are low ones, so these stay free.
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
