set -Eeuo pipefail
unit=/etc/systemd/system/nat.service
if [ -e "$unit" ]; then
	sudo systemctl disable -q --now nat.service
fi
sudo rm -f "$unit" /etc/nat.nft /etc/sysctl.d/60-nat.conf
sudo systemctl daemon-reload
printf 'table ip nat-instance\ndelete table ip nat-instance\n' | sudo /usr/sbin/nft -f -
