set -Eeuo pipefail
sudo cat /etc/kubernetes/admin.conf
