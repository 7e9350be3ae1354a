set -Eeuo pipefail
kubectl=(sudo kubectl --kubeconfig /etc/kubernetes/admin.conf)
node=$("${kubectl[@]}" get node worker-0 --ignore-not-found -o name) # an error here is not an absence
if [ -z "$node" ]; then
	exit 0
fi
"${kubectl[@]}" drain worker-0 --ignore-daemonsets --delete-emptydir-data --force --timeout 180s
"${kubectl[@]}" delete node worker-0 --ignore-not-found
