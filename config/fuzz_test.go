package config

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"hello-kubernetes/internal/layout"
	"hello-kubernetes/tests/recorder"
)

// A span is the addresses of a network from the first to the last, computed without package netip.
type span struct{ first, last uint64 }

func (a span) within(b span) bool { return a.first >= b.first && a.last <= b.last }
func (a span) meets(b span) bool  { return a.first <= b.last && b.first <= a.last }

// gives tells whether AWS gives an address of the subnet away: all but the first four and the last.
func (a span) gives(address uint64) bool { return address >= a.first+4 && address < a.last }

func dotted(address uint64) string {
	return fmt.Sprintf("%d.%d.%d.%d", address>>24, address>>16&255, address>>8&255, address&255)
}

// FuzzNetworks compares checkNetworks with the plainest way to say the same.
func FuzzNetworks(f *testing.F) {
	type block = struct {
		address uint32
		bits    uint8
	}
	add := func(b [5]block, workers uint16, private bool, mirror uint32) {
		f.Add(b[0].address, b[0].bits, b[1].address, b[1].bits, b[2].address, b[2].bits, b[3].address, b[3].bits,
			b[4].address, b[4].bits, workers, private, mirror)
	}
	const ten = 10 << 24
	defaults := [5]block{{ten, 16}, {ten, 24}, {ten + 1<<8, 24}, {ten + 244<<16, 16}, {ten + 96<<16, 12}}
	for _, private := range []bool{false, true} {
		add(defaults, 2, private, ten+20)
		for place := range uint32(14) { // those that AWS keeps, those of the hosts, and some that are free
			add(defaults, 2, private, ten+place)
		}
	}
	add(defaults, 2, true, ten+255)       // the public subnet's last
	add(defaults, 2, true, ten+1<<8+3)    // the private subnet's fourth
	add(defaults, 2, true, ten+1<<8+10)   // only of the public subnet the tenth is a host's
	add(defaults, 2, true, ten+1<<8+255)  // the private subnet's last
	add(defaults, 2, true, ten+200<<8)    // in the VPC, but in neither subnet
	add(defaults, 2, false, ten+1<<16+20) // outside
	small := [5]block{{ten, 27}, {ten, 28}, {ten + 16, 28}, {ten + 244<<16, 20}, {ten + 96<<16, 24}}
	add(small, 11, false, ten+13)
	add(small, 10, true, ten+13)
	add(small, 11, true, ten+13) // no room for the control plane
	last := [5]block{{0xffff0000, 16}, {0xfffffff0, 28}, {0xffff0000, 24}, {ten, 22}, {ten + 4<<8, 24}}
	add(last, 3, false, 0xfffffffe)
	add(last, 3, false, 0xffffffff)
	for _, blocks := range [][5]block{
		{{ten, 28}, {ten, 28}, {ten, 28}, {ten, 8}, {ten, 12}},                                    // all in one
		{{ten, 16}, {ten + 0xfff0, 28}, {ten, 28}, {0, 8}, {240 << 24, 24}},                       // ends
		{{ten, 16}, {ten + 1<<16, 24}, {ten + 1<<8, 24}, {ten + 244<<16, 16}, {ten + 96<<16, 12}}, // outside
		{{ten, 16}, {ten, 24}, {ten + 1<<8, 24}, {ten + 244<<16, 23}, {ten + 96<<16, 12}},         // no room for pods
		{{ten + 1<<16, 16}, {ten, 15}, {ten + 1<<8, 29}, {ten + 244<<16, 24}, {ten + 96<<16, 11}}, // sizes
		{{ten, 16}, {ten, 24}, {ten + 1<<8, 24}, {ten + 128<<8, 17}, {ten + 96<<16, 12}},          // pods in the VPC
		{{ten, 16}, {ten, 24}, {ten + 1<<8, 24}, {ten, 12}, {ten + 96<<16, 12}},                   // the VPC in the pods
		{{ten, 16}, {ten, 24}, {ten + 1<<8, 24}, {ten + 64<<16, 10}, {ten + 96<<16, 12}},          // Services in the pods
		{{ten, 16}, {ten, 23}, {ten + 1<<8, 24}, {ten + 244<<16, 16}, {ten + 96<<16, 12}},         // subnets in each other
	} {
		add(blocks, 2, false, ten+20)
	}
	f.Fuzz(func(t *testing.T, vpc uint32, vpcBits uint8, public uint32, publicBits uint8,
		private uint32, privateBits uint8, pods uint32, podBits uint8, services uint32, serviceBits uint8,
		workers uint16, isPrivate bool, mirror uint32,
	) {
		workers %= maxWorkers + 1
		c := &Config{
			Topology: Public, Workers: WorkersConfig{Count: int(workers)},
			NAT: layout.NATNone, Mirror: dotted(uint64(mirror)),
		}
		if isPrivate {
			c.Topology = Private
		}
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
			*n.text = fmt.Sprintf("%s/%d", dotted(first), n.bits%33)
		}
		var problems []string
		c.checkNetworks(func(key, format string, args ...any) {
			problems = append(problems, key+": "+fmt.Sprintf(format, args...))
		})
		want := networksAreGood(spans, uint64(workers), isPrivate) && mirrorIsGood(spans, uint64(mirror))
		if want != (len(problems) == 0) {
			t.Fatalf("%+v: good is %v, problems are %q", c, want, problems)
		}
		if want {
			checkFixedAddresses(t, c, spans[1])
		}
	})
}

