package main

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"hello-kubernetes/app"
	"hello-kubernetes/cluster"
	"hello-kubernetes/compute"
	"hello-kubernetes/config"
	"hello-kubernetes/internal/remote"
)

// outputs is what the stack tells its user. The kubeconfig is a secret, nothing else is.
func outputs(c *config.Config, hosts *compute.Compute, kube *cluster.Cluster, hello *app.App) pulumi.Map {
	return pulumi.Map{
		"url":        pulumi.Sprintf("http://%s", hosts.PublicIP),
		"kubeconfig": kube.Kubeconfig,
		"hosts":      hostList(c, hosts),
		"sshConfig":  eachHost(hosts.Hosts, sshConfig),
		"knownHosts": eachHost(hosts.Hosts, knownHost),
		"nodePort":   pulumi.Int(c.App.NodePort),
		"clusterIP":  hello.ClusterIP,
	}
}

// hostList lists the hosts. Only the edge has a public address; the others' publicIp is empty.
func hostList(c *config.Config, hosts *compute.Compute) pulumi.Array {
	var list pulumi.Array
	for i, host := range hosts.Hosts {
		var publicIP pulumi.StringInput = pulumi.String("")
		if host.Bastion == nil {
			publicIP = hosts.PublicIP
		}
		roles := pulumi.StringArray{}
		for _, role := range host.Roles {
			roles = append(roles, pulumi.String(role))
		}
		list = append(list, pulumi.Map{
			"name":         pulumi.String(host.Name),
			"roles":        roles,
			"instanceType": pulumi.String(c.Hosts()[i].InstanceType),
			"privateIp":    host.PrivateAddress,
			"publicIp":     publicIP,
		})
	}
	return list
}

// sshConfig is the entry of a host in an ssh_config; those behind the edge jump over it. The key and knownHosts are not
// part of it: an entry for all hosts names their files, so that they count for the jump too.
func sshConfig(host remote.Host, address string) string {
	entry := fmt.Sprintf("Host %s\n  HostName %s\n  User %s\n", host.Name, address, host.Login.User)
	if host.Bastion != nil {
		entry += fmt.Sprintf("  ProxyJump %s\n", host.Bastion.Name)
	}
	return entry
}

// knownHost is the line of a host in a known_hosts file.
func knownHost(host remote.Host, address string) string { return address + " " + host.HostKey + "\n" }

// eachHost joins the lines of all hosts, each with the address that it is reached at from outside or from its bastion.
func eachHost(hosts []remote.Host, line func(host remote.Host, address string) string) pulumi.StringOutput {
	var addresses []any
	for _, host := range hosts {
		addresses = append(addresses, host.Address)
	}
	return pulumi.All(addresses...).ApplyT(func(addresses []any) string {
		var text strings.Builder
		for i, host := range hosts {
			text.WriteString(line(host, addresses[i].(string)))
		}
		return text.String()
	}).(pulumi.StringOutput)
}
