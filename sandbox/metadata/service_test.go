package metadata

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"hello-kubernetes/sandbox/region"
)

// The instances are named for their options. bare has nothing but what every instance has.
const (
	required = "i-0000000000000000a"
	optional = "i-0000000000000000b"
	disabled = "i-0000000000000000c"
	bare     = "i-0000000000000000d"
)

// from has the addresses from which they come.
var from = map[string]string{
	required: "127.0.0.2", optional: "127.0.0.3", disabled: "127.0.0.4", bare: "127.0.0.5", "nobody": "127.0.0.6",
}

func fixture() *region.State {
	instance := func(endpoint, tokens string) *region.Instance {
		return &region.Instance{
			Type: "t2.small", Image: "ami-1", Key: "admin", Subnet: "subnet-1", IP: netip.MustParseAddr("10.0.0.10"),
			Groups: []string{"sg-1", "sg-2"}, UserData: "#cloud-config\n",
			Metadata: region.Metadata{HTTPEndpoint: endpoint, HTTPTokens: tokens, HTTPPutResponseHopLimit: 1},
		}
	}
	least := instance("enabled", "optional")
	least.Key, least.Groups, least.UserData = "", nil, ""
	return &region.State{
		Subnets:        map[string]*region.Subnet{"subnet-1": {Zone: "sandbox-1b"}},
		SecurityGroups: map[string]*region.SecurityGroup{"sg-1": {Name: "nodes"}, "sg-2": {Name: "edge"}},
		KeyPairs:       map[string]*region.KeyPair{"admin": {PublicKey: "ssh-ed25519 AAAA admin"}},
		Addresses: map[string]*region.Address{
			"eipalloc-1": {IP: netip.MustParseAddr("203.0.113.10"), Instance: optional},
			"eipalloc-2": {IP: netip.MustParseAddr("203.0.113.11")},
		},
		Instances: map[string]*region.Instance{
			required: instance("enabled", "required"), optional: instance("enabled", "optional"),
			disabled: instance("disabled", "optional"), bare: least,
		},
	}
}

// bench is a service on the loopback interface.
type bench struct {
	*testing.T
	service *Service
	address string
}

func newBench(t *testing.T, read func() (*region.State, error)) bench {
	t.Helper()
	service := New(read, func(*region.State) map[netip.Addr]string {
		clients := map[netip.Addr]string{}
		for id, address := range from {
			clients[netip.MustParseAddr(address)] = id
		}
		return clients
	})
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- service.Serve(ctx, listener) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("the service ends with %v", err)
		}
	})
	return bench{t, service, listener.Addr().String()}
}

// ask sends a request from an instance and returns the answer: status, header and body. Headers are "name: value".
func (b bench) ask(id, method, path string, headers ...string) (int, http.Header, string) {
	b.Helper()
	request, err := http.NewRequestWithContext(b.Context(), method, "http://"+b.address+path, nil)
	if err != nil {
		b.Fatal(err)
	}
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		request.Header.Set(name, value)
	}
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from[id])}}
	response, err := (&http.Transport{DialContext: dialer.DialContext}).RoundTrip(request)
	if err != nil {
		b.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		b.Fatal(err)
	}
	return response.StatusCode, response.Header, string(body)
}

func steady() (*region.State, error) { return fixture(), nil }

