set -Eeuo pipefail
kubectl=(sudo kubectl --kubeconfig /etc/kubernetes/admin.conf)
# The name may be another machine's by now. An error here is not an absence.
node=$("${kubectl[@]}" get node --field-selector metadata.name={{.Name}} --selector hello-kubernetes/machine={{.Machine}} -o name)
if [ -z "$node" ]; then
	exit 0
fi
"${kubectl[@]}" drain {{.Name}} --ignore-daemonsets --delete-emptydir-data --force --timeout 180s
"${kubectl[@]}" delete node {{.Name}} --ignore-not-found
