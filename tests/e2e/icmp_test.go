package e2e

import (
	"encoding/binary"
	"errors"

	"golang.org/x/net/icmp"
	"golang.org/x/net/ipv4"
)

var (
	echo    = ports{"icmp", 8, 0}
	pathMTU = ports{"icmp", 3, 4}
)

// message returns an ICMP message: an echo request, or that of path MTU discovery.
func (v *visit) message(q *question, sequence int) ([]byte, error) {
	switch q.ports {
	case echo:
		body := &icmp.Echo{
			ID:   int(binary.BigEndian.Uint16([]byte(q.mark[len(markHead):]))),
			Seq:  sequence,
			Data: []byte(q.mark),
		}
		return (&icmp.Message{Type: ipv4.ICMPTypeEcho, Body: body}).Marshal(nil)
	case pathMTU:
		const mtu = 1500 // which it is anyway
		quote, err := v.quote(q)
		body := &icmp.RawBody{Data: append([]byte{0, 0, mtu >> 8, mtu & 0xff}, quote...)}
		packet, err2 := (&icmp.Message{Type: ipv4.ICMPTypeDestinationUnreachable, Code: pathMTU.Last, Body: body}).Marshal(
			nil,
		)
		return packet, errors.Join(err, err2)
	}
	return nil, errors.New("a message that probes cannot make")
}

// quote returns the beginning of a packet from a question's target that was too big: of a connection to it that is
// open, because without one its Elastic IP is not translated, or else of one that there might be.
func (v *visit) quote(q *question) ([]byte, error) {
	const tcp, tcpHeader = 6, 20
	header := ipv4.Header{
		Version: ipv4.Version, Len: ipv4.HeaderLen, TotalLen: 1500, TTL: 64, Protocol: tcp,
		Src: q.to.AsSlice(), Dst: v.source.address.AsSlice(),
	}
	quote, err := header.Marshal()
	if err != nil {
		return nil, err
	}
	from, to := uint16(80), uint16(40000)
	for _, other := range v.questions {
		if other.Protocol == "tcp" && other.open && other.to == q.to {
			from, to = uint16(other.First), other.local
		}
	}
	quote = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(quote, from), to)
	rest := make([]byte, tcpHeader-4) // NAT changes the checksum in it
	return append(append(quote, rest...), q.mark...), nil
}
