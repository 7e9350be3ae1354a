package instances

// Packages returns the Debian packages that machines, their image and their network need and the host lacks.
func Packages() []string {
	needs := []struct{ program, debian string }{
		{"podman", "podman"},
		{"lxcfs", "lxcfs"},
		{"fusermount3", "fuse3"},
		{"debootstrap", "debootstrap"},
		{"unshare", "util-linux"},
		{"ip", "iproute2"},
		{"nft", "nftables"},
	}
	if !exists("/sys/fs/cgroup/cgroup.controllers") || !installed("crun") {
		needs = append(needs, struct{ program, debian string }{"runc", "runc"})
	}
	var missing []string
	for _, need := range needs {
		if !installed(need.program) {
			missing = append(missing, need.debian)
		}
	}
	if !exists("/usr/share/keyrings/debian-archive-keyring.gpg") {
		missing = append(missing, "debian-archive-keyring")
	}
	return missing
}
