package command

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
	"google.golang.org/protobuf/types/known/emptypb"
)

func TestLogins(t *testing.T) {
	t.Parallel()
	_, secret, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKeyWithPassphrase(secret, "", []byte("passphrase"))
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	for name, login := range map[string]values{
		"encrypted key": {"privateKey": string(pem.EncodeToMemory(block)), "privateKeyPassword": "passphrase"},
		"password":      {"password": password},
		"agent":         {"agentSocketPath": serveAgent(t, secret)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, b := newServer(t), newBench(t)
			s.user.signer = signer
			connection := s.connection(login)
			if login["privateKey"] == nil {
				delete(connection, "privateKey")
			}
			b.create(values{"connection": connection, "create": "true"})
		})
	}
}

func serveAgent(t *testing.T, secret ed25519.PrivateKey) (socket string) {
	t.Helper()
	keys := agent.NewKeyring()
	if err := keys.Add(agent.AddedKey{PrivateKey: secret}); err != nil {
		t.Fatal(err)
	}
	socket = filepath.Join(t.TempDir(), "agent")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() { _ = agent.ServeAgent(keys, conn) }()
		}
	}()
	return socket
}

// TestRetries counts the connections to a server that closes the first ones before it has greeted.
func TestRetries(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		drop, limit int
		connections int32
		fails       string
	}{
		"below the limit": {2, 3, 3, ""},
		"at the limit":    {3, 3, 4, ""},
		"over the limit":  {9, 3, 4, "after 3 failed attempts: "},
		"no retries":      {9, 0, 1, "after 0 failed attempts: "},
		"no limit":        {4, -1, 5, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, b := newServer(t), newBench(t)
			s.drop.Store(int32(c.drop))
			_, err := b.try(values{"connection": s.connection(values{"dialErrorLimit": c.limit}), "create": "true"}, 0)
			if (err != nil) != (c.fails != "") || err != nil && !strings.Contains(err.Error(), c.fails) {
				t.Errorf("%v", err)
			}
			if got := s.connections.Load(); got != c.connections {
				t.Errorf("%d connections", got)
			}
		})
	}
}

func TestBastion(t *testing.T) {
	t.Parallel()
	closed := listen(t, func(c net.Conn) { _ = c.Close() })
	for name, c := range map[string]struct {
		change                func(s, bastion *server, connection, proxy values)
		connections, bastions int32
		fails                 string
	}{
		"jump":                      {func(*server, *server, values, values) {}, 1, 1, ""},
		"the bastion is late":       {func(_, bastion *server, _, _ values) { bastion.drop.Store(2) }, 1, 3, ""},
		"the bastion is down":       {func(_, bastion *server, _, _ values) { bastion.drop.Store(9) }, 0, 3, "proxy: after 2 failed attempts: "},
		"the host drops":            {func(s, _ *server, _, _ values) { s.drop.Store(1) }, 1, 1, "proxy: after 2 failed attempts: ssh: handshake failed: "},
		"the host is no SSH server": {func(_, _ *server, c, _ values) { c["port"] = float64(closed) }, 0, 1, "proxy: after 2 failed attempts: ssh: handshake failed: "},
		"the host is down":          {func(_, _ *server, c, _ values) { c["port"] = 1.0 }, 0, 1, "proxy: after 2 failed attempts: "},
		"the host's key":            {func(s, bastion *server, c, p values) { c["hostKey"], p["hostKey"] = s.host.public, bastion.host.public }, 1, 1, ""},
		"another host's key":        {func(_, bastion *server, c, _ values) { c["hostKey"] = bastion.host.public }, 1, 1, "proxy: after 2 failed attempts: ssh: handshake failed: "},
		"another bastion's key":     {func(s, _ *server, _, p values) { p["hostKey"] = s.host.public }, 0, 3, "proxy: after 2 failed attempts: ssh: handshake failed: ssh: host key mismatch"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, bastion, b := newServer(t), newServer(t), newBench(t)
			proxy := bastion.connection()
			connection := s.connection(values{"proxy": proxy})
			c.change(s, bastion, connection, proxy)
			_, err := b.try(values{"connection": connection, "create": "true"}, 0)
			if (err != nil) != (c.fails != "") || err != nil && !strings.Contains(err.Error(), c.fails) {
				t.Errorf("%v", err)
			}
			if got := s.connections.Load(); got != c.connections {
				t.Errorf("%d connections to the host", got)
			}
			if got := bastion.connections.Load(); got != c.bastions {
				t.Errorf("%d connections to the bastion", got)
			}
		})
	}
}

