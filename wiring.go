package main

import (
	"net/netip"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"hello-kubernetes/app"
	"hello-kubernetes/cluster"
	"hello-kubernetes/compute"
	"hello-kubernetes/network"
	"hello-kubernetes/proxy"
)

// private tells whether all nodes are in the private subnet, behind an edge of its own.
func (c *Config) private() bool { return network.Topology(c.Topology) == network.Private }

// Each component gets its arguments from the configuration and from the outputs of those before it.

func (c *Config) network() network.Args {
	return network.Args{
		VPCCIDR:           c.VPCCIDR,
		PublicSubnetCIDR:  c.PublicSubnetCIDR,
		PrivateSubnetCIDR: c.PrivateSubnetCIDR,
		Topology:          network.Topology(c.Topology),
		NAT:               network.NAT(c.NAT),
		NATAddress:        addressIn(c.PublicSubnetCIDR, natGatewayPlace),
		Mirror:            c.Mirror,
		AdminCIDRs:        c.AdminCIDRs,
	}
}

func (c *Config) compute(net *network.Network) compute.Args {
	args := compute.Args{
		SSHPublicKey:  c.SSHPublicKey,
		SSHPrivateKey: c.SSHPrivateKey,
		AMI:           c.AMIID,
		ControlPlane: compute.Node{
			InstanceType:    c.ControlPlane.InstanceType,
			SubnetID:        net.PublicSubnetID,
			SecurityGroupID: net.ControlPlaneGroupID,
			Address:         addressIn(c.PublicSubnetCIDR, controlPlanePlace),
			Ready:           net.PublicReady,
		},
	}
	if c.private() {
		args.Edge = &compute.Node{
			InstanceType:    c.Edge.InstanceType,
			SubnetID:        net.PublicSubnetID,
			SecurityGroupID: net.EdgeGroupID,
			Address:         addressIn(c.PublicSubnetCIDR, edgePlace),
			Ready:           net.PublicReady,
		}
		args.ControlPlane.SubnetID, args.ControlPlane.Address = net.PrivateSubnetIDs[0], ""
		args.ControlPlane.Ready = net.PrivateReady
	}
	for i := range c.Workers.Count {
		args.Workers = append(args.Workers, compute.Node{
			InstanceType:    c.Workers.InstanceType,
			SubnetID:        net.PrivateSubnetIDs[i%len(net.PrivateSubnetIDs)],
			SecurityGroupID: net.WorkerGroupID,
			Ready:           net.PrivateReady,
		})
	}
	if network.NAT(c.NAT) != network.NATNone {
		args.WayOut = &compute.WayOut{
			RouteTableID: net.PrivateRouteTableID,
			SubnetCIDR:   c.PrivateSubnetCIDR,
			VPCCIDR:      c.VPCCIDR,
		}
		if network.NAT(c.NAT) == network.NATGateway {
			args.WayOut.NATGatewayID = net.NATGatewayID
		}
	}
	return args
}

// Fixed places in the public subnet, all different, so that one can come before another goes. AWS keeps the first four
// addresses of a subnet and the last, and the smallest has 16.
const (
	controlPlanePlace = 10
	natGatewayPlace   = 11
	edgePlace         = 12
)

// addressIn is the address at a place in a checked subnet.
func addressIn(subnet string, place int) string {
	address := netip.MustParsePrefix(subnet).Addr()
	for range place {
		address = address.Next()
	}
	return address.String()
}

func (c *Config) cluster(hosts *compute.Compute) cluster.Args {
	return cluster.Args{
		ControlPlane:          hosts.ControlPlane,
		Workers:               hosts.Workers,
		PublicAddress:         hosts.PublicIP,
		KubernetesVersion:     c.KubernetesVersion,
		PodCIDR:               c.PodCIDR,
		ServiceCIDR:           c.ServiceCIDR,
		IgnorePreflightErrors: c.IgnorePreflightErrors,
		Mirror:                c.Mirror,
	}
}

// apiProxy passes the API on where the control plane itself cannot be reached, and returns what its clients wait for.
func (c *Config) apiProxy(ctx *pulumi.Context, name string, hosts *compute.Compute) ([]pulumi.Resource, error) {
	if !c.private() {
		return nil, nil
	}
	api, err := proxy.NewAPI(ctx, name, proxy.APIArgs{Host: hosts.Edge, ControlPlane: hosts.ControlPlane.PrivateAddress})
	if err != nil {
		return nil, err
	}
	return []pulumi.Resource{api.Ready}, nil
}

func (c *Config) app(hosts *compute.Compute, kube *cluster.Cluster, wayToAPI []pulumi.Resource) app.Args {
	return app.Args{
		Kubeconfig: kube.Kubeconfig,
		Ready:      wayToAPI,
		Machine:    hosts.ControlPlane.Instance,
		Image:      c.App.Image,
		Replicas:   c.App.Replicas,
		Env:        c.App.Env,
		Port:       c.App.Port,
	}
}

func (c *Config) proxy(hosts *compute.Compute, hello *app.App) proxy.Args {
	args := proxy.Args{Host: hosts.Edge, ServerName: c.Proxy.ServerName, NodePort: hello.NodePort}
	for _, worker := range hosts.Workers {
		args.Workers = append(args.Workers, worker.PrivateAddress)
	}
	return args
}
