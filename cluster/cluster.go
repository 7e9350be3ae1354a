// Package cluster makes a Kubernetes cluster of prepared hosts, by kubeadm over SSH.
package cluster

import (
	_ "embed"
	"fmt"

	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"hello-kubernetes/internal/layout"
	"hello-kubernetes/internal/remote"
)

// Versions that fit Kubernetes 1.37; flannel's are in flannel.yaml.
const (
	containerdVersion = "2.3.4" // https://containerd.io/releases/#kubernetes-support
	pauseVersion      = "3.10.2"
)

// apiName is the API server's name on every node. Certificates and kubeconfigs have the name and no address, so that a
// further control plane can serve under it.
const apiName = "api.hello-kubernetes.internal"

// Args is the input of New.
type Args struct {
	Hosts                 []remote.Host      // Required. Workers join and leave by themselves
	PublicAddress         pulumi.StringInput // Required. The edge's IP address, where admins reach the API
	KubernetesVersion     string             // Required. MAJOR.MINOR.PATCH
	PodCIDR               string             // Required. Fixed for the life of the cluster
	ServiceCIDR           string             // Required. Fixed for the life of the cluster
	IgnorePreflightErrors []string           // Optional. Names of kubeadm's checks
	Mirror                string             // Optional. Address for the names in mirrored. Default: what DNS says
}

// mirrored are the names that a mirror answers under: those that nodes get packages and images from.
var mirrored = []string{
	"deb.debian.org", "security.debian.org", "pkgs.k8s.io", "prod-cdn.packages.k8s.io", "download.docker.com",
	"registry.k8s.io", "ghcr.io", "registry-1.docker.io", "auth.docker.io",
}

// Cluster is a cluster whose nodes are all Ready.
type Cluster struct {
	pulumi.ResourceState

	Kubeconfig pulumi.StringOutput  // of the cluster's administrator, through PublicAddress; a secret
	Provider   *kubernetes.Provider // for objects in the cluster: it waits until every node is Ready
	Instance   pulumi.Resource      // of the control plane: without it, all objects in the cluster are gone

	controlPlane remote.Host
}

// New registers the cluster: prepare nodes → init → network → join workers → ready → kubeconfig → provider.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Cluster, error) {
	controlPlane := remote.WithRole(args.Hosts, layout.ControlPlane)[0]
	c := &Cluster{controlPlane: controlPlane, Instance: controlPlane.Instance}
	workers := remote.WithRole(args.Hosts, layout.Worker)
	if err := ctx.RegisterComponentResourceV2("hello-kubernetes:cluster:Cluster", name, pulumi.Map{
		"kubernetesVersion": pulumi.String(args.KubernetesVersion),
		"workers":           pulumi.Int(len(workers)),
	}, c, opts...); err != nil {
		return nil, err
	}
	prepared, err := c.prepare(ctx, controlPlane, args)
	if err != nil {
		return nil, err
	}
	started, err := c.start(ctx, args, prepared)
	if err != nil {
		return nil, err
	}
	ready := []pulumi.Resource{started}
	for _, worker := range workers {
		joined, err := c.join(ctx, worker, args, started)
		if err != nil {
			return nil, err
		}
		ready = append(ready, joined)
	}
	if err := c.kubeconfig(ctx, args, ready); err != nil {
		return nil, err
	}
	if err := c.provider(ctx, name, args); err != nil {
		return nil, err
	}
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{"kubeconfig": c.Kubeconfig})
}

//go:embed scripts/prepare.sh
var prepareText string

var prepareScript = remote.Template("prepare.sh", prepareText)

// prepare installs the container runtime and Kubernetes' packages on host.
func (c *Cluster) prepare(ctx *pulumi.Context, host remote.Host, args Args) (pulumi.Resource, error) {
	minor, err := minorOf(args.KubernetesVersion)
	if err != nil {
		return nil, err
	}
	text, err := remote.Render(prepareScript, struct {
		Version, Minor, Containerd, Pause, APIName, Mirror string
		Mirrored                                           []string
	}{args.KubernetesVersion, minor, containerdVersion, pauseVersion, apiName, args.Mirror, mirrored})
	if err != nil {
		return nil, err
	}
	return remote.Run(ctx, host, remote.Step{
		Name:    "prepare",
		Create:  pulumi.String(text),
		Stdin:   c.controlPlane.PrivateAddress,
		Timeout: "15m",
	}, pulumi.Parent(c))
}

// minorOf returns MAJOR.MINOR of a version.
func minorOf(version string) (string, error) {
	var major, minor, patch int
	if _, err := fmt.Sscanf(version, "%d.%d.%d", &major, &minor, &patch); err != nil {
		return "", fmt.Errorf("kubernetes version %q is not MAJOR.MINOR.PATCH", version)
	}
	return fmt.Sprintf("%d.%d", major, minor), nil
}
