package config

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/pem"
	"maps"
	"os"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"hello-kubernetes/tests/recorder"
)

// projectFile is Pulumi.yaml.
var projectFile = func() []byte {
	text, err := os.ReadFile("../Pulumi.yaml")
	if err != nil {
		panic(err)
	}
	return text
}()

type values = map[string]string

// parse decodes changes over the shortest configuration that is accepted.
func parse(changes values) (*Config, error) {
	all := values{"aws:region": "us-east-1", "adminCidrs": `["203.0.113.7/32"]`, "sshPrivateKey": recorder.SSHKey()}
	maps.Copy(all, changes)
	return Parse(projectFile, all)
}

func TestConfigDefaults(t *testing.T) {
	t.Parallel()
	c, err := parse(values{"app": `{"replicas": 4}`})
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

// A problem is what is wrong with values. Its error begins with the key and has the remedy, or what else matters of it.
type problem struct {
	values      values
	key, remedy string
}

const secret = "hunter2"

// badKey returns a private key that is locked with the secret, or one that EC2 refuses.
func badKey(locked bool) string {
	_, ed25519Key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		panic(err)
	}
	block, err := ssh.MarshalPrivateKeyWithPassphrase(ed25519Key, "", []byte(secret))
	if !locked {
		key, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		block, err = ssh.MarshalPrivateKey(key, "")
	}
	if err != nil {
		panic(err)
	}
	return string(pem.EncodeToMemory(block))
}

