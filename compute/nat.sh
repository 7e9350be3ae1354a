set -Eeuo pipefail
{{template "apt"}}
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
		ip saddr {{.SubnetCIDR}} ip daddr != {{.VPCCIDR}} masquerade
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
