set -Eeuo pipefail
kubectl=(sudo kubectl --kubeconfig /etc/kubernetes/admin.conf)
# Another instance may have joined under this name by now: only the Node with this instance's label is removed. The
# command fails if the API server does not answer, so an empty answer means that there is no such Node.
node=$("${kubectl[@]}" get node --field-selector metadata.name={{.Name}} --selector hello-kubernetes/instance={{.Instance}} -o name)
if [ -z "$node" ]; then
	exit 0
fi
"${kubectl[@]}" drain {{.Name}} --ignore-daemonsets --delete-emptydir-data --force --timeout 180s
"${kubectl[@]}" delete node {{.Name}} --ignore-not-found
