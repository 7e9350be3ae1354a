set -Eeuo pipefail
kubectl=(sudo kubectl --kubeconfig /etc/kubernetes/admin.conf)
# The name may be another machine's by now. An error here is not an absence.
node=$("${kubectl[@]}" get node --field-selector metadata.name=worker-0 --selector hello-kubernetes/machine=hello-kubernetes-test-worker-0-id -o name)
if [ -z "$node" ]; then
	exit 0
fi
"${kubectl[@]}" drain worker-0 --ignore-daemonsets --delete-emptydir-data --force --timeout 180s
"${kubectl[@]}" delete node worker-0 --ignore-not-found