func TestItems(t *testing.T) {
	t.Parallel()
	b := newBench(t, steady)
	const gone = "404 Not Found\n"
	for _, c := range []struct{ id, path, want string }{
		{optional, "/", "200 latest"},
		{optional, "/latest/", "200 dynamic/\nmeta-data/\nuser-data"},
		{bare, "/latest/", "200 dynamic/\nmeta-data/"},
		{optional, "/latest/meta-data/", "200 ami-id\nhostname\ninstance-id\ninstance-type\nlocal-hostname\nlocal-ipv4\n" +
			"mac\nplacement/\npublic-ipv4\npublic-keys/\nsecurity-groups"},
		{bare, "/latest/meta-data/", "200 ami-id\nhostname\ninstance-id\ninstance-type\nlocal-hostname\nlocal-ipv4\nmac\n" +
			"placement/\nsecurity-groups"},
		{optional, "/latest/meta-data/ami-id", "200 ami-1"},
		{optional, "/latest/meta-data/ami-id/", "200 ami-1"},
		{optional, "/1.0/meta-data/ami-id", "200 ami-1"},
		{optional, "/2021-07-15/meta-data/instance-id", "200 " + optional},
		{bare, "/latest/meta-data/instance-id", "200 " + bare},
		{optional, "/latest/meta-data/hostname", "200 ip-10-0-0-10.sandbox-1.compute.internal"},
		{optional, "/latest/meta-data/local-hostname", "200 ip-10-0-0-10.sandbox-1.compute.internal"},
		{optional, "/latest/meta-data/local-ipv4", "200 10.0.0.10"},
		{optional, "/latest/meta-data/instance-type", "200 t2.small"},
		{optional, "/latest/meta-data/mac", "200 " + region.MAC(optional).String()},
		{optional, "/latest/meta-data/placement/", "200 availability-zone\nregion"},
		{optional, "/latest/meta-data/placement/availability-zone", "200 sandbox-1b"},
		{optional, "/latest/meta-data/placement/region", "200 sandbox-1"},
		{optional, "/latest/meta-data/security-groups", "200 nodes\nedge"},
		{optional, "/latest/meta-data/public-ipv4", "200 203.0.113.10"},
		{bare, "/latest/meta-data/public-ipv4", gone},
		{optional, "/latest/meta-data/public-keys/", "200 0=admin"},
		{optional, "/latest/meta-data/public-keys/0/", "200 openssh-key"},
		{optional, "/latest/meta-data/public-keys/0/openssh-key", "200 ssh-ed25519 AAAA admin"},
		{bare, "/latest/meta-data/public-keys/", gone},
		{optional, "/latest/user-data", "200 #cloud-config\n"},
		{bare, "/latest/user-data", gone},
		{optional, "/latest/meta-data/iam/", gone},
		{optional, "/latest/meta-data/ami-id/x", gone},
		{optional, "/latest/meta-data/ami", gone},
		{optional, "/tomorrow/meta-data/ami-id", gone},
		{optional, "/meta-data/ami-id", gone},
	} {
		status, _, body := b.ask(c.id, http.MethodGet, c.path)
		if got := strconv.Itoa(status) + " " + body; got != c.want {
			t.Errorf("%s of %s is %q, want %q", c.path, c.id, got, c.want)
		}
	}
	for _, folder := range []string{"/latest", "/latest/meta-data/placement"} {
		status, header, _ := b.ask(optional, http.MethodGet, folder)
		if to := header.Get("Location"); status != http.StatusMovedPermanently || to != folder+"/" {
			t.Errorf("%s is %d, %s; want a redirect to %[1]s/", folder, status, to)
		}
	}
}

func TestDocument(t *testing.T) {
	t.Parallel()
	_, _, body := newBench(t, steady).ask(optional, http.MethodGet, "/latest/dynamic/instance-identity/document")
	var document map[string]any
	if err := json.Unmarshal([]byte(body), &document); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	for key, want := range map[string]any{
		"accountId": region.Account, "architecture": "x86_64", "availabilityZone": "sandbox-1b", "imageId": "ami-1",
		"instanceId": optional, "instanceType": "t2.small", "privateIp": "10.0.0.10", "region": "sandbox-1",
		"version": "2017-09-30", "kernelId": nil,
	} {
		if got, there := document[key]; !there || got != want {
			t.Errorf("%s is %v, want %v", key, got, want)
		}
	}
}

