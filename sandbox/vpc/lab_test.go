package vpc

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"hello-kubernetes/sandbox/region"
)

// lab is a region whose namespaces are not connected with the machine.
type lab struct {
	*testing.T
	state  *region.State
	prefix string
	heard  sync.Map // "namespace source" of each datagram that came to a server
}

var labs atomic.Int32

// newLab builds the network of a region. A test can change the state and call apply again.
func newLab(t *testing.T, state *region.State) *lab {
	t.Helper()
	needRoot(t)
	l := &lab{T: t, state: state, prefix: fmt.Sprintf("hkt%d.%d-", os.Getpid(), labs.Add(1))}
	l.Cleanup(l.remove)
	l.apply()
	return l
}

func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() == 0 {
		return
	}
	if os.Getenv("CI") == "true" {
		t.Fatal("network namespaces need root: run the tests as root in CI")
	}
	t.Skip("network namespaces need root: run this test with sudo")
}

func (l *lab) remove() {
	if err := removeNamespaces(context.Background(), l.prefix, nil); err != nil {
		l.Error(err)
	}
}

func (l *lab) plan() Network { return plan(l.state, l.prefix, false) }

func (l *lab) apply() {
	l.Helper()
	if err := Apply(l.Context(), l.plan()); err != nil {
		l.Fatal(err)
	}
}

// in calls f in a namespace.
func (l *lab) in(namespace string, f func() error) {
	l.Helper()
	call := func() error { return In(l.prefix+namespace, f) }
	if namespace == "" {
		call = f
	}
	if err := call(); err != nil {
		l.Fatalf("%s: %v", namespace, err)
	}
}

// run runs a command in a namespace, with input.
func (l *lab) run(namespace, input string, command ...string) string {
	l.Helper()
	var out []byte
	l.in(namespace, func() (err error) {
		c := exec.CommandContext(l.Context(), command[0], command[1:]...)
		c.Stdin = bytes.NewBufferString(input)
		if out, err = c.CombinedOutput(); err != nil {
			return fmt.Errorf("%v: %w: %s", command, err, out)
		}
		return nil
	})
	return string(out)
}

// serve listens in a namespace on each port, TCP and UDP, and answers everybody with the address that it sees.
func (l *lab) serve(namespace string, ports ...int) {
	l.Helper()
	for _, port := range ports {
		l.in(namespace, func() error { return l.answer(namespace, port) })
	}
}

// answer is serve for one port, in the namespace of the thread.
func (l *lab) answer(namespace string, port int) error {
	address := fmt.Sprintf("0.0.0.0:%d", port)
	listener, err := net.Listen("tcp4", address)
	if err != nil {
		return err
	}
	l.Cleanup(func() { listener.Close() })
	packets, err := net.ListenPacket("udp4", address)
	if err != nil {
		return err
	}
	l.Cleanup(func() { packets.Close() })
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			fmt.Fprint(c, c.RemoteAddr().(*net.TCPAddr).IP)
			c.Close()
		}
	}()
	go func() {
		buffer := make([]byte, 64)
		for {
			_, from, err := packets.ReadFrom(buffer)
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err == nil {
				source := from.(*net.UDPAddr).IP.String()
				l.heard.Store(namespace+" "+source, true)
				_, _ = packets.WriteTo([]byte(source), from)
			}
		}
	}()
	return nil
}

// config returns how all namespaces are configured.
func (l *lab) config() string {
	l.Helper()
	return l.inspect(`
		ip -4 -br address | awk '{ sub(/@.*/, "", $1); print $1, $3 }' | sort
		ip -4 route show table all | sed 's/ linkdown//' | sort # which passes
		ip -4 rule
		nft -s list ruleset`)
}

// inspect runs a shell script in each namespace.
func (l *lab) inspect(script string) string {
	l.Helper()
	var all strings.Builder
	for _, n := range l.plan().Namespaces {
		fmt.Fprintf(&all, "# %s\n%s", n.Name, l.run(n.Name, "", "sh", "-ec", script))
	}
	return all.String()
}
