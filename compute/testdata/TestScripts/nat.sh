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
if ! command -v /usr/sbin/nft >/dev/null; then
	apt_update
	apt_get install -y --no-install-recommends nftables
fi
echo 'net.ipv4.ip_forward = 1' | sudo tee /etc/sysctl.d/60-nat.conf >/dev/null
sudo sysctl -q -p /etc/sysctl.d/60-nat.conf
# The rules are in a table of their own, so that loading them again leaves all others on the host alone.
sudo tee /etc/nat.nft >/dev/null <<'RULES'
table ip nat-instance
delete table ip nat-instance
table ip nat-instance {
	chain postrouting {
		type nat hook postrouting priority srcnat; policy accept;
		ip saddr 10.0.1.0/24 ip daddr != 10.0.0.0/16 masquerade
	}
}
RULES
sudo tee /etc/systemd/system/nat.service >/dev/null <<'UNIT'
[Unit]
Description=Masquerade for the private subnet
Wants=network-pre.target
Before=network-pre.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/sbin/nft -f /etc/nat.nft
ExecReload=/usr/sbin/nft -f /etc/nat.nft

[Install]
WantedBy=multi-user.target
UNIT
sudo systemctl daemon-reload
sudo systemctl enable -q nat.service
sudo systemctl restart nat.service
