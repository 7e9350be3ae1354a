set -Eeuo pipefail
{{template "apt"}}
packages=({{range $i, $p := .Packages}}{{if $i}} {{end}}{{q $p}}{{end}})
for package in "${packages[@]}"; do
	# shellcheck disable=SC2016 # the format is dpkg's
	if [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" != installed ]; then
		apt_update
		apt_get install -y --no-install-recommends "$package"
	fi
done
sudo systemctl enable -q --now nginx
