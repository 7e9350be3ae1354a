set -Eeuo pipefail
{{template "apt"}}
new=$(mktemp)
trap 'rm -f "$new"' EXIT
cat >"$new"
# On hosts from before HAProxy, nginx passes the API on: it has to free the port.
old=/etc/nginx/modules-enabled/90-hello-kubernetes-api.conf
if [ -e "$old" ]; then
	sudo rm "$old"
	sudo systemctl reload nginx
fi
if ! command -v /usr/sbin/haproxy >/dev/null; then
	apt_update
	apt_get install -y --no-install-recommends haproxy
fi
if sudo cmp -s "$new" /etc/haproxy/haproxy.cfg && systemctl is-active -q haproxy; then
	exit 0
fi
sudo /usr/sbin/haproxy -c -q -f "$new"
sudo install -m 644 "$new" /etc/haproxy/haproxy.cfg
sudo systemctl enable -q haproxy
sudo systemctl reload-or-restart haproxy
