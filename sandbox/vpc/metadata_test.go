package vpc

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"testing"
	"time"

	"hello-kubernetes/sandbox/metadata"
	"hello-kubernetes/sandbox/region"
)

const (
	instanceID = "/latest/meta-data/instance-id"
	tokenPath  = "/latest/api/token"
)

// imds is the address of the metadata service for an instance.
var imds = netip.AddrPortFrom(linkLocalMetadata, 80)

// serveMetadata starts the real service in the lab's internet. It reads the record that save has
// written last.
func (l *lab) serveMetadata() (save func()) {
	l.Helper()
	store := region.Open(l.TempDir())
	save = func() {
		l.Helper()
		err := store.Update(l.Context(), func(state *region.State) error {
			*state = *l.state
			return nil
		})
		if err != nil {
			l.Fatal(err)
		}
	}
	save()
	l.in(internet, func() error {
		listener, err := net.Listen("tcp4", netip.AddrPortFrom(MetadataAddress, 80).String())
		if err != nil {
			return err
		}
		ended := make(chan error, 1)
		go func() { ended <- metadata.New(store.Read, MetadataClients).Serve(l.Context(), listener) }()
		l.Cleanup(func() {
			if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
				l.Errorf("the metadata service ends with %v", err)
			}
		})
		return nil
	})
	return save
}

// fetch sends a request from a namespace and returns the body of the answer, or the status if that is not 200. Without
// an answer before the deadline it returns an empty string.
func (l *lab) fetch(namespace, method string, to netip.AddrPort, path string, deadline time.Duration) string {
	l.Helper()
	ctx, cancel := context.WithTimeout(l.Context(), deadline)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, "http://"+to.String()+path, nil)
	if err != nil {
		l.Fatal(err)
	}
	request.Header.Set("X-aws-ec2-metadata-token-ttl-seconds", "60")
	dial := func(ctx context.Context, network, address string) (conn net.Conn, err error) {
		err = In(l.prefix+namespace, func() error {
			conn, err = (&net.Dialer{}).DialContext(ctx, network, address)
			return err
		})
		return conn, err
	}
	response, err := (&http.Transport{DialContext: dial}).RoundTrip(request)
	if err != nil {
		return ""
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return response.Status
	}
	body, _ := io.ReadAll(response.Body)
	return string(body)
}

// The service knows an instance by its link, whatever its routes and security groups are, and also if another VPC has
// the same range.
func TestMetadata(t *testing.T) {
	t.Parallel()
	const twinVPC, twinSubnet, twin = "vpc-00000000000000002", "subnet-0000000000000twn", "i-00000000000000021"
	state := cluster()
	state.VPCs[twinVPC] = &region.VPC{CIDR: state.VPCs[theVPC].CIDR}
	state.Subnets[twinSubnet] = &region.Subnet{VPC: twinVPC, CIDR: state.Subnets[privateSubnet].CIDR}
	state.Instances[twin] = &region.Instance{Subnet: twinSubnet, IP: worker1IP, SourceDestCheck: true}
	allow(state, out(controlPlaneSG, "0.0.0.0/0", "tcp", 80, 80, "out"))
	l := newLab(t, state)
	l.serveMetadata()
	for _, id := range []string{controlPlane, worker1, worker2, twin} {
		if got := l.fetch(id, http.MethodGet, imds, instanceID, patience); got != id {
			t.Errorf("%s is told that it is %q", id, got)
		}
	}
	// The service's own address is on the internet, where nobody is an instance.
	service := netip.AddrPortFrom(MetadataAddress, 80)
	for _, namespace := range []string{controlPlane, internet} {
		if got := l.fetch(namespace, http.MethodGet, service, instanceID, patience); got != "404 Not Found" {
			t.Errorf("the answer to %s at %s is %q", namespace, service, got)
		}
	}
	// The internet does not reach an instance by the address that the service knows it by.
	l.serve(controlPlane, 80)
	if l.arrives(probe{internet, client, "udp", transitsOf(state)[controlPlane], 80}, controlPlane) {
		t.Error("an instance is reached at the address from which it asks")
	}
}

// With a hop limit of 1, a token reaches the instance, and with 2 a pod in it. Other answers reach both.
func TestHopLimit(t *testing.T) {
	t.Parallel()
	state := cluster()
	options := &state.Instances[worker1].Metadata
	options.HTTPTokens = "required"
	l := newLab(t, state)
	save := l.serveMetadata()
	pod := l.pod(worker1)
	for limit, reaches := range map[int]bool{1: false, 2: true} {
		options.HTTPPutResponseHopLimit = limit
		save()
		if got := l.fetch(pod, http.MethodGet, imds, instanceID, patience); got != "401 Unauthorized" {
			t.Errorf("hop limit %d: a pod without a token gets %q", limit, got)
		}
		if got := l.fetch(worker1, http.MethodPut, imds, tokenPath, patience); len(got) < 50 {
			t.Errorf("hop limit %d: the instance's token is %q", limit, got)
		}
		deadline := silence
		if reaches {
			deadline = patience
		}
		got := l.fetch(pod, http.MethodPut, imds, tokenPath, deadline)
		if (len(got) > 50) != reaches || (got == "") == reaches {
			t.Errorf("hop limit %d: a pod's token is %q", limit, got)
		}
	}
}

// pod makes a namespace behind an instance, as a CNI plugin does. The next Apply removes it.
func (l *lab) pod(node string) string {
	l.Helper()
	const pod = "pod"
	ns, err := ensureNamespace(l.prefix+pod, instanceSysctls)
	if err != nil {
		l.Fatal(err)
	}
	ns.Close()
	l.run(node, `table ip pods {
		chain postrouting {
			type nat hook postrouting priority srcnat; policy accept;
			ip saddr 10.244.1.0/24 masquerade
		}
	}`, "sh", "-ec", `
		sysctl -qw net.ipv4.ip_forward=1
		ip link add cni0 type veth peer name eth0 netns `+l.prefix+pod+`
		ip address add 10.244.1.1/24 dev cni0
		ip link set cni0 up
		nft -f -`)
	l.run(pod, "", "sh", "-ec", `
		ip address add 10.244.1.2/24 dev eth0
		ip link set eth0 up
		ip route add default via 10.244.1.1`)
	return pod
}
