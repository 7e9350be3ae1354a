package vpc

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"testing"
	"time"

	"hello-kubernetes/sandbox/region"
)

func TestSecurityGroups(t *testing.T) {
	t.Parallel()
	l := newLab(t, cluster())
	l.serve(controlPlane, 6443, 22, 8472)
	l.serve(worker1, 22, 8472, 30000, 32767, 32768)
	l.serve(worker2, 8472, 6443)

	l.sees(worker1IP, probe{worker1, none, "tcp", controlPlaneIP, 6443})       // by group
	l.sees(controlPlaneIP, probe{controlPlane, none, "tcp", worker1IP, 30000}) // a range of ports
	l.sees(controlPlaneIP, probe{controlPlane, none, "tcp", worker1IP, 32767})
	l.sees(worker1IP, probe{worker1, none, "udp", worker2IP, 8472}) // within a subnet and a group
	l.blocked(probe{controlPlane, none, "tcp", worker1IP, 32768})
	l.blocked(probe{worker1, none, "tcp", controlPlaneIP, 22})
	l.blocked(probe{worker1, none, "tcp", controlPlaneIP, 8472}) // udp only
	l.blocked(probe{worker1, none, "tcp", worker2IP, 6443})
	l.blocked(probe{worker1, none, "icmp", worker2IP, 0})

	allow(l.state, in(workerSG, workerSG, "icmp", 8, -1, "ping"))
	l.apply()
	l.sees(worker2IP, probe{worker1, none, "icmp", worker2IP, 0})
}

// A connection needs a rule at both ends.
func TestBothEndsAllow(t *testing.T) {
	t.Parallel()
	state := cluster()
	l := newLab(t, state)
	l.serve(worker2, 5000)
	to := probe{worker1, none, "tcp", worker2IP, 5000}
	state.SecurityGroups["sg-a"] = &region.SecurityGroup{VPC: theVPC}
	state.SecurityGroups["sg-b"] = &region.SecurityGroup{VPC: theVPC}
	allow(state, in("sg-b", "sg-a", "-1", -1, -1, `all, "quoted"`))
	for _, step := range []struct {
		groups1, groups2 []string
		open             bool
	}{
		{[]string{workerSG, "sg-a"}, []string{workerSG}, false},
		{[]string{workerSG}, []string{workerSG, "sg-b"}, false},
		{[]string{workerSG, "sg-a"}, []string{workerSG, "sg-b"}, true},
		{[]string{workerSG, "sg-b"}, []string{workerSG, "sg-a"}, false},
		{nil, nil, false},
	} {
		state.Instances[worker1].Groups, state.Instances[worker2].Groups = step.groups1, step.groups2
		l.apply()
		l.opens(step.open, worker1IP, to)
	}
}

// An instance in two groups has the rules of both, and is the other end of rules that name either.
func TestSeveralGroups(t *testing.T) {
	t.Parallel()
	state := cluster()
	state.SecurityGroups["sg-a"] = &region.SecurityGroup{VPC: theVPC}
	state.SecurityGroups["sg-b"] = &region.SecurityGroup{VPC: theVPC}
	state.Instances[worker2].Groups = []string{"sg-a", "sg-b"}
	allow(state,
		in("sg-a", workerSG, "tcp", 5000, 5000, "to a"), in("sg-b", workerSG, "tcp", 5001, 5001, "to b"),
		in(workerSG, "sg-a", "tcp", 5002, 5002, "from a"), in(workerSG, "sg-b", "tcp", 5003, 5003, "from b"))
	l := newLab(t, state)
	l.serve(worker1, 5002, 5003, 5004)
	l.serve(worker2, 5000, 5001, 5004)
	check := func(b bool) {
		t.Helper()
		for port, open := range map[int]bool{5000: true, 5001: b, 5004: false} {
			l.opens(open, worker1IP, probe{worker1, none, "tcp", worker2IP, port})
		}
		for port, open := range map[int]bool{5002: true, 5003: b, 5004: false} {
			l.opens(open, worker2IP, probe{worker2, none, "tcp", worker1IP, port})
		}
	}
	check(true)
	state.Instances[worker2].Groups = []string{"sg-a"}
	l.apply()
	check(false)
}

// Answers need no rule. Without its rule a connection cannot be opened, but one that is open goes on.
func TestRemovedRule(t *testing.T) {
	t.Parallel()
	l := newLab(t, cluster())
	l.serve(controlPlane, 6443)
	api := probe{worker1, none, "tcp", controlPlaneIP, 6443}
	l.sees(worker1IP, api)

	var conn net.Conn
	l.in(controlPlane, func() error {
		server, err := net.Listen("tcp4", "0.0.0.0:443")
		if err == nil {
			l.Cleanup(func() { server.Close() })
			go func() {
				if c, err := server.Accept(); err == nil {
					_, _ = fmt.Fprintln(c, "hello")
					answer, _ := bufio.NewReader(c).ReadString('\n')
					_, _ = fmt.Fprint(c, answer)
				}
			}()
		}
		return err
	})
	l.in(worker1, func() (err error) {
		conn, err = net.DialTimeout("tcp4", netip.AddrPortFrom(controlPlaneIP, 443).String(), patience)
		return err
	})
	defer conn.Close()
	reader := bufio.NewReader(conn)
	_ = conn.SetDeadline(time.Now().Add(patience))
	if _, err := reader.ReadString('\n'); err != nil {
		t.Fatal(err)
	}

	for id, rule := range l.state.Rules {
		if rule.Protocol == "tcp" && rule.Peer == workerSG {
			delete(l.state.Rules, id)
		}
	}
	l.apply()
	l.blocked(api)
	l.blocked(probe{worker1, none, "tcp", controlPlaneIP, 443})
	if _, err := fmt.Fprintln(conn, "still there?"); err != nil {
		t.Fatal(err)
	}
	if answer, err := reader.ReadString('\n'); err != nil {
		t.Errorf("an open connection is closed with its rule: %q, %v", answer, err)
	}
}

