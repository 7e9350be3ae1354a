package vpc

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"testing"
	"time"
)

const (
	patience = 5 * time.Second        // for an answer that must come
	silence  = 300 * time.Millisecond // after which none comes; all of the lab is a hop or two away
)

// probe is one question from a namespace to a server of serve, or a ping if the network is icmp.
type probe struct {
	in      string     // a namespace
	from    netip.Addr // zero for the namespace's own choice
	network string
	to      netip.Addr
	port    int
}

func (p probe) String() string {
	return fmt.Sprintf("%s from %s (%v) to %v:%d", p.network, p.in, p.from, p.to, p.port)
}

// sees asserts that a probe is answered and that the server saw it come from source. For a ping, source is the address
// that was pinged.
func (l *lab) sees(source netip.Addr, p probe) {
	l.Helper()
	if got, err := l.ask(p, patience); got != source.String() {
		l.Errorf("%s: the answer is %q (%v), want %s", p, got, err, source)
	}
}

// opens asserts that a probe is answered as sees does, or that it is not.
func (l *lab) opens(open bool, source netip.Addr, p probe) {
	l.Helper()
	if open {
		l.sees(source, p)
	} else {
		l.blocked(p)
	}
}

// blocked asserts that a probe has no answer.
func (l *lab) blocked(p probe) {
	l.Helper()
	if got, _ := l.ask(p, silence); got != "" {
		l.Errorf("%s: the answer is %s, want none", p, got)
	}
}

// arrives tells whether a datagram reaches a server from which no answer can come back. No other one may have come from
// the same source before.
func (l *lab) arrives(p probe, namespace string) bool {
	l.Helper()
	l.blocked(p)
	_, ok := l.heard.Load(namespace + " " + p.from.String())
	return ok
}

// ask repeats a probe until it has an answer or the deadline has passed.
func (l *lab) ask(p probe, deadline time.Duration) (answer string, err error) {
	l.Helper()
	l.in(p.in, func() error {
		ctx, cancel := context.WithTimeout(l.Context(), deadline)
		defer cancel()
		try := p.exchange
		if p.network == "icmp" {
			try = p.ping
		}
		for answer == "" && ctx.Err() == nil {
			answer, err = try(ctx)
		}
		return nil
	})
	return answer, err
}

func (p probe) exchange(ctx context.Context) (string, error) {
	var dialer net.Dialer
	switch {
	case !p.from.IsValid():
	case p.network == "tcp":
		dialer.LocalAddr = net.TCPAddrFromAddrPort(netip.AddrPortFrom(p.from, 0))
	default:
		dialer.LocalAddr = net.UDPAddrFromAddrPort(netip.AddrPortFrom(p.from, 0))
	}
	conn, err := dialer.DialContext(ctx, p.network, netip.AddrPortFrom(p.to, uint16(p.port)).String())
	if err != nil {
		return "", err
	}
	return question(ctx, conn, []byte("?"))
}

// question sends a packet every 50 ms until something comes back.
func question(ctx context.Context, conn net.Conn, packet []byte) (string, error) {
	defer conn.Close()
	buffer := make([]byte, 128)
	for {
		if _, err := conn.Write(packet); err != nil {
			return "", err
		}
		if err := conn.SetReadDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
			return "", err
		}
		n, err := conn.Read(buffer)
		if n > 0 || ctx.Err() != nil {
			return string(buffer[:n]), err
		}
	}
}

func (p probe) ping(ctx context.Context) (string, error) {
	dialer := net.Dialer{}
	if p.from.IsValid() {
		dialer.LocalAddr = &net.IPAddr{IP: ip(p.from)}
	}
	conn, err := dialer.DialContext(ctx, "ip4:icmp", p.to.String())
	if err != nil {
		return "", err
	}
	request := []byte{8, 0, 0, 0, 'h', 'k', 0, 1} // echo
	binary.BigEndian.PutUint16(request[2:], checksum(request))
	if _, err := question(ctx, conn, request); err != nil {
		return "", err
	}
	return p.to.String(), nil
}

func checksum(packet []byte) uint16 {
	var sum uint32
	for i := 0; i < len(packet); i += 2 {
		sum += uint32(binary.BigEndian.Uint16(packet[i:]))
	}
	return ^uint16(sum + sum>>16)
}

func TestChecksum(t *testing.T) {
	t.Parallel()
	packet := []byte{8, 0, 0, 0, 'h', 'k', 0, 1}
	binary.BigEndian.PutUint16(packet[2:], checksum(packet))
	if got := checksum(packet); got != 0 {
		t.Errorf("checksum of a packet with its checksum is %d, want 0", got)
	}
}
