package summary

import (
	"strconv"
	"strings"
)

// services are the usual names of ports, for people who do not know them by heart.
var services = map[string]string{
	"TCP 22":          "SSH",
	"TCP 80":          "HTTP",
	"TCP 443":         "HTTPS",
	"TCP 2379–2380":   "etcd",
	"TCP 6443":        "Kubernetes API",
	"TCP 10250":       "kubelet",
	"TCP 30000–32767": "NodePorts",
	"UDP 123":         "NTP",
	"UDP 8472":        "VXLAN, the pods' network",
	"ICMP 3/4":        "packet too big",
}

// name is the flow's protocol as people write it.
func (f flow) name() string {
	if f.protocol == "-1" || f.protocol == "" {
		return "all"
	}
	return strings.ToUpper(f.protocol)
}

// ports writes the flow's ports with their service: 30000–32767 (NodePorts). For ICMP they are type/code.
func (f flow) ports() string {
	icmp := strings.HasPrefix(f.protocol, "icmp")
	ports := f.firstPort
	switch {
	case f.name() == "all" || f.firstPort == "" || f.firstPort == "-1":
		return "all"
	case icmp && f.lastPort != "" && f.lastPort != "-1":
		ports = f.firstPort + "/" + f.lastPort
	case !icmp && f.lastPort != f.firstPort:
		ports = f.firstPort + "–" + f.lastPort
	}
	if service := services[f.name()+" "+ports]; service != "" {
		ports += " (" + service + ")"
	}
	return ports
}

// traffic is protocol and ports.
func (f flow) traffic() string { return f.name() + " " + f.ports() }

// number is a port for sorting; 0 for all.
func number(port string) int {
	n, _ := strconv.Atoi(port) // no number: 0
	return n
}
