set -Eeuo pipefail
# Steps that install packages on one host take turns: apt-get waits for dpkg's lock, but not for that of its lists.
apt_get() {
	sudo flock --timeout 600 /run/hello-kubernetes-apt.lock env DEBIAN_FRONTEND=noninteractive \
		apt-get -q -o Acquire::Retries=5 -o DPkg::Lock::Timeout=300 -o Dpkg::Options::=--force-confold "$@"
}
# Others on the host, such as the daily updates, do not take turns.
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
packages=('nginx' 'libnginx-mod-stream')
for package in "${packages[@]}"; do
	# shellcheck disable=SC2016 # the format is dpkg's
	if [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" != installed ]; then
		apt_update
		apt_get install -y --no-install-recommends "$package"
	fi
done
sudo systemctl enable -q --now nginx
