set -Eeuo pipefail
sudo kubectl --kubeconfig /etc/kubernetes/admin.conf apply --server-side --force-conflicts -f -
