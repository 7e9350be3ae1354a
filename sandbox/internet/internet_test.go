package internet

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"hello-kubernetes/sandbox/mirror"
)

// ports are the addresses of the sockets that were opened in the place of well-known ports.
type ports map[string]string

// serve starts the servers on free ports of loopback, with a mirror that has no files.
func serve(t *testing.T) (*Servers, ports) {
	t.Helper()
	cache := t.TempDir()
	hosts := []string{mirror.KubernetesHost, mirror.RegistryHost}
	if err := mirror.Publish(cache, mirror.Contents{Hosts: hosts}); err != nil {
		t.Fatal(err)
	}
	opened := ports{}
	name := func(network, address string) string {
		_, port, _ := strings.Cut(address, ":")
		return network + port
	}
	s := &Servers{
		Cache: cache, Address: netip.MustParseAddr("127.0.0.1"),
		Listen: func(network, address string) (net.Listener, error) {
			l, err := net.Listen(network, "127.0.0.1:0")
			if err == nil {
				opened[name(network, address)] = l.Addr().String()
			}
			return l, err
		},
		ListenPacket: func(network, address string) (net.PacketConn, error) {
			c, err := net.ListenPacket(network, "127.0.0.1:0")
			if err == nil {
				opened[name(network, address)] = c.LocalAddr().String()
			}
			return c, err
		},
	}
	ctx, stop := context.WithCancel(context.Background())
	ready, ended := make(chan bool), make(chan error, 1)
	go func() { ended <- s.Serve(ctx, func() { close(ready) }) }()
	select {
	case <-ready:
	case err := <-ended:
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("the servers end with %v", err)
		}
	})
	return s, opened
}

func TestNames(t *testing.T) {
	t.Parallel()
	_, opened := serve(t)
	for name, want := range map[string]string{
		"pkgs.k8s.io.": "127.0.0.1",
		"PKGS.k8s.io.": "127.0.0.1",
		"ip-10-0-1-20.sandbox-1.compute.internal.": "10.0.1.20",
		"ip-ten.sandbox-1.compute.internal.":       "",
		"no-such-name.invalid.":                    "",
	} {
		query := new(dns.Msg)
		query.SetQuestion(name, dns.TypeA)
		for _, network := range []string{"udp", "tcp"} {
			reply, _, err := (&dns.Client{Net: network}).Exchange(query, opened[network+"53"])
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			for _, record := range reply.Answer {
				got = record.(*dns.A).A.String()
			}
			if got != want || (want == "") != (reply.Rcode == dns.RcodeNameError) {
				t.Errorf("%s over %s is %q, %s; want %q", name, network, got, dns.RcodeToString[reply.Rcode], want)
			}
		}
	}
	query := new(dns.Msg)
	query.SetQuestion("pkgs.k8s.io.", dns.TypeAAAA)
	reply, _, err := new(dns.Client).Exchange(query, opened["udp53"])
	if err != nil || reply.Rcode != dns.RcodeSuccess || len(reply.Answer) != 0 {
		t.Errorf("IPv6 of a name: %v, %v; want an empty answer", reply, err)
	}
}

func TestHTTP(t *testing.T) {
	t.Parallel()
	_, opened := serve(t)
	for host, want := range map[string]string{
		"127.0.0.1":     "200 127.0.0.1\n",
		"203.0.113.200": "502 no server has this address\n",
		"pkgs.k8s.io":   "404 404 page not found\n",
	} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+opened["tcp80"]+"/", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Host = host
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		if got := fmt.Sprint(response.StatusCode, " ", string(body)); err != nil || got != want {
			t.Errorf("%s answers %q, %v; want %q", host, got, err, want)
		}
	}
}

// Connections to the mirror's hosts end at the mirror's certificate. Those to a host that does not exist fail.
func TestHTTPS(t *testing.T) {
	t.Parallel()
	s, opened := serve(t)
	authority, err := mirror.CA(s.Cache)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authority)
	config := &tls.Config{ServerName: "registry.k8s.io", RootCAs: roots, MinVersion: tls.VersionTLS12}
	conn, err := tls.Dial("tcp", opened["tcp443"], config)
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
	config.ServerName = "no-such-name.invalid"
	if _, err := tls.Dial("tcp", opened["tcp443"], config); err == nil {
		t.Error("the mirror answers for a host that it does not have")
	}
}
