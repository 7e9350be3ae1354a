package command

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"golang.org/x/crypto/ssh"
)

// password is what every server of the tests accepts, beside the user's key.
const password = "correct horse battery staple"

// A key is a key pair in the formats of a connection's input.
type key struct {
	signer          ssh.Signer
	private, public string // PEM and authorized_keys
}

func newKey(t *testing.T) key {
	t.Helper()
	_, secret, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(secret, "")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	return key{signer, string(pem.EncodeToMemory(block)), string(ssh.MarshalAuthorizedKey(signer.PublicKey()))}
}

// A server is an SSH server on loopback. It runs commands with sh and forwards connections, as a bastion does.
type server struct {
	user, host key
	accepts    []string // variables that a client may set
	port       int

	drop        atomic.Int32 // how many of the next connections it closes at once
	connections atomic.Int32 // how many were made, those dropped too
	mutex       sync.Mutex
	variables   []string    // what clients have tried to set
	abandoned   chan string // commands whose connection was closed before they ended
}

func newServer(t *testing.T, accepts ...string) *server {
	t.Helper()
	s := &server{user: newKey(t), host: newKey(t), accepts: accepts, abandoned: make(chan string, 10)}
	s.port = listen(t, s.serve)
	return s
}

// listen calls handle with every connection to a port of its own.
func listen(t *testing.T, handle func(net.Conn)) (port int) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
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
			go handle(conn)
		}
	}()
	return listener.Addr().(*net.TCPAddr).Port
}

func (s *server) config() *ssh.ServerConfig {
	config := &ssh.ServerConfig{
		PublicKeyCallback: func(_ ssh.ConnMetadata, offered ssh.PublicKey) (*ssh.Permissions, error) {
			if string(offered.Marshal()) != string(s.user.signer.PublicKey().Marshal()) {
				return nil, fmt.Errorf("not the user's key")
			}
			return nil, nil
		},
		PasswordCallback: func(_ ssh.ConnMetadata, offered []byte) (*ssh.Permissions, error) {
			if string(offered) != password {
				return nil, fmt.Errorf("wrong password")
			}
			return nil, nil
		},
	}
	config.AddHostKey(s.host.signer)
	return config
}

func (s *server) serve(conn net.Conn) {
	s.connections.Add(1)
	if s.drop.Add(-1) >= 0 {
		_ = conn.Close()
		return
	}
	client, channels, requests, err := ssh.NewServerConn(conn, s.config())
	if err != nil {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		_ = client.Wait()
		cancel()
	}()
	go ssh.DiscardRequests(requests)
	for channel := range channels {
		switch channel.ChannelType() {
		case "session":
			go s.session(ctx, channel)
		case "direct-tcpip":
			go forward(channel)
		}
	}
}

// session runs the one command of a session.
func (s *server) session(ctx context.Context, offer ssh.NewChannel) {
	channel, requests, err := offer.Accept()
	if err != nil {
		return
	}
	var environment []string
	for request := range requests {
		var payload struct{ Name, Value string }
		switch request.Type {
		case "env":
			_ = ssh.Unmarshal(request.Payload, &payload)
			s.mutex.Lock()
			s.variables = append(s.variables, payload.Name)
			s.mutex.Unlock()
			environment = append(environment, payload.Name+"="+payload.Value)
			_ = request.Reply(slices.Contains(s.accepts, payload.Name), nil)
		case "exec":
			var payload struct{ Command string }
			_ = ssh.Unmarshal(request.Payload, &payload)
			_ = request.Reply(true, nil)
			status := s.run(ctx, payload.Command, environment, channel)
			_, _ = channel.SendRequest("exit-status", false, ssh.Marshal(struct{ Status uint32 }{status}))
			_ = channel.Close()
		}
	}
}

func (s *server) run(ctx context.Context, text string, environment []string, channel ssh.Channel) uint32 {
	command := exec.CommandContext(ctx, "sh", "-c", text)
	command.Env = append(environment, "PATH=/usr/bin:/bin")
	command.Stdout, command.Stderr = channel, channel.Stderr()
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	command.Cancel = func() error { return syscall.Kill(-command.Process.Pid, syscall.SIGKILL) } // with the shell's children
	stdin, err := command.StdinPipe()
	if err != nil {
		return 255
	}
	go func() {
		_, _ = io.Copy(stdin, channel)
		_ = stdin.Close()
	}()
	_ = command.Run()
	if ctx.Err() != nil {
		s.abandoned <- text
	}
	return uint32(command.ProcessState.ExitCode())
}

// forward connects a channel with where it leads.
func forward(offer ssh.NewChannel) {
	var to struct {
		Host       string
		Port       uint32
		Origin     string
		OriginPort uint32
	}
	_ = ssh.Unmarshal(offer.ExtraData(), &to)
	conn, err := net.Dial("tcp", net.JoinHostPort(to.Host, fmt.Sprint(to.Port)))
	if err != nil {
		_ = offer.Reject(ssh.ConnectionFailed, err.Error())
		return
	}
	channel, requests, err := offer.Accept()
	if err != nil {
		return
	}
	go ssh.DiscardRequests(requests)
	go func() {
		_, _ = io.Copy(conn, channel)
		_ = conn.Close()
	}()
	_, _ = io.Copy(channel, conn)
	_ = channel.Close()
}

// keyBody is a line of a private key that nothing else holds.
func (k key) keyBody() string { return strings.Split(k.private, "\n")[1] }
