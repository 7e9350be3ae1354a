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