func TestHostKey(t *testing.T) {
	t.Parallel()
	s, b, other := newServer(t), newBench(t), newKey(t)
	with := func(hostKey string) (values, int32) {
		return values{"connection": s.connection(values{"hostKey": hostKey}), "create": "true"}, s.connections.Load()
	}
	inputs, _ := with(s.host.public)
	b.create(inputs)

	inputs, before := with(other.public)
	_, err := b.try(inputs, 0)
	if err == nil {
		t.Fatal("another key is accepted")
	}
	if !strings.Contains(err.Error(), "host key mismatch") {
		t.Errorf("another key: %v", err)
	}
	if tries := s.connections.Load() - before; tries != 3 {
		t.Errorf("another key is tried %d times, want as often as any failure", tries)
	}

	inputs, before = with(
		"ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBGsX0lFw0Jml9rK3Hn0Q8zQ8b2m5l1Yh2yZ7V8o2mYwq",
	)
	if _, err = b.try(inputs, 0); err == nil || !strings.Contains(err.Error(), "host key") {
		t.Errorf("a broken key: %v", err)
	}
	if s.connections.Load() != before {
		t.Error("a broken key connects")
	}
}

// TestSilence connects to servers that take the connection and never greet: a timeout or a cancel ends that.
func TestSilence(t *testing.T) {
	t.Parallel()
	silent := listen(t, func(conn net.Conn) {
		<-t.Context().Done()
		_ = conn.Close()
	})
	for name, over := range map[string]bool{"host": false, "host over bastion": true} {
		for how, timeout := range map[string]float64{"timeout": 1, "cancel": 0} {
			t.Run(name+", "+how, func(t *testing.T) {
				t.Parallel()
				bastion, b := newServer(t), newBench(t)
				connection := values{"host": "127.0.0.1", "port": float64(silent), "dialErrorLimit": -1}
				if over {
					connection["proxy"] = bastion.connection()
				}
				if timeout == 0 {
					time.AfterFunc(
						200*time.Millisecond,
						func() { _, _ = b.plugin.Cancel(t.Context(), &emptypb.Empty{}) },
					)
				}
				begin := time.Now()
				_, err := b.try(values{"connection": connection, "create": "true"}, timeout)
				if err == nil || !strings.Contains(err.Error(), "context ") {
					t.Errorf("%v", err)
				}
				if took := time.Since(begin); took > 3*time.Second {
					t.Errorf("took %v", took)
				}
			})
		}
	}
}

// TestErrorsHoldNoSecrets collects what is said when things go wrong in every way.
func TestErrorsHoldNoSecrets(t *testing.T) {
	t.Parallel()
	s, bastion, b, stranger := newServer(t), newServer(t), newBench(t), newKey(t)
	broken := strings.Replace(s.user.private, s.user.keyBody(), s.user.keyBody()[1:], 1)
	secrets := []string{s.user.keyBody()[1:], bastion.user.keyBody(), stranger.keyBody(), "the input", "a secret word"}
	for name, inputs := range map[string]values{
		"broken key":      {"connection": s.connection(values{"privateKey": broken})},
		"no key":          {"connection": s.connection(values{"privateKey": "a secret word"})},
		"wrong key":       {"connection": s.connection(values{"privateKey": stranger.private})},
		"wrong password":  {"connection": values{"host": "127.0.0.1", "port": float64(s.port), "password": "a secret word", "dialErrorLimit": 0}},
		"passphrase":      {"connection": s.connection(values{"privateKeyPassword": "a secret word"})},
		"wrong proxy key": {"connection": s.connection(values{"proxy": bastion.connection(values{"privateKey": stranger.private})})},
		"agent":           {"connection": s.connection(values{"agentSocketPath": "/nonexistent"})},
		"host key":        {"connection": s.connection(values{"hostKey": stranger.public})},
		"failure":         {"create": "cat >/dev/null; exit 1"},
		"environment":     {"create": "true", "environment": values{"KEY": "a secret word"}},
	} {
		t.Run(name, func(t *testing.T) {
			all := s.command(values{"create": "true", "stdin": "the input"})
			for property, value := range inputs {
				all[property] = value
			}
			_, err := b.try(all, 0)
			if err == nil {
				t.Fatal("no error")
			}
			for _, secret := range secrets {
				if strings.Contains(err.Error()+strings.Join(b.messages(), "\n"), secret) {
					t.Errorf("%q is in %v", secret, err)
				}
			}
		})
	}
}
