package command

import (
	"context"
	"fmt"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/pulumi/pulumi-go-provider/infer"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// Connection is how a host is reached.
type Connection struct {
	Endpoint

	Proxy *ProxyConnection `pulumi:"proxy,optional"` // a bastion to jump over; default: none
}

// ProxyConnection is how the bastion is reached.
type ProxyConnection struct{ Endpoint }

// Endpoint is an SSH server and the login there. The check of the inputs sets the defaults, but for the agent's.
type Endpoint struct {
	Host string   `pulumi:"host"`          // name or address
	Port *float64 `pulumi:"port,optional"` // default: 22

	User               *string `pulumi:"user,optional"`                                 // default: root
	Password           *string `pulumi:"password,optional" provider:"secret"`           // for password and keyboard-interactive
	PrivateKey         *string `pulumi:"privateKey,optional" provider:"secret"`         // OpenSSH or PEM; tried before the password
	PrivateKeyPassword *string `pulumi:"privateKeyPassword,optional" provider:"secret"` // for an encrypted key
	AgentSocketPath    *string `pulumi:"agentSocketPath,optional"`                      // default: $SSH_AUTH_SOCK, if set

	DialErrorLimit *int    `pulumi:"dialErrorLimit,optional"` // failures that are tried again, -1 for all; default: 10
	PerDialTimeout *int    `pulumi:"perDialTimeout,optional"` // seconds for the TCP connection, 0 for no limit; default: 15
	HostKey        *string `pulumi:"hostKey,optional"`        // in authorized_keys format; default: any key is accepted
}

var _ infer.Annotated = (*Endpoint)(nil)

// Annotate sets the defaults.
func (e *Endpoint) Annotate(a infer.Annotator) {
	a.SetDefault(&e.Port, 22)
	a.SetDefault(&e.User, "root")
	a.SetDefault(&e.DialErrorLimit, 10)
	a.SetDefault(&e.PerDialTimeout, 15)
}

func (e *Endpoint) address() string {
	return net.JoinHostPort(e.Host, strconv.Itoa(int(*e.Port)))
}

// config is the endpoint's SSH configuration. Its error never holds a key or password. The connection to the agent, if
// any, lasts until ctx is done.
func (e *Endpoint) config(ctx context.Context) (*ssh.ClientConfig, error) {
	config := &ssh.ClientConfig{
		User:            *e.User,
		HostKeyCallback: ssh.InsecureIgnoreHostKey(),
		Timeout:         time.Duration(*e.PerDialTimeout) * time.Second,
	}
	if e.HostKey != nil {
		key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(*e.HostKey))
		if err != nil {
			return nil, fmt.Errorf("failed to parse host key: %w", err)
		}
		config.HostKeyAlgorithms, config.HostKeyCallback = []string{key.Type()}, ssh.FixedHostKey(key)
	}
	if e.PrivateKey != nil {
		signer, err := e.signer()
		if err != nil {
			return nil, fmt.Errorf("private key: %w", err)
		}
		config.Auth = append(config.Auth, ssh.PublicKeys(signer))
	}
	if e.Password != nil {
		config.Auth = append(config.Auth, ssh.Password(*e.Password), ssh.KeyboardInteractive(e.answer))
	}
	socket := os.Getenv("SSH_AUTH_SOCK")
	if e.AgentSocketPath != nil {
		socket = *e.AgentSocketPath
	}
	if socket != "" {
		conn, err := net.Dial("unix", socket)
		if err != nil {
			return nil, fmt.Errorf("SSH agent: %w", err)
		}
		closeWhenDone(ctx, conn)
		config.Auth = append(config.Auth, ssh.PublicKeysCallback(agent.NewClient(conn).Signers))
	}
	return config, nil
}

func (e *Endpoint) signer() (ssh.Signer, error) {
	if e.PrivateKeyPassword != nil {
		return ssh.ParsePrivateKeyWithPassphrase([]byte(*e.PrivateKey), []byte(*e.PrivateKeyPassword))
	}
	return ssh.ParsePrivateKey([]byte(*e.PrivateKey))
}

// answer gives the password to every question of keyboard-interactive.
func (e *Endpoint) answer(_, _ string, questions []string, _ []bool) ([]string, error) {
	answers := make([]string, len(questions))
	for i := range answers {
		answers[i] = *e.Password
	}
	return answers, nil
}
