package e2e

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"

	"hello-kubernetes/sandbox/vpc"
)

// A visit asks all the questions of one source at once, from its namespace. What counts is whether packets get through,
// not whether somebody listens: a refused connection has got through. Every visit has source ports of its own, as
// connections outlive the rule that let them in.
type visit struct {
	source    source
	questions []*question
	sockets   []int
	udp, icmp int // the sockets of all datagrams
}

// A question is a cell of the matrix, with its answer.
type question struct {
	cell
	to     netip.Addr
	socket int    // of tcp
	local  uint16 // the port of that
	mark   string // of datagrams; who asks looks for it at the target
	open   bool
	how    string // how that shows
}

// A SYN that is lost is sent again after a second.
const (
	rounds = 5
	round  = 500 * time.Millisecond
)

// run answers the questions about TCP, and sends the marks of the others.
func (v *visit) run() error {
	defer v.close()
	if err := vpc.InFile(v.source.namespace, v.openSockets); err != nil {
		return err
	}
	for n := range rounds {
		end := time.Now().Add(round)
		for _, q := range v.questions {
			if err := v.send(q, n); err != nil {
				return fmt.Errorf("%v: %w", q.cell, err)
			}
		}
		if err := v.wait(end); err != nil {
			return err
		}
	}
	return nil
}

func (v *visit) openSockets() (err error) {
	if v.udp, err = v.open(unix.SOCK_DGRAM, 0); err != nil {
		return err
	}
	if v.icmp, err = v.open(unix.SOCK_RAW, unix.IPPROTO_ICMP); err != nil {
		return err
	}
	for _, q := range v.questions {
		if q.Protocol != "tcp" {
			continue
		}
		if q.socket, err = v.open(unix.SOCK_STREAM, 0); err != nil {
			return err
		}
		err := unix.Connect(q.socket, &unix.SockaddrInet4{Port: q.First, Addr: q.to.As4()})
		if !errors.Is(err, unix.EINPROGRESS) {
			q.settle(err)
		}
		name, err := unix.Getsockname(q.socket)
		if err != nil {
			return err
		}
		q.local = uint16(name.(*unix.SockaddrInet4).Port)
	}
	return nil
}

func (v *visit) open(kind, protocol int) (socket int, err error) {
	socket, err = unix.Socket(unix.AF_INET, kind|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, protocol)
	if err != nil {
		return 0, err
	}
	v.sockets = append(v.sockets, socket)
	return socket, unix.Bind(socket, &unix.SockaddrInet4{Addr: v.source.address.As4()})
}

// settle takes the end of a connection's beginning for an answer.
func (q *question) settle(err error) {
	switch {
	case err == nil:
		q.open, q.how = true, "it connects"
	case errors.Is(err, unix.ECONNREFUSED):
		q.open, q.how = true, "it is refused"
	default:
		q.how = err.Error()
	}
}

// wait waits for connections.
func (v *visit) wait(end time.Time) error {
	for left := time.Until(end); left > 0; left = time.Until(end) {
		var waiting []*question
		var sockets []unix.PollFd
		for _, q := range v.questions {
			if q.Protocol == "tcp" && q.how == "" {
				waiting = append(waiting, q)
				sockets = append(sockets, unix.PollFd{Fd: int32(q.socket), Events: unix.POLLOUT})
			}
		}
		if _, err := unix.Poll(sockets, int(left/time.Millisecond)+1); err != nil && !errors.Is(err, unix.EINTR) {
			return err
		}
		for i, q := range waiting {
			if sockets[i].Revents == 0 {
				continue
			}
			code, err := unix.GetsockoptInt(q.socket, unix.SOL_SOCKET, unix.SO_ERROR)
			if err != nil {
				return err
			}
			if code == 0 {
				q.settle(nil)
			} else {
				q.settle(unix.Errno(code))
			}
		}
	}
	return nil
}

// send sends a question's datagram. That there is no way for it is an answer.
func (v *visit) send(q *question, sequence int) error {
	to := &unix.SockaddrInet4{Addr: q.to.As4()}
	var err error
	switch q.Protocol {
	case "udp":
		to.Port = q.First
		err = unix.Sendto(v.udp, []byte(q.mark), 0, to)
	case "icmp":
		var packet []byte
		if packet, err = v.message(q, sequence); err != nil {
			return err
		}
		err = unix.Sendto(v.icmp, packet, 0, to)
	}
	if errors.Is(err, unix.ENETUNREACH) || errors.Is(err, unix.EHOSTUNREACH) {
		return nil
	}
	return err
}

// close leaves nothing of the connections.
func (v *visit) close() {
	for _, socket := range v.sockets {
		_ = unix.SetsockoptLinger(
			socket,
			unix.SOL_SOCKET,
			unix.SO_LINGER,
			&unix.Linger{Onoff: 1},
		) // it is closed anyway
		unix.Close(socket)
	}
}
