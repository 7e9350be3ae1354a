package main

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"hello-kubernetes/app"
	"hello-kubernetes/cluster"
	"hello-kubernetes/compute"
	"hello-kubernetes/internal/remote"
)

// outputs is what the stack tells its user. The kubeconfig is a secret, nothing else is.
func (c *Config) outputs(hosts *compute.Compute, kube *cluster.Cluster, hello *app.App) pulumi.Map {
	nodes := pulumi.Array{}
	for _, host := range hosts.All() {
		switch host.Name {
		case hosts.ControlPlane.Name: // which can be the edge
			nodes = append(nodes, node(host, "control-plane", c.ControlPlane.InstanceType, hosts.PublicIP))
		case hosts.Edge.Name:
			nodes = append(nodes, node(host, "edge", c.Edge.InstanceType, hosts.PublicIP))
		default:
			nodes = append(nodes, node(host, "worker", c.Workers.InstanceType, hosts.PublicIP))
		}
	}
	return pulumi.Map{
		"url":        pulumi.Sprintf("http://%s", hosts.PublicIP),
		"kubeconfig": kube.Kubeconfig,
		"nodes":      nodes,
		"sshConfig":  sshConfig(hosts),
		"knownHosts": knownHosts(hosts),
		"nodePort":   hello.NodePort,
		"clusterIP":  hello.ClusterIP,
	}
}

// node is one element of the output nodes, a host. publicIp is empty behind the edge, which has it.
func node(host remote.Host, role, instanceType string, publicIP pulumi.StringInput) pulumi.Map {
	if host.Bastion != nil {
		publicIP = pulumi.String("")
	}
	return pulumi.Map{
		"name":         pulumi.String(host.Name),
		"role":         pulumi.String(role),
		"instanceType": pulumi.String(instanceType),
		"privateIp":    host.PrivateAddress,
		"publicIp":     publicIP,
	}
}

// sshConfig is an ssh_config with an entry a host; those behind the edge jump over it. The key and knownHosts are not
// part of it: an entry for all hosts names their files, so that they count for the jump too.
func sshConfig(hosts *compute.Compute) pulumi.StringOutput {
	return eachHost(hosts, func(host remote.Host, address string) string {
		entry := fmt.Sprintf("Host %s\n  HostName %s\n  User %s\n", host.Name, address, host.Login.User)
		if host.Bastion != nil {
			entry += fmt.Sprintf("  ProxyJump %s\n", host.Bastion.Name)
		}
		return entry
	})
}

// knownHosts is a known_hosts file: each host's address and key.
func knownHosts(hosts *compute.Compute) pulumi.StringOutput {
	return eachHost(hosts, func(host remote.Host, address string) string {
		return address + " " + host.HostKey + "\n"
	})
}

// eachHost joins the lines of all hosts, each with the address that it is reached at from outside or from its bastion.
func eachHost(hosts *compute.Compute, line func(host remote.Host, address string) string) pulumi.StringOutput {
	all := hosts.All()
	addresses := []any{hosts.PublicIP}
	for _, host := range all[1:] {
		addresses = append(addresses, host.PrivateAddress)
	}
	return pulumi.All(addresses...).ApplyT(func(addresses []any) string {
		var text strings.Builder
		for i, host := range all {
			text.WriteString(line(host, addresses[i].(string)))
		}
		return text.String()
	}).(pulumi.StringOutput)
}
