set -Eeuo pipefail
# The steps of one host take turns at apt-get, which waits for the lock of dpkg but not for the lock of its package lists.
apt_get() {
	sudo flock --timeout 600 /run/hello-kubernetes-apt.lock env DEBIAN_FRONTEND=noninteractive \
		apt-get -q -o Acquire::Retries=5 -o DPkg::Lock::Timeout=300 -o Dpkg::Options::=--force-confold "$@"
}
# The daily updates of the host hold the lock of the package lists, too: apt-get update is tried until they are done.
apt_update() {
	local deadline=$((SECONDS + 300))
	until apt_get update; do
		if [ "$SECONDS" -ge "$deadline" ]; then
			echo "apt-get update fails for 5 minutes" >&2
			return 1
		fi
		sleep 3
	done
}
read -r api_address || [ -n "$api_address" ]

# containerd needs overlay; kube-proxy and flannel need iptables to see bridged packets. Some kernels have both modules
# built in.
printf '%s\n' overlay br_netfilter | sudo tee /etc/modules-load.d/kubernetes.conf >/dev/null
sudo modprobe -qa overlay br_netfilter || true
if [ ! -e /proc/sys/net/bridge/bridge-nf-call-iptables ]; then
	echo "the kernel has no br_netfilter" >&2
	exit 1
fi
sudo tee /etc/sysctl.d/60-kubernetes.conf >/dev/null <<'CONF'
net.bridge.bridge-nf-call-iptables = 1
net.bridge.bridge-nf-call-ip6tables = 1
net.ipv4.ip_forward = 1
CONF
sudo sysctl -q -p /etc/sysctl.d/60-kubernetes.conf

# Nodes find the API server by its name.
sudo sed -i '/ api.hello-kubernetes.internal$/d' /etc/hosts
echo "$api_address api.hello-kubernetes.internal" | sudo tee -a /etc/hosts >/dev/null
# The mirror answers under the names of the servers that it stands for.
sudo sed -i '/ # mirror$/d' /etc/hosts

# The settings are written before the package is installed, so that containerd starts with them.
sudo mkdir -p /etc/containerd /etc/apt/keyrings
sudo tee /etc/containerd/config.toml.new >/dev/null <<'CONF'
version = 3
imports = ["/etc/containerd/conf.d/*.toml"]

[plugins."io.containerd.cri.v1.images".pinned_images]
sandbox = "registry.k8s.io/pause:3.10.2"

[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc.options]
SystemdCgroup = true
CONF
restart_containerd=
if ! sudo cmp -s /etc/containerd/config.toml.new /etc/containerd/config.toml; then
	sudo mv /etc/containerd/config.toml.new /etc/containerd/config.toml
	restart_containerd=yes
else
	sudo rm /etc/containerd/config.toml.new
fi

installed() { # PACKAGE VERSION-PATTERN
	# shellcheck disable=SC2053,SC2016 # the pattern is one; the format is dpkg's
	[[ $(dpkg-query -W -f '${db:Status-Status} ${Version}' "$1" 2>/dev/null) == "installed "$2 ]]
}

if ! installed containerd.io '2.3.4-*' || ! installed kubelet '1.37.2-*' ||
	! installed kubeadm '1.37.2-*' || ! installed kubectl '1.37.2-*'; then
	fetch_key() { # URL NAME
		curl -fsSL --retry 5 --retry-all-errors --max-time 60 "$1" | sudo tee "/etc/apt/keyrings/$2.asc.new" >/dev/null
		sudo mv "/etc/apt/keyrings/$2.asc.new" "/etc/apt/keyrings/$2.asc"
	}
	fetch_key https://pkgs.k8s.io/core:/stable:/v1.37/deb/Release.key kubernetes
	fetch_key https://download.docker.com/linux/debian/gpg docker
	echo 'deb [signed-by=/etc/apt/keyrings/kubernetes.asc] https://pkgs.k8s.io/core:/stable:/v1.37/deb/ /' |
		sudo tee /etc/apt/sources.list.d/kubernetes.list >/dev/null
	echo 'deb [signed-by=/etc/apt/keyrings/docker.asc] https://download.docker.com/linux/debian trixie stable' |
		sudo tee /etc/apt/sources.list.d/docker.list >/dev/null
	apt_update
	apt_get install -y --no-install-recommends --allow-change-held-packages \
		'containerd.io=2.3.4-*' 'kubelet=1.37.2-*' 'kubeadm=1.37.2-*' 'kubectl=1.37.2-*'
	sudo apt-mark hold containerd.io kubelet kubeadm kubectl
	restart_containerd=yes
fi
if [ -n "$restart_containerd" ]; then
	sudo systemctl enable -q containerd kubelet
	sudo systemctl restart containerd
fi
