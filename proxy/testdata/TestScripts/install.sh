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
# shellcheck disable=SC2016 # the format is dpkg's
if [ "$(dpkg-query -W -f '${db:Status-Status}' nginx 2>/dev/null)" != installed ]; then
	apt_update
	apt_get install -y --no-install-recommends nginx
fi
sudo systemctl enable -q --now nginx