var problems = map[string]problem{
	"no region":        {values{"aws:region": ""}, "aws:region", "us-east-1"},
	"zone as region":   {values{"aws:region": "us-east-1a"}, "aws:region", "us-east-1"},
	"region and space": {values{"aws:region": "us-east-1 "}, "aws:region", "us-east-1"},

	"no admin":            {values{"adminCidrs": `[]`}, "adminCidrs", "list the addresses"},
	"null for a list":     {values{"adminCidrs": `null`}, "adminCidrs", "list the addresses"},
	"text for a list":     {values{"adminCidrs": `"203.0.113.7/32"`}, "adminCidrs", "want a list"},
	"two values":          {values{"adminCidrs": `["203.0.113.7/32"] []`}, "adminCidrs", "text after the value"},
	"world as admin":      {values{"adminCidrs": `["0.0.0.0/0"]`}, "adminCidrs", "set allowWorldAdmin"},
	"IPv6 world as admin": {values{"adminCidrs": `["::/0"]`}, "adminCidrs", "set allowWorldAdmin"},
	"admin twice": {
		values{"adminCidrs": `["203.0.113.7/32", "203.0.113.7/32"]`},
		"adminCidrs",
		"remove one",
	},
	"admin without a size":   {values{"adminCidrs": `["203.0.113.7"]`}, "adminCidrs", "10.0.0.0/16"},
	"IPv6 spelled otherwise": {values{"adminCidrs": `["2001:DB8:0::/32"]`}, "adminCidrs", "write 2001:db8::/32"},
	"text for a boolean":     {values{"allowWorldAdmin": `"true"`}, "allowWorldAdmin", "want true or false"},

	"no key":               {values{"sshPrivateKey": secret}, "sshPrivateKey", "ssh-keygen"},
	"public key":           {values{"sshPrivateKey": "ssh-ed25519 AAAA" + secret}, "sshPrivateKey", "ssh-keygen"},
	"locked key":           {values{"sshPrivateKey": badKey(true)}, "sshPrivateKey", "passphrase"},
	"key that EC2 refuses": {values{"sshPrivateKey": badKey(false)}, "sshPrivateKey", "EC2"},

	"no CIDR":                {values{"podCidr": "ten"}, "podCidr", "10.0.0.0/16"},
	"host bits":              {values{"vpcCidr": "10.0.0.1/16"}, "vpcCidr", "write 10.0.0.0/16"},
	"IPv6 network":           {values{"podCidr": "2001:db8::/64"}, "podCidr", "IPv4"},
	"VPC too large":          {values{"vpcCidr": "8.0.0.0/8"}, "vpcCidr", "from /16 to /28"},
	"subnet too small":       {values{"publicSubnetCidr": "10.0.0.0/29"}, "publicSubnetCidr", "from /16 to /28"},
	"subnet outside the VPC": {values{"publicSubnetCidr": "10.1.0.0/24"}, "publicSubnetCidr", "a part of it"},
	"subnets overlap":        {values{"privateSubnetCidr": "10.0.0.0/25"}, "privateSubnetCidr", "choose another"},
	"no room for workers": {
		values{"privateSubnetCidr": "10.0.1.0/28", "workers": `{"count": 12}`},
		"privateSubnetCidr", "room for 11 hosts, not for 12",
	},
	"no room when private": {
		values{"topology": "private", "privateSubnetCidr": "10.0.1.0/28", "workers": `{"count": 11}`},
		"privateSubnetCidr", "room for 11 hosts, not for 12",
	},
	"pods for one node":  {values{"podCidr": "10.244.0.0/24"}, "podCidr", "from /8 to /23"},
	"pods for two nodes": {values{"podCidr": "10.244.0.0/23"}, "podCidr", "room for 2 nodes, not for 3"},
	"pods in the VPC":    {values{"podCidr": "10.0.128.0/20"}, "podCidr", "vpcCidr 10.0.0.0/16: choose another"},
	"pods overlap services": {
		values{"podCidr": "10.96.0.0/16"},
		"serviceCidr",
		"podCidr 10.96.0.0/16: choose another",
	},
	"services in the VPC":    {values{"serviceCidr": "10.0.200.0/24"}, "serviceCidr", "choose another"},
	"service range too wide": {values{"serviceCidr": "172.0.0.0/11"}, "serviceCidr", "from /12 to /24"},

	"unknown topology":       {values{"topology": "hybrid"}, "topology", "use public or private"},
	"unknown NAT":            {values{"nat": "vpn"}, "nat", "use instance, gateway or none"},
	"no NAT and no mirror":   {values{"nat": "none"}, "mirror", "missing"},
	"mirror beside NAT":      {values{"mirror": "10.0.0.20"}, "mirror", "remove it"},
	"mirror with a name":     {values{"nat": "none", "mirror": "mirror.internal"}, "mirror", "IPv4"},
	"mirror outside the VPC": {values{"nat": "none", "mirror": "10.1.0.20"}, "mirror", "inside"},
	"mirror for a router":    {values{"nat": "none", "mirror": "10.0.0.1"}, "mirror", "AWS keeps"},
	"mirror for a broadcast": {values{"nat": "none", "mirror": "10.0.1.255"}, "mirror", "AWS keeps"},
	"mirror for the edge":    {values{"nat": "none", "mirror": "10.0.0.12"}, "mirror", "kept for a host"},

	"no version":         {values{"kubernetesVersion": "latest"}, "kubernetesVersion", "1.37.2"},
	"version with zeros": {values{"kubernetesVersion": "1.037.2"}, "kubernetesVersion", "1.37.2"},
	"version and a line": {values{"kubernetesVersion": "1.37.2\n"}, "kubernetesVersion", "1.37.2"},
	"no edge type":       {values{"edge": `{"instanceType": "t2"}`}, "edge.instanceType", "t2.micro"},
	"no type":            {values{"controlPlane": `{"instanceType": "t2"}`}, "controlPlane.instanceType", "t2.micro"},
	"no worker type":     {values{"workers": `{"instanceType": ""}`}, "workers.instanceType", "t2.micro"},
	"no workers":         {values{"workers": `{"count": 0}`}, "workers.count", "1 to 4999"},
	"too many workers":   {values{"workers": `{"count": 1000000000}`}, "workers.count", "1 to 4999"},
	"text for a number":  {values{"workers": `{"count": "two"}`}, "workers", "count: want a whole number"},
	"field in capitals":  {values{"workers": `{"Count": 3}`}, "workers", "use count, instanceType"},
	"no image":           {values{"amiId": "debian"}, "amiId", "leave it empty"},
	"YAML in a check":    {values{"ignorePreflightErrors": `["a], b: [c"]`}, "ignorePreflightErrors", "NumCPU"},

	"image without tag":    {values{"app": `{"image": "rockyj/hello-hapi"}`}, "app.image", "NAME:TAG"},
	"image with a space":   {values{"app": `{"image": "a b:1"}`}, "app.image", "NAME:TAG"},
	"no replicas":          {values{"app": `{"replicas": 0}`}, "app.replicas", "1 or more"},
	"null for a number":    {values{"app": `{"replicas": null}`}, "app.replicas", "1 or more"},
	"fraction":             {values{"app": `{"replicas": 1.5}`}, "app", "replicas: want a whole number"},
	"no port":              {values{"app": `{"port": 70000}`}, "app.port", "1 to 65535"},
	"low node port":        {values{"app": `{"nodePort": 29999}`}, "app.nodePort", "30000 to 32767"},
	"high node port":       {values{"app": `{"nodePort": 32768}`}, "app.nodePort", "30000 to 32767"},
	"variable with a dash": {values{"app": `{"env": {"NODE-ENV": "x"}}`}, "app.env", "use letters"},
	"number in a map":      {values{"app": `{"env": {"PORT": 3000}}`}, "app", "env: want a string"},
	"unknown field":        {values{"app": `{"replica": 3}`}, "app", `"replica": use env, image,`},
	"malformed object":     {values{"app": `{"replicas": `}, "app", "malformed"},
	"null for an object":   {values{"app": `null`}, "app", "want an object"},
	"list for an object":   {values{"proxy": `[]`}, "proxy", "want an object"},
	"number for text":      {values{"proxy": `{"serverName": 5}`}, "proxy", "serverName: want a string"},
	"shell in a name":      {values{"proxy": `{"serverName": "a; rm"}`}, "proxy.serverName", "www.example.com"},
	"nginx in a name": {
		values{"proxy": `{"serverName": "a.b;}\nserver {"}`},
		"proxy.serverName",
		"www.example.com",
	},

	"unknown key": {values{"adminCidr": "x"}, "adminCidr", "unknown key: remove it"},
}

func TestConfigProblems(t *testing.T) {
	t.Parallel()
	for name, p := range problems {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := parse(p.values)
			if err == nil {
				t.Fatal("accepted")
			}
			text := err.Error()
			if !strings.HasPrefix(text, p.key+": ") || !strings.Contains(text, p.remedy) ||
				strings.Contains(text, "\n") {
				t.Errorf("error is\n%s\nwant one line that begins with %q and has %q", text, p.key, p.remedy)
			}
			if strings.Contains(text, secret) {
				t.Error("the error shows the secret")
			}
		})
	}
}

func TestConfigReportsAllProblemsTogether(t *testing.T) {
	t.Parallel()
	_, err := Parse(projectFile, values{"nat": "x", "workers": `{"count": -1}`})
	if err == nil {
		t.Fatal("accepted")
	}
	for _, problem := range []string{
		"aws:region: missing: set it", "adminCidrs: missing: set it", "sshPrivateKey: missing: set it",
		"nat: ", "workers.count: ",
	} {
		if !strings.Contains(err.Error(), problem) {
			t.Errorf("error lacks %q:\n%s", problem, err)
		}
	}
}
