module hello-kubernetes/tests/e2e

go 1.26.0

require (
	github.com/inetaf/tcpproxy v0.0.0-20260515195445-c159a6051109
	github.com/vishvananda/netlink v1.3.1
	golang.org/x/net v0.62.0
	golang.org/x/sys v0.50.0
	hello-kubernetes/sandbox v0.0.0
)

require (
	github.com/containernetworking/plugins v1.9.1 // indirect
	github.com/gofrs/flock v0.13.2 // indirect
	github.com/miekg/dns v1.1.73 // indirect
	github.com/natefinch/atomic v1.0.1 // indirect
	github.com/vishvananda/netns v0.0.5 // indirect
)

replace hello-kubernetes/sandbox => ../../sandbox
