package e2e

import (
	"bytes"
	"crypto/rand"
	"os"
	"sync"

	"golang.org/x/sys/unix"

	"hello-kubernetes/sandbox/vpc"
)

// A listener hears the marks of packets that arrive in a namespace, before anything there can filter them.
type listener struct {
	file  *os.File
	mu    sync.Mutex
	heard map[string]bool
}

// markHead begins every mark. As the first byte of a VXLAN packet, it is of one without a network: the kernel drops it.
const markHead = "packet:"

var markSize = len(newMark())

// newMark returns what tells a packet from all others.
func newMark() string { return markHead + rand.Text() }

// listen listens until the listener is closed.
func listen(namespace string) (*listener, error) {
	const ipPackets = 0x0008 // ETH_P_IP, in the network's byte order: unlike ETH_P_ALL, without those that leave
	var socket int
	err := vpc.InFile(namespace, func() (err error) {
		socket, err = unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, ipPackets)
		if err != nil {
			return err
		}
		return unix.SetsockoptInt(socket, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 8<<20)
	})
	if err != nil {
		return nil, err
	}
	l := &listener{file: os.NewFile(uintptr(socket), "packets"), heard: map[string]bool{}}
	go l.run()
	return l, nil
}

func (l *listener) run() {
	packet := make([]byte, 256)
	for {
		n, err := l.file.Read(packet)
		if err != nil {
			return // closed
		}
		if i := bytes.Index(packet[:n], []byte(markHead)); i >= 0 && i+markSize <= n {
			l.mu.Lock()
			l.heard[string(packet[i:i+markSize])] = true
			l.mu.Unlock()
		}
	}
}

func (l *listener) hears(mark string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.heard[mark]
}

func (l *listener) close() { l.file.Close() }
