package e2e

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"hello-kubernetes/sandbox/vpc"
)

// metadata asks for a token of the instance's: a host gets one, and without it nothing. A pod on it, which would be the
// instance with one, gets none.
func metadata(t *testing.T, p *project) {
	for _, s := range newMatrix(t, p).sources {
		if s.host == "" {
			continue
		}
		if status, body, err := s.askMetadata(http.MethodGet, "meta-data/instance-id", 10*time.Second); status != http.StatusUnauthorized {
			t.Errorf("without a token %s is told %d %q, %v", s.name, status, body, err)
		}
		limit := 10 * time.Second
		if s.pod {
			limit = 3 * time.Second
		}
		status, token, err := s.askMetadata(http.MethodPut, "api/token", limit)
		if got := status == http.StatusOK && len(token) > 0; got == s.pod {
			t.Errorf("%s asks for a token and gets one: %v (%d, %v)", s.name, got, status, err)
		}
	}
}

// askMetadata asks the instance metadata service from the source's namespace.
func (s source) askMetadata(method, path string, limit time.Duration) (status int, body string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, "http://169.254.169.254/latest/"+path, nil)
	if err != nil {
		return 0, "", err
	}
	request.Header.Set("X-aws-ec2-metadata-token-ttl-seconds", "60")
	transport := &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, network, address string) (conn net.Conn, err error) {
			err = vpc.InFile(s.namespace, func() error {
				conn, err = (&net.Dialer{}).DialContext(ctx, network, address)
				return err
			})
			return conn, err
		},
	}
	response, err := transport.RoundTrip(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return response.StatusCode, strings.TrimSpace(string(text)), err
}
