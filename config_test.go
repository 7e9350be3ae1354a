package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"maps"
	"strings"
	"sync"
	"testing"

	"golang.org/x/crypto/ssh"
)

// privateKey is a fresh private key in OpenSSH format, the same for all tests of a run.
var privateKey = sync.OnceValue(func() string {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		panic(err)
	}
	block, err := ssh.MarshalPrivateKey(key, "")
	if err != nil {
		panic(err)
	}
	return string(pem.EncodeToMemory(block))
})

// goodConfig returns the shortest configuration that is accepted.
func goodConfig() map[string]string {
	return map[string]string{"adminCidrs": `["203.0.113.7/32"]`, "sshPrivateKey": privateKey()}
}

func TestConfigDefaults(t *testing.T) {
	t.Parallel()
	values := goodConfig()
	values["app"] = `{"replicas": 4}`
	c, err := parseConfig(values)
	if err != nil {
		t.Fatal(err)
	}
	if c.App.Replicas != 4 || c.App.Image != "rockyj/hello-hapi:0.0.1" || c.App.Env["NODE_ENV"] != "production" {
		t.Errorf("app is %+v, want 4 replicas and the defaults", c.App)
	}
	if c.Workers.Count != 2 || c.Workers.InstanceType != "t2.micro" || c.ControlPlane.InstanceType != "t2.small" {
		t.Errorf("nodes are %+v and %+v, want the defaults", c.ControlPlane, c.Workers)
	}
	if !strings.HasPrefix(c.SSHPublicKey, "ssh-ed25519 ") {
		t.Errorf("public key is %q", c.SSHPublicKey)
	}
}

func TestConfigProblems(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		values map[string]string
		want   string
	}{
		"no admin":               {map[string]string{"adminCidrs": `[]`}, "adminCidrs: empty: list the addresses that may administer the cluster, such as [203.0.113.7/32]"},
		"world as admin":         {map[string]string{"adminCidrs": `["0.0.0.0/0"]`}, "adminCidrs: 0.0.0.0/0 is the whole world: name your own addresses, or set allowWorldAdmin to true"},
		"IPv6 world as admin":    {map[string]string{"adminCidrs": `["::/0"]`}, "adminCidrs: ::/0 is the whole world: name your own addresses, or set allowWorldAdmin to true"},
		"text for a list":        {map[string]string{"adminCidrs": `"203.0.113.7/32"`}, "adminCidrs: want []string, not a string"},
		"host bits":              {map[string]string{"vpcCidr": "10.0.0.1/16"}, "vpcCidr: 10.0.0.1/16 has host bits: write 10.0.0.0/16"},
		"no CIDR":                {map[string]string{"podCidr": "ten"}, `podCidr: "ten" is no CIDR: write one such as 10.0.0.0/16`},
		"subnet outside the VPC": {map[string]string{"publicSubnetCidr": "10.1.0.0/24"}, "publicSubnetCidr: 10.1.0.0/24 lies outside vpcCidr 10.0.0.0/16: choose a part of it"},
		"subnets overlap":        {map[string]string{"privateSubnetCidr": "10.0.0.0/25"}, "privateSubnetCidr: 10.0.0.0/25 overlaps publicSubnetCidr 10.0.0.0/24: choose another network"},
		"pods overlap services":  {map[string]string{"podCidr": "10.96.0.0/16"}, "serviceCidr: 10.96.0.0/12 overlaps podCidr 10.96.0.0/16: choose another network"},
		"VPC too large":          {map[string]string{"vpcCidr": "10.0.0.0/8", "podCidr": "172.16.0.0/16", "serviceCidr": "172.20.0.0/16"}, "vpcCidr: 10.0.0.0/8 is a /8: choose a size from /16 to /28"},
		"unknown NAT":            {map[string]string{"nat": "none"}, `nat: "none" is unknown: use instance or gateway`},
		"no version":             {map[string]string{"kubernetesVersion": "latest"}, `kubernetesVersion: "latest" is no version: write MAJOR.MINOR.PATCH, such as 1.37.2`},
		"no workers":             {map[string]string{"workers": `{"count": 0}`}, "workers.count: 0 is too few: the app runs on workers, use 1 or more"},
		"text for a number":      {map[string]string{"workers": `{"count": "two"}`}, "workers: count: want int, not a string"},
		"unknown field":          {map[string]string{"app": `{"replica": 3}`}, `app: malformed: unknown field "replica"`},
		"unknown key":            {map[string]string{"adminCidr": "x"}, "adminCidr: unknown key: remove it, or use one of adminCidrs"},
		"malformed object":       {map[string]string{"app": `{"replicas": `}, "app: malformed: unexpected EOF"},
		"image without tag":      {map[string]string{"app": `{"image": "rockyj/hello-hapi"}`}, `app.image: "rockyj/hello-hapi" has no tag or digest: write NAME:TAG or NAME@sha256:DIGEST`},
		"no replicas":            {map[string]string{"app": `{"replicas": 0}`}, "app.replicas: 0 is too few: use 1 or more"},
		"no port":                {map[string]string{"app": `{"port": 70000}`}, "app.port: 70000 is no port: use 1 to 65535"},
		"shell in server name":   {map[string]string{"proxy": `{"serverName": "a; rm"}`}, `proxy.serverName: "a; rm" is no host name: write one such as www.example.com, or leave it empty`},
		"no key":                 {map[string]string{"sshPrivateKey": "hunter2"}, "sshPrivateKey: no private key in OpenSSH or PEM format: make one with ssh-keygen"},
		"no instance type":       {map[string]string{"controlPlane": `{"instanceType": "small"}`}, `controlPlane.instanceType: "small" is no instance type: write one such as t2.micro`},
		"no image":               {map[string]string{"amiId": "debian"}, `amiId: "debian" is no image: write ami-…, or leave it empty for the newest Debian 13`},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			values := goodConfig()
			maps.Copy(values, tc.values)
			_, err := parseConfig(values)
			if err == nil {
				t.Fatal("accepted")
			}
			if !strings.Contains(err.Error(), tc.want) || strings.Count(err.Error(), "\n") != 0 {
				t.Errorf("error is\n%s\nwant one line with\n%s", err, tc.want)
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Error("the error shows the secret")
			}
		})
	}
}

func TestConfigReportsAllProblemsTogether(t *testing.T) {
	t.Parallel()
	_, err := parseConfig(map[string]string{"nat": "x", "workers": `{"count": -1}`})
	if err == nil {
		t.Fatal("accepted")
	}
	for _, key := range []string{"adminCidrs: missing", "sshPrivateKey: missing", "nat: ", "workers.count: "} {
		if !strings.Contains(err.Error(), key) {
			t.Errorf("error lacks %q:\n%s", key, err)
		}
	}
}
