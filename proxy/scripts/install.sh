set -Eeuo pipefail
{{template "apt"}}
if ! command -v /usr/sbin/nginx >/dev/null; then
	apt_update
	apt_get install -y --no-install-recommends nginx
fi
sudo systemctl enable -q --now nginx
