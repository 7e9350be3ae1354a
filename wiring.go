package main

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"hello-kubernetes/app"
	"hello-kubernetes/cluster"
	"hello-kubernetes/compute"
	"hello-kubernetes/config"
	"hello-kubernetes/internal/layout"
	"hello-kubernetes/internal/remote"
	"hello-kubernetes/network"
	"hello-kubernetes/proxy"
)

// appName names the app, in the cluster and in nginx's configuration.
const appName = "hello-hapi"

// Each component gets its arguments from the configuration and from the outputs of those before it.

func networkArgs(c *config.Config) network.Args {
	return network.Args{
		VPCCIDR:           c.VPCCIDR,
		PublicSubnetCIDR:  c.PublicSubnetCIDR,
		PrivateSubnetCIDR: c.PrivateSubnetCIDR,
		NAT:               c.NAT,
		NATAddress:        c.NATGatewayAddress(),
		Mirror:            c.Mirror,
		AdminCIDRs:        c.AdminCIDRs,
		NodePorts:         []int{c.App.NodePort},
	}
}

func computeArgs(c *config.Config, net *network.Network) compute.Args {
	args := compute.Args{
		SSHPublicKey:  c.SSHPublicKey,
		SSHPrivateKey: c.SSHPrivateKey,
		AMI:           c.AMIID,
		Egress: compute.Egress{
			NAT:          c.NAT,
			RouteTableID: net.Private.RouteTableID,
			NATGatewayID: net.NATGatewayID,
			SubnetCIDR:   c.PrivateSubnetCIDR,
			VPCCIDR:      c.VPCCIDR,
		},
	}
	for _, host := range c.Hosts() {
		subnet := net.Private
		if host.Public {
			subnet = net.Public
		}
		var groups []pulumi.StringInput
		for _, role := range host.Roles {
			groups = append(groups, net.GroupIDs[role])
		}
		args.Hosts = append(args.Hosts, compute.Host{
			Name:             host.Name,
			Roles:            host.Roles,
			InstanceType:     host.InstanceType,
			SubnetID:         subnet.ID,
			SecurityGroupIDs: groups,
			Address:          host.Address,
			Ready:            subnet.Ready,
		})
	}
	return args
}

func clusterArgs(c *config.Config, hosts *compute.Compute) cluster.Args {
	return cluster.Args{
		Hosts:                 hosts.Hosts,
		PublicAddress:         hosts.PublicIP,
		KubernetesVersion:     c.KubernetesVersion,
		PodCIDR:               c.PodCIDR,
		ServiceCIDR:           c.ServiceCIDR,
		IgnorePreflightErrors: c.IgnorePreflightErrors,
		Mirror:                c.Mirror,
	}
}

func appArgs(c *config.Config, kube *cluster.Cluster) app.Args {
	return app.Args{
		Name:     appName,
		Provider: kube.Provider,
		Cluster:  kube.Instance,
		Image:    c.App.Image,
		Replicas: c.App.Replicas,
		Env:      c.App.Env,
		Port:     c.App.Port,
		NodePort: c.App.NodePort,
	}
}

func proxyArgs(c *config.Config, hosts *compute.Compute, hello *app.App) proxy.Args {
	args := proxy.Args{
		Host:  remote.WithRole(hosts.Hosts, layout.Edge)[0],
		Sites: []proxy.Site{{Name: appName, ServerName: c.Proxy.ServerName, NodePort: c.App.NodePort}},
		Ready: hello.Ready,
	}
	for _, worker := range remote.WithRole(hosts.Hosts, layout.Worker) {
		args.Workers = append(args.Workers, worker.PrivateAddress)
	}
	return args
}
