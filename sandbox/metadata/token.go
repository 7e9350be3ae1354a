package metadata

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"

	"golang.org/x/net/ipv4"
)

const (
	tokenHeader = "X-aws-ec2-metadata-token"
	lifeHeader  = "X-aws-ec2-metadata-token-ttl-seconds"
	longestLife = 21600 // seconds
)

// token answers a request for a token. The answer gets no further than hops away from the instance's interface, so that
// a container or a proxy cannot fetch one.
func (s *Service) token(w http.ResponseWriter, r *http.Request, id string, hops int) {
	if r.Method != http.MethodPut {
		w.Header().Set("Allow", "OPTIONS, PUT")
		fail(w, http.StatusMethodNotAllowed)
		return
	}
	// The VPC's router is a hop, too. The limit is never lifted, because the kernel may send the answer several times.
	conn, ok := r.Context().Value(connection{}).(net.Conn)
	if !ok || ipv4.NewConn(conn).SetTTL(hops+1) != nil {
		fail(w, http.StatusServiceUnavailable)
		return
	}
	life, err := strconv.Atoi(r.Header.Get(lifeHeader))
	switch {
	case r.Header.Values("X-Forwarded-For") != nil: // from a proxy that somebody abuses
		fail(w, http.StatusForbidden)
	case err != nil || life < 1 || life > longestLife:
		fail(w, http.StatusBadRequest)
	default:
		w.Header().Set(lifeHeader, strconv.Itoa(life))
		_, _ = io.WriteString(w, s.mint(id, time.Now().Add(time.Duration(life)*time.Second)))
	}
}

// admits tells whether a request may read an instance's metadata: with a token of the instance or, if tokens are
// optional, without.
func (s *Service) admits(r *http.Request, id, tokens string) bool {
	token := r.Header.Get(tokenHeader)
	if token == "" {
		return tokens != "required"
	}
	return s.valid(token, id, time.Now())
}

// mint returns a token for an instance: the time until which it is valid, and a signature of both.
func (s *Service) mint(id string, end time.Time) string {
	body := binary.BigEndian.AppendUint64(nil, uint64(end.UnixMilli()))
	return base64.URLEncoding.EncodeToString(append(body, s.sign(id, body)...))
}

func (s *Service) valid(token, id string, now time.Time) bool {
	raw, err := base64.URLEncoding.DecodeString(token)
	if err != nil || len(raw) < 8 {
		return false
	}
	return hmac.Equal(raw[8:], s.sign(id, raw[:8])) && uint64(now.UnixMilli()) < binary.BigEndian.Uint64(raw)
}

func (s *Service) sign(id string, body []byte) []byte {
	mac := hmac.New(sha256.New, s.key)
	mac.Write(body)
	mac.Write([]byte(id))
	return mac.Sum(nil)
}
