package instances

import "hello-kubernetes/sandbox/run"

// Packages returns the names of the Debian packages that instances, their image and their network need and that this
// machine lacks.
func Packages() []string {
	needs := []run.Need{
		{File: "podman", Debian: "podman"},
		{File: "lxcfs", Debian: "lxcfs"},
		{File: "fusermount3", Debian: "fuse3"},
		{File: "debootstrap", Debian: "debootstrap"},
		{File: "unshare", Debian: "util-linux"},
		{File: "ip", Debian: "iproute2"},
		{File: "nft", Debian: "nftables"},
		{File: "/usr/share/keyrings/debian-archive-keyring.gpg", Debian: "debian-archive-keyring"},
	}
	// crun, podman's other runtime, refuses version 1 of cgroups.
	if !unified() || len(run.Missing(run.Need{File: "crun"})) > 0 {
		needs = append(needs, run.Need{File: "runc", Debian: "runc"})
	}
	return run.Missing(needs...)
}
