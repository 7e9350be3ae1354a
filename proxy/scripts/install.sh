set -Eeuo pipefail
{{template "apt"}}
# shellcheck disable=SC2016 # the format is dpkg's
if [ "$(dpkg-query -W -f '${db:Status-Status}' nginx 2>/dev/null)" != installed ]; then
	apt_update
	apt_get install -y --no-install-recommends nginx
fi
sudo systemctl enable -q --now nginx
