set -Eeuo pipefail
{{template "apt"}}
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
sudo sed -i '/ {{.APIName}}$/d' /etc/hosts
echo "$api_address {{.APIName}}" | sudo tee -a /etc/hosts >/dev/null
# The mirror answers under the names of the servers that it stands for.
sudo sed -i '/ # mirror$/d' /etc/hosts
{{- if .Mirror}}
echo '{{.Mirror}}{{range .Mirrored}} {{.}}{{end}} # mirror' | sudo tee -a /etc/hosts >/dev/null
{{- end}}

# The settings are written before the package is installed, so that containerd starts with them.
sudo mkdir -p /etc/containerd /etc/apt/keyrings
sudo tee /etc/containerd/config.toml.new >/dev/null <<'CONF'
version = 3
imports = ["/etc/containerd/conf.d/*.toml"]

[plugins."io.containerd.cri.v1.images".pinned_images]
sandbox = "registry.k8s.io/pause:{{.Pause}}"

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

if ! installed containerd.io '{{.Containerd}}-*' || ! installed kubelet '{{.Version}}-*' ||
	! installed kubeadm '{{.Version}}-*' || ! installed kubectl '{{.Version}}-*'; then
	fetch_key() { # URL NAME
		curl -fsSL --retry 5 --retry-all-errors --max-time 60 "$1" | sudo tee "/etc/apt/keyrings/$2.asc.new" >/dev/null
		sudo mv "/etc/apt/keyrings/$2.asc.new" "/etc/apt/keyrings/$2.asc"
	}
	fetch_key https://pkgs.k8s.io/core:/stable:/v{{.Minor}}/deb/Release.key kubernetes
	fetch_key https://download.docker.com/linux/debian/gpg docker
	echo 'deb [signed-by=/etc/apt/keyrings/kubernetes.asc] https://pkgs.k8s.io/core:/stable:/v{{.Minor}}/deb/ /' |
		sudo tee /etc/apt/sources.list.d/kubernetes.list >/dev/null
	echo 'deb [signed-by=/etc/apt/keyrings/docker.asc] https://download.docker.com/linux/debian trixie stable' |
		sudo tee /etc/apt/sources.list.d/docker.list >/dev/null
	apt_update
	apt_get install -y --no-install-recommends --allow-change-held-packages \
		'containerd.io={{.Containerd}}-*' 'kubelet={{.Version}}-*' 'kubeadm={{.Version}}-*' 'kubectl={{.Version}}-*'
	sudo apt-mark hold containerd.io kubelet kubeadm kubectl
	restart_containerd=yes
fi
if [ -n "$restart_containerd" ]; then
	sudo systemctl enable -q containerd kubelet
	sudo systemctl restart containerd
fi
