set -Eeuo pipefail
{{template "apt"}}
new=$(mktemp)
trap 'rm -f "$new"' EXIT
cat >"$new"
# On hosts from before HAProxy, nginx passes the API on. Its file gets a name that nginx does not include and goes only
# after nginx has freed the port, so that a run that breaks off in between is made good by the next one.
old=/etc/nginx/modules-enabled/90-hello-kubernetes-api.conf
if sudo test -e "$old"; then
	sudo mv "$old" "$old.old"
fi
if sudo test -e "$old.old"; then
	sudo systemctl reload nginx
	sudo rm "$old.old"
fi
# shellcheck disable=SC2016 # the format is dpkg's
if [ "$(dpkg-query -W -f '${db:Status-Status}' haproxy 2>/dev/null)" != installed ]; then
	apt_update
	apt_get install -y --no-install-recommends haproxy
fi
sudo haproxy -c -q -f "$new"
sudo install -m 644 "$new" /etc/haproxy/haproxy.cfg
sudo systemctl enable -q haproxy
sudo systemctl reload-or-restart haproxy