func TestTokenRequests(t *testing.T) {
	t.Parallel()
	b := newBench(t, steady)
	life := lifeHeader + ": 60"
	for name, c := range map[string]struct {
		id, method string
		headers    []string
		want       int
	}{
		"the shortest life":          {required, http.MethodPut, []string{lifeHeader + ": 1"}, 200},
		"the longest life":           {required, http.MethodPut, []string{lifeHeader + ": 21600"}, 200},
		"tokens are optional":        {optional, http.MethodPut, []string{life}, 200},
		"no life":                    {required, http.MethodPut, nil, 400},
		"a life that is no number":   {required, http.MethodPut, []string{lifeHeader + ": 1m"}, 400},
		"no time to live":            {required, http.MethodPut, []string{lifeHeader + ": 0"}, 400},
		"too long a life":            {required, http.MethodPut, []string{lifeHeader + ": 21601"}, 400},
		"through a proxy":            {required, http.MethodPut, []string{life, "X-Forwarded-For: 10.0.0.9"}, 403},
		"through one without a name": {required, http.MethodPut, []string{life, "X-Forwarded-For: "}, 403},
		"the endpoint is disabled":   {disabled, http.MethodPut, []string{life}, 403},
		"not an instance":            {"nobody", http.MethodPut, []string{life}, 404},
		"another method":             {optional, http.MethodGet, nil, 405},
	} {
		status, header, body := b.ask(c.id, c.method, "/latest/api/token", c.headers...)
		if status != c.want {
			t.Errorf("%s: %d %s, want %d", name, status, body, c.want)
		}
		if status == http.StatusOK && (body == "" || lifeHeader+": "+header.Get(lifeHeader) != c.headers[0]) {
			t.Errorf("%s: the token is %q, for %s seconds", name, body, header.Get(lifeHeader))
		}
	}
}

func TestAdmission(t *testing.T) {
	t.Parallel()
	b := newBench(t, steady)
	token := func(id string) string {
		_, _, token := b.ask(id, http.MethodPut, "/latest/api/token", lifeHeader+": 60")
		return tokenHeader + ": " + token
	}
	past := tokenHeader + ": " + b.service.mint(required, time.Now())
	foreign := tokenHeader + ": " + New(nil, nil).mint(required, time.Now().Add(time.Minute))
	tampered := token(required)
	tampered = tampered[:len(tampered)-8] + "AAAAAAA="
	for name, c := range map[string]struct {
		id, method string
		headers    []string
		want       int
	}{
		"a token of its own":                  {required, http.MethodGet, []string{token(required)}, 200},
		"the same for a HEAD":                 {required, http.MethodHead, []string{token(required)}, 200},
		"none, but required":                  {required, http.MethodGet, nil, 401},
		"another instance's":                  {required, http.MethodGet, []string{token(optional)}, 401},
		"one that has ended":                  {required, http.MethodGet, []string{past}, 401},
		"one that is tampered with":           {required, http.MethodGet, []string{tampered}, 401},
		"nonsense":                            {required, http.MethodGet, []string{tokenHeader + ": x"}, 401},
		"none, and optional":                  {optional, http.MethodGet, nil, 200},
		"optional, its own":                   {optional, http.MethodGet, []string{token(optional)}, 200},
		"optional, but wrong":                 {optional, http.MethodGet, []string{token(required)}, 401},
		"the endpoint is disabled":            {disabled, http.MethodGet, nil, 403},
		"the same with a token":               {disabled, http.MethodGet, []string{token(optional)}, 403},
		"not an instance":                     {"nobody", http.MethodGet, nil, 404},
		"not an instance, with another's":     {"nobody", http.MethodGet, []string{token(required)}, 404},
		"a method that it does not have":      {optional, http.MethodPost, nil, 405},
		"a token from a restarted service":    {required, http.MethodGet, []string{foreign}, 401},
		"one for the signature's part only":   {required, http.MethodGet, []string{tokenHeader + ": AAAAAAAAAAA="}, 401},
		"a token in the wrong header is none": {required, http.MethodGet, []string{"Authorization: " + token(required)}, 401},
	} {
		if status, _, body := b.ask(c.id, c.method, "/latest/meta-data/instance-id", c.headers...); status != c.want {
			t.Errorf("%s: %d %s, want %d", name, status, body, c.want)
		}
	}
}

func TestARegionThatCannotBeRead(t *testing.T) {
	t.Parallel()
	b := newBench(t, func() (*region.State, error) { return nil, errors.New("broken") })
	if status, _, body := b.ask(optional, http.MethodGet, "/latest/"); status != http.StatusServiceUnavailable {
		t.Errorf("%d %s", status, body)
	}
}
