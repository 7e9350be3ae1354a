package internet

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// dns resolves the names of instances (ip-10-0-0-10.sandbox-1.compute.internal) to their addresses, and every other
// name that exists to the address of the sandbox's internet.
func (s *Servers) dns(ctx context.Context) (func() error, error) {
	address := netip.AddrPortFrom(s.Address, 53).String()
	packets, err := s.ListenPacket("udp", address)
	if err != nil {
		return nil, fmt.Errorf("serve DNS: %w", err)
	}
	listener, err := s.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("serve DNS: %w", err)
	}
	handler := dns.HandlerFunc(s.answer)
	udp, tcp := &dns.Server{PacketConn: packets, Handler: handler}, &dns.Server{Listener: listener, Handler: handler}
	context.AfterFunc(ctx, func() { errors.Join(udp.Shutdown(), tcp.Shutdown()) })
	return func() error {
		failed := make(chan error, 2)
		go func() { failed <- udp.ActivateAndServe() }()
		go func() { failed <- tcp.ActivateAndServe() }()
		return <-failed
	}, nil
}

func (s *Servers) answer(w dns.ResponseWriter, query *dns.Msg) {
	reply := new(dns.Msg)
	reply.SetReply(query)
	reply.RecursionAvailable = true
	if len(query.Question) == 1 {
		question := query.Question[0]
		address, found := s.resolve(strings.ToLower(strings.TrimSuffix(question.Name, ".")))
		switch {
		case !found:
			reply.Rcode = dns.RcodeNameError
		case question.Qtype == dns.TypeA:
			reply.Answer = []dns.RR{&dns.A{
				Hdr: dns.RR_Header{Name: question.Name, Rrtype: dns.TypeA, Class: dns.ClassINET, Ttl: 60},
				A:   net.IP(address.AsSlice()),
			}}
		}
	}
	_ = w.WriteMsg(reply) // a client that got nothing asks again
}

// resolve returns the address of a name, and false when there is no such name.
func (s *Servers) resolve(name string) (netip.Addr, bool) {
	host, domain, _ := strings.Cut(name, ".")
	if private, ok := strings.CutPrefix(host, "ip-"); ok && strings.HasSuffix(domain, ".compute.internal") {
		address, err := netip.ParseAddr(strings.ReplaceAll(private, "-", "."))
		return address, err == nil
	}
	if s.mirrored(name) {
		return s.Address, true
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	addresses, err := net.DefaultResolver.LookupNetIP(ctx, "ip4", name)
	return s.Address, err == nil && len(addresses) > 0
}
