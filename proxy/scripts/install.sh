set -Eeuo pipefail
export DEBIAN_FRONTEND=noninteractive
apt_get() { sudo -E apt-get -q -o Acquire::Retries=5 -o DPkg::Lock::Timeout=300 "$@"; }
if ! command -v /usr/sbin/nginx >/dev/null; then
	apt_get update
	apt_get install -y --no-install-recommends nginx
fi
sudo systemctl enable -q --now nginx