// A message of path MTU discovery needs a rule, also when it is about an open connection.
func TestPathMTU(t *testing.T) {
	t.Parallel()
	l := newLab(t, cluster())
	l.serve(controlPlane, 6443)
	var conn net.Conn
	var messages net.PacketConn
	l.in(worker1, func() (err error) {
		conn, err = net.DialTimeout("tcp4", netip.AddrPortFrom(controlPlaneIP, 6443).String(), patience)
		return err
	})
	defer conn.Close()
	l.in(controlPlane, func() (err error) {
		messages, err = net.ListenPacket("ip4:icmp", "0.0.0.0")
		return err
	})
	defer messages.Close()
	arrives := func() bool {
		packet := tooBig(conn)
		l.in(worker1, func() error {
			raw, err := net.Dial("ip4:icmp", controlPlaneIP.String())
			if err != nil {
				return err
			}
			defer raw.Close()
			_, err = raw.Write(packet)
			return err
		})
		buffer := make([]byte, 128)
		_ = messages.SetReadDeadline(time.Now().Add(silence))
		n, _, _ := messages.ReadFrom(buffer)
		return bytes.Equal(buffer[:n], packet)
	}
	if arrives() {
		t.Error("a message of path MTU discovery passes without a rule")
	}
	allow(l.state, in(controlPlaneSG, workerSG, "icmp", 3, 4, "path MTU discovery"))
	l.apply()
	if !arrives() {
		t.Error("a message of path MTU discovery does not pass, although a rule lets it")
	}
}

// tooBig is the ICMP message that the last packet of a connection was too big for a link.
func tooBig(conn net.Conn) []byte {
	local, remote := conn.LocalAddr().(*net.TCPAddr), conn.RemoteAddr().(*net.TCPAddr)
	packet := []byte{3, 4, 0, 0, 0, 0, 1500 >> 8, 1500 & 0xff, 0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0, 0}
	packet = append(append(packet, remote.IP.To4()...), local.IP.To4()...)
	packet = binary.BigEndian.AppendUint16(packet, uint16(remote.Port))
	packet = append(binary.BigEndian.AppendUint16(packet, uint16(local.Port)), 0, 0, 0, 0)
	binary.BigEndian.PutUint16(packet[2:], checksum(packet))
	return packet
}

// With the source/destination check, an instance sends from its own address and receives at it alone.
func TestSourceDestCheck(t *testing.T) {
	t.Parallel()
	state := cluster()
	state.Instances[controlPlane].SourceDestCheck = true
	spoofed := netip.MustParseAddr("10.0.1.99")
	for id := range state.Rules {
		delete(state.Rules, id)
	}
	for _, group := range []string{controlPlaneSG, workerSG} {
		allow(state, in(group, "0.0.0.0/0", "-1", -1, -1, "all"), out(group, "0.0.0.0/0", "-1", -1, -1, "all"))
	}
	l := newLab(t, state)
	l.serve(worker1, 5000)
	l.serve(controlPlane, 5000)
	l.serve(internet, 53)
	// The control plane has an address that is another's, and the worker sends to one that it is asked to forward to.
	l.run(controlPlane, "", "sh", "-ec", "ip address add 10.0.1.99/32 dev lo; ip address add 192.0.2.7/32 dev lo")
	spoof := probe{controlPlane, spoofed, "udp", worker1IP, 5000}
	forward := probe{worker1, worker1IP, "udp", netip.MustParseAddr("192.0.2.7"), 5000}
	l.sees(controlPlaneIP, probe{controlPlane, none, "udp", worker1IP, 5000})
	if l.arrives(spoof, worker1) {
		t.Error("a packet with another's address leaves an instance")
	}
	if l.arrives(forward, controlPlane) {
		t.Error("a packet for another's address comes to an instance")
	}
	l.blocked(probe{controlPlane, spoofed, "udp", Resolver(state.VPCs[theVPC].CIDR), 53})

	state.Instances[controlPlane].SourceDestCheck = false
	l.apply()
	if !l.arrives(spoof, worker1) {
		t.Error("with the check off, an instance does not send what it forwards")
	}
	if !l.arrives(forward, controlPlane) {
		t.Error("with the check off, an instance does not get what it is to forward")
	}
}
