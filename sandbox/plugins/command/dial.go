package command

import (
	"context"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"

	provider "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/retry"
	"golang.org/x/crypto/ssh"
)

// dial connects to the host, through the bastion if there is one. Failures are tried again up to the endpoint's limit.
// All that it opens is closed when ctx is done.
func (c *Connection) dial(ctx context.Context) (*ssh.Client, error) {
	config, err := c.config(ctx)
	if err != nil {
		return nil, err
	}
	if c.Proxy == nil {
		return c.connect(ctx, "Dial", config)
	}
	client, err := c.jump(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("proxy: %w", err)
	}
	return client, nil
}

// connect makes a client over TCP. The TCP connection and the handshake are tried again together.
func (e *Endpoint) connect(ctx context.Context, what string, config *ssh.ClientConfig) (*ssh.Client, error) {
	dialer := net.Dialer{Timeout: config.Timeout}
	return again(ctx, what, *e.DialErrorLimit, func() (*ssh.Client, error) {
		conn, err := dialer.DialContext(ctx, "tcp", e.address())
		if err != nil {
			return nil, err
		}
		return e.handshake(ctx, conn, config)
	})
}

// jump makes a client over the bastion. As in the official plugin, a handshake that failed is tried again on the same
// channel: the first failure has closed it, so the last error says no more than that.
func (c *Connection) jump(ctx context.Context, config *ssh.ClientConfig) (*ssh.Client, error) {
	proxy, err := c.Proxy.config(ctx)
	if err != nil {
		return nil, err
	}
	bastion, err := c.Proxy.connect(ctx, "Dial proxy", proxy)
	if err != nil {
		return nil, err
	}
	conn, err := again(ctx, "Dial from proxy", *c.DialErrorLimit, func() (net.Conn, error) {
		return bastion.DialContext(ctx, "tcp", c.address())
	})
	if err != nil {
		return nil, err
	}
	return again(ctx, "Dial", *c.DialErrorLimit, func() (*ssh.Client, error) { return c.handshake(ctx, conn, config) })
}

func (e *Endpoint) handshake(ctx context.Context, conn net.Conn, config *ssh.ClientConfig) (*ssh.Client, error) {
	closeWhenDone(ctx, conn)
	client, channels, requests, err := ssh.NewClientConn(conn, e.address(), config)
	if err != nil {
		return nil, because(ctx, err)
	}
	return ssh.NewClient(client, channels, requests), nil
}

// closeWhenDone closes c when ctx is done. It does so beside everything else, as the channel of a bastion that has
// vanished may not close before the bastion's own connection.
func closeWhenDone(ctx context.Context, c io.Closer) {
	context.AfterFunc(ctx, func() { _ = c.Close() })
}

// again runs attempt until it succeeds or has failed more often than limit, whatever the reason; a negative limit is
// none. The pauses are those of the official plugin: 100 ms, then 1.5 times as long each time, up to five seconds.
func again[T any](ctx context.Context, what string, limit int, attempt func() (T, error)) (result T, _ error) {
	bound := "inf"
	if limit >= 0 {
		bound = strconv.Itoa(limit)
	}
	done, _, err := retry.Until(ctx, retry.Acceptor{Accept: func(failures int, _ time.Duration) (bool, any, error) {
		var err error
		result, err = attempt()
		switch {
		case err == nil:
			return true, nil, nil
		case ctx.Err() != nil:
			return false, nil, because(ctx, err)
		case limit >= 0 && failures >= limit:
			return false, nil, fmt.Errorf("after %d failed attempts: %w", failures, err)
		}
		provider.GetLogger(ctx).InfoStatusf("%s %d/%s failed: retrying", what, failures+1, bound)
		return false, nil, nil
	}})
	if err == nil && !done {
		err = ctx.Err()
	}
	return result, err
}

// because returns why ctx is done, if it is, instead of err, which is what came of it.
func because(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}