// networksAreGood tells whether a VPC, its public and its private subnet, the pods' and the Services' networks make a
// cluster.
func networksAreGood(spans [5]span, workers uint64, isPrivate bool) bool {
	sizes := [5][2]uint64{{16, 1 << 16}, {16, 1 << 16}, {16, 1 << 16}, {512, 1 << 24}, {256, 1 << 20}}
	for i, s := range spans {
		if size := s.last - s.first + 1; size < sizes[i][0] || size > sizes[i][1] {
			return false
		}
	}
	hosts := workers
	if isPrivate {
		hosts++ // the control plane's
	}
	vpc, public, private, pods, services := spans[0], spans[1], spans[2], spans[3], spans[4]
	return public.within(vpc) && private.within(vpc) && !public.meets(private) &&
		!pods.meets(vpc) && !services.meets(vpc) && !pods.meets(services) &&
		hosts <= private.last-private.first+1-5 &&
		(workers+1)*256 <= pods.last-pods.first+1
}

// mirrorIsGood tells whether the mirror can have its address: in the VPC, given away by AWS, and no host's or NAT
// gateway's.
func mirrorIsGood(spans [5]span, mirror uint64) bool {
	vpc, public, private := spans[0], spans[1], spans[2]
	here := span{mirror, mirror}
	return here.within(vpc) &&
		(!here.within(public) || public.gives(mirror)) &&
		(!here.within(private) || private.gives(mirror)) &&
		mirror != public.first+10 && mirror != public.first+11 && mirror != public.first+12
}

// checkFixedAddresses checks the fixed addresses against the public subnet: a change of one would replace its host.
func checkFixedAddresses(t *testing.T, c *Config, public span) {
	t.Helper()
	want := map[string]uint64{"NAT gateway": public.first + 11, "control-plane": public.first + 10}
	if c.Topology == Private {
		want = map[string]uint64{"NAT gateway": public.first + 11, "edge": public.first + 12}
	}
	got := map[string]string{"NAT gateway": c.NATGatewayAddress()}
	for _, host := range c.Hosts() {
		if _, err := netip.ParseAddr(host.Address); host.Public != (err == nil) {
			t.Errorf("%s: public is %v, the address %q", host.Name, host.Public, host.Address)
		}
		if host.Public {
			got[host.Name] = host.Address
		}
	}
	if len(got) != len(want) {
		t.Errorf("hosts with fixed addresses are %v", got)
	}
	for name, address := range want {
		if got[name] != dotted(address) || !public.gives(address) {
			t.Errorf(
				"the address of the %s is %q, want %s, which AWS has to give away",
				name,
				got[name],
				dotted(address),
			)
		}
	}
}

// Whatever is configured, decoding and checking it does not panic, and no error shows the private key.
func FuzzParse(f *testing.F) {
	for _, key := range keys() {
		name, field, _ := strings.Cut(key, ".")
		f.Add(name, fmt.Sprintf(`{%q: null}`, field), "-----BEGIN OPENSSH PRIVATE KEY-----\n")
		f.Add(name, `[]`, "")
	}
	f.Add("sshPrivateKey", "", "x")
	f.Add("workers", `{"count": 2, "count": 1e9}`, "x")
	f.Add("app", `{"env": {"A": 1}}`, "\xff")
	f.Add("workers", "{\"Y\x00\x10b", "")
	f.Add("kubernetesVersion", "1.3\xd97.2", "")
	f.Fuzz(func(t *testing.T, key, value, secret string) {
		const canary = "c4n4ry"
		for _, private := range []string{secret + canary + secret, recorder.SSHKey()} {
			_, err := parse(values{"sshPrivateKey": private, key: value})
			if err == nil || strings.Contains(key+value, canary) || strings.Contains(key+value, "PRIVATE KEY") {
				continue
			}
			if text := err.Error(); strings.Contains(text, canary) || strings.Contains(text, "PRIVATE KEY") {
				t.Fatalf("the error shows the key: %v", err)
			}
		}
	})
}
