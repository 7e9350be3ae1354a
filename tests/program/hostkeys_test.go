package program

import (
	"strings"
	"testing"

	"hello-kubernetes/tests/recorder"
)

// Every connection insists on the key of the host at its address, on every hop; and knownHosts tells the same keys.
func TestConnectionsInsistOnTheirHostsKeys(t *testing.T) {
	everyCommand(t, func(t *testing.T, s stack, command *recorder.Resource) {
		known := map[string]string{}
		for line := range strings.Lines(s.Get(t, recorder.StackOutputs).Text("knownHosts")) {
			address, key, _ := strings.Cut(strings.TrimSpace(line), " ")
			known[address] = key
		}
		if want := 1 + len(s.behind()); len(known) != want {
			t.Fatalf("knownHosts has %d hosts, want %d", len(known), want)
		}
		hops := []string{"connection"}
		if command.Text("connection.proxy.host") != "" {
			hops = append(hops, "connection.proxy")
		}
		for _, hop := range hops {
			host, key := command.Text(hop+".host"), command.Text(hop+".hostKey")
			if !strings.HasPrefix(key, "ssh-ed25519 ") || key != known[host] {
				t.Errorf("%s: the key of %s at %s is %q, known is %q", command.Name, hop, host, key, known[host])
			}
		}
	})
}
