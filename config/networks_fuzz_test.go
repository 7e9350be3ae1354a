package config

import (
	"fmt"
	"net/netip"
	"testing"
)

// A span is the addresses of a network from the first to the last, computed without package netip.
type span struct{ first, last uint64 }

func (a span) within(b span) bool { return a.first >= b.first && a.last <= b.last }
func (a span) meets(b span) bool  { return a.first <= b.last && b.first <= a.last }

// FuzzNetworks compares checkNetworks with the plainest way to say the same.
func FuzzNetworks(f *testing.F) {
	type block = struct {
		address uint32
		bits    uint8
	}
	add := func(b [5]block, workers uint16) {
		f.Add(b[0].address, b[0].bits, b[1].address, b[1].bits, b[2].address, b[2].bits, b[3].address, b[3].bits, b[4].address, b[4].bits, workers)
	}
	const ten = 10 << 24
	defaults := [5]block{{ten, 16}, {ten, 24}, {ten + 1<<8, 24}, {ten + 244<<16, 16}, {ten + 96<<16, 12}}
	add(defaults, 2)
	add([5]block{{ten, 28}, {ten, 28}, {ten, 28}, {ten, 8}, {ten, 12}}, 1)                                    // all in one
	add([5]block{{ten, 16}, {ten + 0xfff0, 28}, {ten, 28}, {0, 8}, {240 << 24, 24}}, 11)                      // ends
	add([5]block{{0xffff0000, 16}, {0xfffffff0, 28}, {0xffff0000, 24}, {ten, 22}, {ten + 4<<8, 24}}, 3)       // the last addresses there are
	add([5]block{{ten, 16}, {ten + 1<<16, 24}, {ten + 1<<8, 24}, {ten + 244<<16, 16}, {ten + 96<<16, 12}}, 2) // outside
	add([5]block{{ten, 16}, {ten, 24}, {ten + 1<<8, 24}, {ten + 244<<16, 23}, {ten + 96<<16, 12}}, 2)         // no room for pods
	add([5]block{{ten + 1<<16, 16}, {ten, 15}, {ten + 1<<8, 29}, {ten + 244<<16, 24}, {ten + 96<<16, 11}}, 2) // sizes
	// Pods in the VPC, and the other way round; Services in the pods' network; subnets in each other.
	add([5]block{{ten, 16}, {ten, 24}, {ten + 1<<8, 24}, {ten + 128<<8, 17}, {ten + 96<<16, 12}}, 2)
	add([5]block{{ten, 16}, {ten, 24}, {ten + 1<<8, 24}, {ten, 12}, {ten + 96<<16, 12}}, 2)
	add([5]block{{ten, 16}, {ten, 24}, {ten + 1<<8, 24}, {ten + 64<<16, 10}, {ten + 96<<16, 12}}, 2)
	add([5]block{{ten, 16}, {ten, 23}, {ten + 1<<8, 24}, {ten + 244<<16, 16}, {ten + 96<<16, 12}}, 2)
	f.Fuzz(func(t *testing.T, vpc uint32, vpcBits uint8, public uint32, publicBits uint8, private uint32, privateBits uint8,
		pods uint32, podBits uint8, services uint32, serviceBits uint8, workers uint16,
	) {
		c := &Config{Workers: WorkersConfig{Count: int(workers)}}
		spans := [5]span{}
		for i, n := range []struct {
			address uint32
			bits    uint8
			text    *string
		}{
			{vpc, vpcBits, &c.VPCCIDR},
			{public, publicBits, &c.PublicSubnetCIDR},
			{private, privateBits, &c.PrivateSubnetCIDR},
			{pods, podBits, &c.PodCIDR},
			{services, serviceBits, &c.ServiceCIDR},
		} {
			size := uint64(1) << (32 - n.bits%33)
			first := uint64(n.address) / size * size
			spans[i] = span{first, first + size - 1}
			*n.text = fmt.Sprintf("%d.%d.%d.%d/%d", first>>24, first>>16&255, first>>8&255, first&255, n.bits%33)
		}
		var problems []string
		c.checkNetworks(nil, func(key, format string, args ...any) {
			problems = append(problems, key+": "+fmt.Sprintf(format, args...))
		})
		if want := networksAreGood(spans, workers); want != (len(problems) == 0) {
			t.Fatalf("%+v: good is %v, problems are %q", c, want, problems)
		}
		if len(problems) == 0 {
			checkFixedAddresses(t, c.PublicSubnetCIDR, spans[1])
		}
	})
}

// networksAreGood tells whether a VPC, its public and its private subnet, the pods' and the Services' networks make a cluster.
func networksAreGood(spans [5]span, workers uint16) bool {
	sizes := [5][2]uint64{{16, 1 << 16}, {16, 1 << 16}, {16, 1 << 16}, {512, 1 << 24}, {256, 1 << 20}}
	for i, s := range spans {
		if size := s.last - s.first + 1; size < sizes[i][0] || size > sizes[i][1] {
			return false
		}
	}
	vpc, public, private, pods, services := spans[0], spans[1], spans[2], spans[3], spans[4]
	return public.within(vpc) && private.within(vpc) && !public.meets(private) &&
		!pods.meets(vpc) && !services.meets(vpc) && !pods.meets(services) &&
		uint64(workers) <= private.last-private.first+1-5 &&
		(uint64(workers)+1)*256 <= pods.last-pods.first+1
}

// checkFixedAddresses checks that the hosts' fixed addresses in the public subnet can be had: AWS keeps the first four and the
// last.
func checkFixedAddresses(t *testing.T, subnet string, s span) {
	t.Helper()
	seen := map[uint64]bool{}
	for _, place := range []int{controlPlanePlace, natGatewayPlace, edgePlace} {
		b := netip.MustParseAddr((&Config{PublicSubnetCIDR: subnet}).addressOf(place)).As4()
		address := uint64(b[0])<<24 | uint64(b[1])<<16 | uint64(b[2])<<8 | uint64(b[3])
		if address < s.first+4 || address > s.last-1 || seen[address] {
			t.Errorf("address %d of %s is %v, which AWS does not give", place, subnet, b)
		}
		seen[address] = true
	}
}
