// Package internet serves what the sandbox's hosts reach beyond their VPC: DNS, HTTP and HTTPS. Requests for the
// mirror's hosts are answered from the mirror. All others go to the real servers, over new connections from this
// machine's own network, so that no packet of a sandbox's host leaves the machine.
package internet

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/netip"
	"slices"
	"time"

	"github.com/inetaf/tcpproxy"

	"hello-kubernetes/sandbox/mirror"
)

// Servers are a DNS, an HTTP and an HTTPS server at one address of the sandbox's internet. All fields are required.
type Servers struct {
	Cache   string     // the folder that the mirror serves
	Address netip.Addr // the servers' address, to which every name resolves
	// Listen and ListenPacket open sockets in the sandbox's internet.
	Listen       func(network, address string) (net.Listener, error)
	ListenPacket func(network, address string) (net.PacketConn, error)
}

// Serve opens all sockets, calls ready, and serves until ctx ends, which is no error. It fails when a socket cannot be
// opened, when the mirror's certificate cannot be made, and when a server stops by itself.
func (s *Servers) Serve(ctx context.Context, ready func()) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	servers := []func(context.Context) (func() error, error){s.http, s.https, s.dns}
	for _, start := range servers {
		run, err := start(ctx)
		if err != nil {
			return err
		}
		go func() { stop(run()) }()
	}
	ready()
	<-ctx.Done()
	if err := context.Cause(ctx); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// mirrored tells whether the mirror answers for a host. That can change while the servers run.
func (s *Servers) mirrored(name string) bool {
	hosts, err := mirror.Hosts(s.Cache)
	return err == nil && slices.Contains(hosts, name)
}

// handler answers a request from the mirror or passes it on to the real server. A client that names the server by its
// address is told its own: so it learns by which address it reaches the internet.
func (s *Servers) handler() http.Handler {
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, ResponseHeaderTimeout: time.Minute}
	own := mirror.Handler(s.Cache, transport)
	real := &httputil.ReverseProxy{Transport: transport, Rewrite: func(r *httputil.ProxyRequest) {
		r.Out.URL.Scheme, r.Out.URL.Host = "http", r.In.Host
	}}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if name, _, err := net.SplitHostPort(host); err == nil {
			host = name
		}
		switch {
		case s.mirrored(host):
			own.ServeHTTP(w, r)
		case host == s.Address.String():
			client, _, _ := net.SplitHostPort(r.RemoteAddr)
			fmt.Fprintln(w, client)
		case isAddress(host):
			http.Error(w, "no server has this address", http.StatusBadGateway)
		default:
			real.ServeHTTP(w, r)
		}
	})
}

func isAddress(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}

func (s *Servers) http(ctx context.Context) (func() error, error) {
	listener, err := s.Listen("tcp", netip.AddrPortFrom(s.Address, 80).String())
	if err != nil {
		return nil, fmt.Errorf("serve HTTP: %w", err)
	}
	server := &http.Server{Handler: s.handler(), ReadHeaderTimeout: time.Minute}
	context.AfterFunc(ctx, func() { server.Close() })
	return func() error { return server.Serve(listener) }, nil
}

// https answers for the mirror's hosts with the mirror's certificate. It passes connections to other hosts on to the
// real server without decrypting them.
func (s *Servers) https(ctx context.Context) (func() error, error) {
	config, err := mirror.TLSConfig(s.Cache)
	if err != nil {
		return nil, err
	}
	address := netip.AddrPortFrom(s.Address, 443).String()
	listener, err := s.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("serve HTTPS: %w", err)
	}
	own := &tcpproxy.TargetListener{Address: address}
	server := &http.Server{Handler: s.handler(), ReadHeaderTimeout: time.Minute}
	proxy := &tcpproxy.Proxy{ListenFunc: func(string, string) (net.Listener, error) { return listener, nil }}
	proxy.AddSNIRouteFunc(address, func(_ context.Context, name string) (tcpproxy.Target, bool) {
		if s.mirrored(name) {
			return own, true
		}
		real := &tcpproxy.DialProxy{Addr: net.JoinHostPort(name, "443"), DialTimeout: 10 * time.Second}
		return real, name != "" && !isAddress(name)
	})
	if err := proxy.Start(); err != nil {
		return nil, fmt.Errorf("serve HTTPS: %w", err)
	}
	context.AfterFunc(ctx, func() { errors.Join(proxy.Close(), server.Close()) })
	return func() error { return server.Serve(tls.NewListener(own, config)) }, nil
}
