package config

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/pem"
	"maps"
	"os"
	"strings"
	"sync"
	"testing"

	"golang.org/x/crypto/ssh"
)

// projectFile is Pulumi.yaml.
var projectFile = func() []byte {
	text, err := os.ReadFile("../Pulumi.yaml")
	if err != nil {
		panic(err)
	}
	return text
}()

// privateKey is a fresh private key, the same for all tests of a run.
var privateKey = sync.OnceValue(func() string { return newKey(ed25519Key(), "") })

func ed25519Key() crypto.PrivateKey {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		panic(err)
	}
	return key
}

func ecdsaKey() crypto.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	return key
}

// newKey returns key in OpenSSH format, locked with passphrase unless that is empty.
func newKey(key crypto.PrivateKey, passphrase string) string {
	block, err := ssh.MarshalPrivateKey(key, "")
	if passphrase != "" {
		block, err = ssh.MarshalPrivateKeyWithPassphrase(key, "", []byte(passphrase))
	}
	if err != nil {
		panic(err)
	}
	return string(pem.EncodeToMemory(block))
}

// goodConfig returns the shortest configuration that is accepted.
func goodConfig() map[string]string {
	return map[string]string{"adminCidrs": `["203.0.113.7/32"]`, "sshPrivateKey": privateKey()}
}

