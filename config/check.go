package config

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"
)

// maxWorkers leaves one of the nodes that Kubernetes is made for to the control plane:
// https://kubernetes.io/docs/setup/best-practices/cluster-large/
const maxWorkers = 5000 - 1

const labelPattern = `[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?` // of a host name

var (
	regionPattern       = regexp.MustCompile(`^[a-z]+(-[a-z]+)*-\d{1,2}$`)
	versionPattern      = regexp.MustCompile(`^1\.[1-9]\d?\.(0|[1-9]\d?)$`)
	instanceTypePattern = regexp.MustCompile(`^[a-z][a-z0-9-]*\.[a-z0-9-]+$`)
	amiPattern          = regexp.MustCompile(`^ami-[0-9a-f]{8,17}$`)
	imagePattern        = regexp.MustCompile(`^[a-z0-9][a-z0-9._:/-]*(:[\w][\w.-]{0,127}|@sha256:[0-9a-f]{64})$`)
	envNamePattern      = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	checkNamePattern    = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.-]*$`)
	serverNamePattern   = regexp.MustCompile(`^(` + labelPattern + `\.)*` + labelPattern + `$`)
)

// check returns every problem of the configuration, each with its key and the remedy, but for the keys that could not
// be decoded. It also derives SSHPublicKey.
func (c *Config) check(undecoded map[string]bool) []error {
	var problems []error
	report := func(key, format string, args ...any) {
		name, _, _ := strings.Cut(key, ".")
		if !undecoded[name] {
			problems = append(problems, fmt.Errorf("%s: %w", key, fmt.Errorf(format, args...)))
		}
	}
	if !regionPattern.MatchString(c.Region) {
		report("aws:region", "%q is no region: write one such as us-east-1", c.Region)
	}
	c.checkAdmins(report)
	c.checkNetworks(report)
	c.checkTopology(report)
	c.checkNodes(report)
	c.checkApp(report)
	if public, err := publicKey(c.SSHPrivateKey); err != nil {
		report("sshPrivateKey", "%w", err)
	} else {
		c.SSHPublicKey = public
	}
	return problems
}

type reporter func(key, format string, args ...any)

func (c *Config) checkAdmins(report reporter) {
	if len(c.AdminCIDRs) == 0 {
		report("adminCidrs", "empty: list the addresses that may administer the cluster, such as [203.0.113.7/32]")
	}
	for i, text := range c.AdminCIDRs {
		prefix, err := parseCIDR(text)
		if err != nil {
			report("adminCidrs", "%w", err)
		} else if slices.Contains(c.AdminCIDRs[:i], text) {
			report("adminCidrs", "%s is listed twice: remove one", text)
		} else if prefix.Bits() == 0 && !c.AllowWorldAdmin {
			report("adminCidrs", "%s is the whole world: name your own addresses, or set allowWorldAdmin to true", text)
		}
	}
}

func (c *Config) checkNodes(report reporter) {
	if !versionPattern.MatchString(c.KubernetesVersion) {
		report("kubernetesVersion", "%q is no version: write MAJOR.MINOR.PATCH, such as 1.37.2", c.KubernetesVersion)
	}
	for _, entry := range [][2]string{
		{"edge.instanceType", c.Edge.InstanceType},
		{"controlPlane.instanceType", c.ControlPlane.InstanceType},
		{"workers.instanceType", c.Workers.InstanceType},
	} {
		if !instanceTypePattern.MatchString(entry[1]) {
			report(entry[0], "%q is no instance type: write one such as t2.micro", entry[1])
		}
	}
	if c.Workers.Count < 1 || c.Workers.Count > maxWorkers {
		report("workers.count", "%d is no number of workers: use 1 to %d", c.Workers.Count, maxWorkers)
	}
	if c.AMIID != "" && !amiPattern.MatchString(c.AMIID) {
		report("amiId", "%q is no AMI: write ami-…, or leave it empty for the newest Debian 13", c.AMIID)
	}
	for _, name := range c.IgnorePreflightErrors {
		if !checkNamePattern.MatchString(name) {
			report("ignorePreflightErrors", "%q is no check: write a name such as NumCPU", name)
		}
	}
}

func (c *Config) checkApp(report reporter) {
	if !imagePattern.MatchString(c.App.Image) {
		report("app.image", "%q has no tag or digest: write NAME:TAG or NAME@sha256:DIGEST", c.App.Image)
	}
	if c.App.Replicas < 1 {
		report("app.replicas", "%d is too few: use 1 or more", c.App.Replicas)
	}
	if c.App.Port < 1 || c.App.Port > 65535 {
		report("app.port", "%d is no port: use 1 to 65535", c.App.Port)
	}
	if c.App.NodePort < 30000 || c.App.NodePort > 32767 {
		report("app.nodePort", "%d is no node port: use 30000 to 32767", c.App.NodePort)
	}
	for name := range c.App.Env {
		if !envNamePattern.MatchString(name) {
			report("app.env", "%q is no name of a variable: use letters, digits and _", name)
		}
	}
	if name := c.Proxy.ServerName; name != "" && !serverNamePattern.MatchString(name) {
		report("proxy.serverName", "%q is no host name: write one such as www.example.com, or leave it empty", name)
	}
}

// publicKey derives the public half of an SSH private key, as a line of authorized_keys. Its errors never quote the
// key.
func publicKey(private string) (string, error) {
	const remedy = "make one with ssh-keygen -t ed25519 -N '' and set it with pulumi config set --secret sshPrivateKey"
	signer, err := ssh.ParsePrivateKey([]byte(private))
	var locked *ssh.PassphraseMissingError
	if errors.As(err, &locked) {
		return "", errors.New("has a passphrase, which nobody could type: " + remedy)
	}
	if err != nil {
		return "", errors.New("no private key in OpenSSH or PEM format: " + remedy)
	}
	if kind := signer.PublicKey().Type(); !slices.Contains([]string{ssh.KeyAlgoED25519, ssh.KeyAlgoRSA}, kind) {
		return "", fmt.Errorf("EC2 takes no %s keys: %s", cmp.Or(kind, "such"), remedy)
	}
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(signer.PublicKey()))), nil
}
