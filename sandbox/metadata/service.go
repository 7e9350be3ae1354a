// Package metadata is EC2's instance metadata service, the IMDS, which tells an instance about itself at
// 169.254.169.254.
//
// It answers as the user guide says, to requests of both versions: IMDSv1, and IMDSv2, which needs a token.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html
package metadata

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"regexp"
	"strings"
	"time"

	"hello-kubernetes/sandbox/region"
)

// Service is the metadata service of a region.
type Service struct {
	region  func() (*region.State, error)
	clients func(*region.State) map[netip.Addr]string
	key     []byte // signs the tokens
}

// New returns a service that reads the region's record for each request. clients returns the instances' IDs by the
// addresses from which their requests come. A request while the record cannot be read gets status 503.
func New(read func() (*region.State, error), clients func(*region.State) map[netip.Addr]string) *Service {
	return &Service{read, clients, []byte(rand.Text())}
}

// Serve serves until ctx ends, and then returns http.ErrServerClosed. It fails when the listener does.
func (s *Service) Serve(ctx context.Context, listener net.Listener) error {
	server := &http.Server{
		Handler:           s,
		ReadHeaderTimeout: time.Minute,
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			return context.WithValue(ctx, connection{}, c)
		},
	}
	// As on EC2, a connection has one request: the hop limit of a token's answer is a setting of the connection.
	server.SetKeepAlivesEnabled(false)
	context.AfterFunc(ctx, func() { server.Close() })
	return server.Serve(listener)
}

// connection is the key in a request's context that has its connection.
type connection struct{}

var versions = regexp.MustCompile(`^(latest|1\.0|20\d\d-\d\d-\d\d)$`)

// ServeHTTP answers one request of an instance.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Server", "EC2ws")
	w.Header().Set("Content-Type", "text/plain")
	state, err := s.region()
	if err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	peer, _ := netip.ParseAddrPort(r.RemoteAddr)
	id := s.clients(state)[peer.Addr()]
	instance := state.Instances[id]
	version, path, nested := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if nested {
		path = "/" + path
	}
	switch {
	case instance == nil:
		fail(w, http.StatusNotFound)
	case instance.Metadata.HTTPEndpoint == "disabled":
		fail(w, http.StatusForbidden)
	case versions.MatchString(version) && path == "/api/token":
		s.token(w, r, id, instance.Metadata.HTTPPutResponseHopLimit)
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		fail(w, http.StatusMethodNotAllowed)
	case !s.admits(r, id, instance.Metadata.HTTPTokens):
		fail(w, http.StatusUnauthorized)
	case r.URL.Path == "/":
		fmt.Fprint(w, "latest")
	case !versions.MatchString(version):
		fail(w, http.StatusNotFound)
	default:
		answer(w, r, items(state, id), path)
	}
}

// answer serves an item, or the list of a folder.
func answer(w http.ResponseWriter, r *http.Request, all map[string]string, path string) {
	text, found := all[path]
	if !found {
		text, found = all[strings.TrimSuffix(path, "/")]
	}
	if !found && strings.HasSuffix(path, "/") {
		text = list(all, path)
		found = text != ""
	}
	switch {
	case found:
		_, _ = io.WriteString(w, text) // if the instance hears none of it, it asks again
	case list(all, path+"/") != "":
		http.Redirect(w, r, r.URL.Path+"/", http.StatusMovedPermanently)
	default:
		fail(w, http.StatusNotFound)
	}
}

func fail(w http.ResponseWriter, status int) { http.Error(w, http.StatusText(status), status) }
