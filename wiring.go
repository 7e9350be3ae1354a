package main

import (
	"net/netip"

	"hello-kubernetes/app"
	"hello-kubernetes/cluster"
	"hello-kubernetes/compute"
	"hello-kubernetes/network"
	"hello-kubernetes/proxy"
)

// Each component gets its arguments from the configuration and from the outputs of those before it.

func (c *Config) network() network.Args {
	return network.Args{
		VPCCIDR:           c.VPCCIDR,
		PublicSubnetCIDR:  c.PublicSubnetCIDR,
		PrivateSubnetCIDR: c.PrivateSubnetCIDR,
		NAT:               network.NAT(c.NAT),
		NATAddress:        addressIn(c.PublicSubnetCIDR, natGatewayPlace),
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
			Ready:           net.PublicReady,
		},
		Address: addressIn(c.PublicSubnetCIDR, controlPlanePlace),
	}
	for i := range c.Workers.Count {
		args.Workers = append(args.Workers, compute.Node{
			InstanceType:    c.Workers.InstanceType,
			SubnetID:        net.PrivateSubnetIDs[i%len(net.PrivateSubnetIDs)],
			SecurityGroupID: net.WorkerGroupID,
			Ready:           net.PrivateReady,
		})
	}
	if network.NAT(c.NAT) == network.NATInstance {
		args.NAT = &compute.NAT{
			SubnetCIDR:   c.PrivateSubnetCIDR,
			VPCCIDR:      c.VPCCIDR,
			RouteTableID: net.PrivateRouteTableID,
		}
	}
	return args
}

// Fixed places in the public subnet. AWS keeps the first four addresses of a subnet and the last, and the smallest has 16.
const (
	controlPlanePlace = 10
	natGatewayPlace   = 11
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
	}
}

func (c *Config) app(hosts *compute.Compute, kube *cluster.Cluster) app.Args {
	return app.Args{
		Kubeconfig: kube.Kubeconfig,
		Machine:    hosts.ControlPlane.Instance,
		Image:      c.App.Image,
		Replicas:   c.App.Replicas,
		Env:        c.App.Env,
		Port:       c.App.Port,
	}
}

func (c *Config) proxy(hosts *compute.Compute, hello *app.App) proxy.Args {
	args := proxy.Args{Host: hosts.ControlPlane, ServerName: c.Proxy.ServerName, NodePort: hello.NodePort}
	for _, worker := range hosts.Workers {
		args.Workers = append(args.Workers, worker.PrivateAddress)
	}
	return args
}
