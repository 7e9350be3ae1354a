package e2e

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"golang.org/x/net/ipv4"
	"golang.org/x/sys/unix"

	"hello-kubernetes/sandbox/vpc"
)

// spoofing sends from a worker to the other one, under the control plane's address, what both of them may send.
func spoofing(t *testing.T, p *project) {
	m := newMatrix(t, p)
	host := func(name string) target {
		for _, target := range m.targets {
			if target.name == name {
				return target
			}
		}
		t.Fatalf("there is no %s", name)
		return target{}
	}
	from, to, other := host("worker-0"), host("worker-1"), host("control-plane")
	l, err := listen(to.namespace)
	if err != nil {
		t.Fatal(err)
	}
	defer l.close()
	spoofed, honest := newMark(), newMark()
	// Packets keep their order: when the second one is there, the first one will not come any more.
	for _, packet := range []struct {
		source netip.Addr
		mark   string
	}{{other.inside, spoofed}, {from.inside, honest}} {
		if err := sendAs(from.namespace, packet.source, to.inside, 8472, packet.mark); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, 5*time.Second, func() error {
		if !l.hears(honest) {
			return fmt.Errorf("%s does not get what %s sends under its own address", to.name, from.name)
		}
		return nil
	})
	if l.hears(spoofed) {
		t.Errorf("%s gets what %s sends under the address of %s", to.name, from.name, other.name)
	}
}

// sendAs sends a UDP packet with any source address.
func sendAs(namespace string, source, to netip.Addr, number uint16, mark string) error {
	const udp, udpHeader = 17, 8
	size := udpHeader + len(mark)
	header := ipv4.Header{
		Version: ipv4.Version, Len: ipv4.HeaderLen, TotalLen: ipv4.HeaderLen + size, TTL: 64, Protocol: udp,
		Src: source.AsSlice(), Dst: to.AsSlice(),
	}
	packet, err := header.Marshal()
	if err != nil {
		return err
	}
	for _, field := range []uint16{40000, number, uint16(size), 0} { // zero: without a checksum
		packet = binary.BigEndian.AppendUint16(packet, field)
	}
	packet = append(packet, mark...)
	return vpc.InFile(namespace, func() error {
		socket, err := unix.Socket(
			unix.AF_INET,
			unix.SOCK_RAW|unix.SOCK_CLOEXEC,
			unix.IPPROTO_RAW,
		) // which implies IP_HDRINCL
		if err != nil {
			return err
		}
		defer unix.Close(socket)
		return unix.Sendto(socket, packet, 0, &unix.SockaddrInet4{Addr: to.As4()})
	})
}
