set -Eeuo pipefail
kubectl=(sudo kubectl --kubeconfig /etc/kubernetes/admin.conf)
# Another instance may have joined under this name by now: only the Node with this instance's label is removed. The
# command fails if the API server does not answer, so an empty answer means that there is no such Node.
node=$("${kubectl[@]}" get node --field-selector metadata.name=worker-0 --selector hello-kubernetes/instance=hello-kubernetes-test-worker-0-instance -o name)
if [ -z "$node" ]; then
	exit 0
fi
"${kubectl[@]}" drain worker-0 --ignore-daemonsets --delete-emptydir-data --force --timeout 180s
"${kubectl[@]}" delete node worker-0 --ignore-not-found