func TestConfigDefaults(t *testing.T) {
	t.Parallel()
	values := goodConfig()
	values["app"] = `{"replicas": 4}`
	c, err := Parse(projectFile, values)
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
		"text for a list":        {map[string]string{"adminCidrs": `"203.0.113.7/32"`}, "adminCidrs: want a list, not string"},
		"host bits":              {map[string]string{"vpcCidr": "10.0.0.1/16"}, "vpcCidr: 10.0.0.1/16 has host bits: write 10.0.0.0/16"},
		"no CIDR":                {map[string]string{"podCidr": "ten"}, `podCidr: "ten" is no CIDR: write one such as 10.0.0.0/16`},
		"subnet outside the VPC": {map[string]string{"publicSubnetCidr": "10.1.0.0/24"}, "publicSubnetCidr: 10.1.0.0/24 lies outside vpcCidr 10.0.0.0/16: choose a part of it"},
		"subnets overlap":        {map[string]string{"privateSubnetCidr": "10.0.0.0/25"}, "privateSubnetCidr: 10.0.0.0/25 overlaps publicSubnetCidr 10.0.0.0/24: choose another network"},
		"pods overlap services":  {map[string]string{"podCidr": "10.96.0.0/16"}, "serviceCidr: 10.96.0.0/12 overlaps podCidr 10.96.0.0/16: choose another network"},
		"VPC too large":          {map[string]string{"vpcCidr": "10.0.0.0/8", "podCidr": "172.16.0.0/16", "serviceCidr": "172.20.0.0/16"}, "vpcCidr: 10.0.0.0/8 is a /8: choose a size from /16 to /28"},
		"unknown topology":       {map[string]string{"topology": "hybrid"}, `topology: "hybrid" is unknown: use public or private`},
		"unknown NAT":            {map[string]string{"nat": "vpn"}, `nat: "vpn" is unknown: use instance, gateway or none`},
		"no NAT and no mirror":   {map[string]string{"nat": "none"}, "mirror: missing: with nat: none it is the private subnet's only source of packages and images"},
		"mirror beside NAT":      {map[string]string{"mirror": "10.0.0.20"}, "mirror: 10.0.0.20 is of no use with nat: instance: remove it, or set nat to none"},
		"mirror with a name":     {map[string]string{"nat": "none", "mirror": "mirror.internal"}, `mirror: "mirror.internal" is no IPv4 address: write one such as 10.0.0.20`},
		"mirror outside the VPC": {map[string]string{"nat": "none", "mirror": "10.1.0.20"}, "mirror: 10.1.0.20 lies outside vpcCidr 10.0.0.0/16, which nothing leaves with nat: none"},
		"no room when private":   {map[string]string{"topology": "private", "privateSubnetCidr": "10.0.1.0/28", "workers": `{"count": 11}`}, "privateSubnetCidr: 10.0.1.0/28 has room for 11 hosts, not for 12"},
		"no version":             {map[string]string{"kubernetesVersion": "latest"}, `kubernetesVersion: "latest" is no version: write MAJOR.MINOR.PATCH, such as 1.37.2`},
		"no workers":             {map[string]string{"workers": `{"count": 0}`}, "workers.count: 0 is too few: the app runs on workers, use 1 or more"},
		"text for a number":      {map[string]string{"workers": `{"count": "two"}`}, "workers: count: want a whole number, not string"},
		"unknown field":          {map[string]string{"app": `{"replica": 3}`}, `app: unknown field "replica": use env, image, port, replicas`},
		"unknown key":            {map[string]string{"adminCidr": "x"}, "adminCidr: unknown key: remove it, or use one of adminCidrs"},
		"malformed object":       {map[string]string{"app": `{"replicas": `}, "app: malformed: unexpected EOF"},
		"image without tag":      {map[string]string{"app": `{"image": "rockyj/hello-hapi"}`}, `app.image: "rockyj/hello-hapi" has no tag or digest: write NAME:TAG or NAME@sha256:DIGEST`},
		"no replicas":            {map[string]string{"app": `{"replicas": 0}`}, "app.replicas: 0 is too few: use 1 or more"},
		"no port":                {map[string]string{"app": `{"port": 70000}`}, "app.port: 70000 is no port: use 1 to 65535"},
		"shell in server name":   {map[string]string{"proxy": `{"serverName": "a; rm"}`}, `proxy.serverName: "a; rm" is no host name: write one such as www.example.com, or leave it empty`},
		"no key":                 {map[string]string{"sshPrivateKey": "hunter2"}, "sshPrivateKey: no private key in OpenSSH or PEM format: make one with ssh-keygen"},
		"no instance type":       {map[string]string{"controlPlane": `{"instanceType": "small"}`}, `controlPlane.instanceType: "small" is no instance type: write one such as t2.micro`},
		"field in capitals":      {map[string]string{"workers": `{"Count": 3}`}, `workers: unknown field "Count": use count, instanceType`},
		"null for an object":     {map[string]string{"app": `null`}, "app: want an object, not null"},
		"null for a list":        {map[string]string{"adminCidrs": `null`}, "adminCidrs: empty: list the addresses"},
		"null for a number":      {map[string]string{"app": `{"replicas": null}`}, "app.replicas: 0 is too few: use 1 or more"},
		"list for an object":     {map[string]string{"proxy": `[]`}, "proxy: want an object, not array"},
		"number for text":        {map[string]string{"proxy": `{"serverName": 5}`}, "proxy: serverName: want a string, not number"},
		"number in a map":        {map[string]string{"app": `{"env": {"PORT": 3000}}`}, "app: env: want a string, not number"},
		"fraction":               {map[string]string{"app": `{"replicas": 1.5}`}, "app: replicas: want a whole number, not number 1.5"},
		"text for a boolean":     {map[string]string{"allowWorldAdmin": `"true"`}, "allowWorldAdmin: want true or false, not string"},
		"two values":             {map[string]string{"adminCidrs": `["203.0.113.7/32"] []`}, "adminCidrs: malformed: text after the value"},
		"admin twice":            {map[string]string{"adminCidrs": `["203.0.113.7/32", "203.0.113.7/32"]`}, "adminCidrs: 203.0.113.7/32 is listed twice: remove one"},
		"admin without a size":   {map[string]string{"adminCidrs": `["203.0.113.7"]`}, `adminCidrs: "203.0.113.7" is no CIDR: write one such as 10.0.0.0/16`},
		"IPv6 spelled otherwise": {map[string]string{"adminCidrs": `["2001:DB8:0::/32"]`}, "adminCidrs: 2001:DB8:0::/32 has another spelling: write 2001:db8::/32"},
		"IPv6 network":           {map[string]string{"podCidr": "2001:db8::/64"}, "podCidr: 2001:db8::/64 is not IPv4: write an IPv4 network"},
		"service range too wide": {map[string]string{"serviceCidr": "172.0.0.0/11"}, "serviceCidr: 172.0.0.0/11 is a /11: choose a size from /12 to /24"},
		"pods for one node":      {map[string]string{"podCidr": "10.244.0.0/24"}, "podCidr: 10.244.0.0/24 is a /24: choose a size from /8 to /23"},
		"pods for two nodes":     {map[string]string{"podCidr": "10.244.0.0/23"}, "podCidr: 10.244.0.0/23 has room for 2 nodes, not for 3: choose a larger network"},
		"workers without room":   {map[string]string{"privateSubnetCidr": "10.0.1.0/28", "workers": `{"count": 12}`}, "privateSubnetCidr: 10.0.1.0/28 has room for 11 hosts, not for 12: choose a larger network"},
		"pods in the VPC":        {map[string]string{"podCidr": "10.0.128.0/20"}, "podCidr: 10.0.128.0/20 overlaps vpcCidr 10.0.0.0/16: choose another network"},
		"services in the VPC":    {map[string]string{"serviceCidr": "10.0.200.0/24"}, "serviceCidr: 10.0.200.0/24 overlaps vpcCidr 10.0.0.0/16: choose another network"},
		"subnet too small":       {map[string]string{"publicSubnetCidr": "10.0.0.0/29"}, "publicSubnetCidr: 10.0.0.0/29 is a /29: choose a size from /16 to /28"},
		"version with zeros":     {map[string]string{"kubernetesVersion": "1.037.2"}, `kubernetesVersion: "1.037.2" is no version: write MAJOR.MINOR.PATCH, such as 1.37.2`},
		"version and a line":     {map[string]string{"kubernetesVersion": "1.37.2\n"}, `kubernetesVersion: "1.37.2\n" is no version`},
		"no worker type":         {map[string]string{"workers": `{"instanceType": ""}`}, `workers.instanceType: "" is no instance type: write one such as t2.micro`},
		"YAML in a check":        {map[string]string{"ignorePreflightErrors": `["a], b: [c"]`}, `ignorePreflightErrors: "a], b: [c" is no check: write a name such as NumCPU`},
		"variable with a dash":   {map[string]string{"app": `{"env": {"NODE-ENV": "x"}}`}, `app.env: "NODE-ENV" is no name of a variable: use letters, digits and _`},
		"image with a space":     {map[string]string{"app": `{"image": "a b:1"}`}, `app.image: "a b:1" has no tag or digest`},
		"nginx in server name":   {map[string]string{"proxy": `{"serverName": "a.b;}\nserver {"}`}, `proxy.serverName: "a.b;}\nserver {" is no host name`},
		"public key":             {map[string]string{"sshPrivateKey": "ssh-ed25519 AAAAhunter2"}, "sshPrivateKey: no private key in OpenSSH or PEM format: make one with ssh-keygen"},
		"locked key":             {map[string]string{"sshPrivateKey": newKey(ed25519Key(), "hunter2")}, "sshPrivateKey: has a passphrase, which nobody could type: make one with ssh-keygen"},
		"key that EC2 refuses":   {map[string]string{"sshPrivateKey": newKey(ecdsaKey(), "")}, "sshPrivateKey: EC2 takes no ecdsa-sha2-nistp256 keys: make one with ssh-keygen"},
		"no image":               {map[string]string{"amiId": "debian"}, `amiId: "debian" is no image: write ami-…, or leave it empty for the newest Debian 13`},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			values := goodConfig()
			maps.Copy(values, tc.values)
			_, err := Parse(projectFile, values)
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
	_, err := Parse(projectFile, map[string]string{"nat": "x", "workers": `{"count": -1}`})
	if err == nil {
		t.Fatal("accepted")
	}
	for _, key := range []string{"adminCidrs: missing", "sshPrivateKey: missing", "nat: ", "workers.count: "} {
		if !strings.Contains(err.Error(), key) {
			t.Errorf("error lacks %q:\n%s", key, err)
		}
	}
}
