set -Eeuo pipefail
kubectl=(sudo kubectl --kubeconfig /etc/kubernetes/admin.conf)
node=$("${kubectl[@]}" get node {{.Name}} --ignore-not-found -o name) # an error here is not an absence
if [ -z "$node" ]; then
	exit 0
fi
"${kubectl[@]}" drain {{.Name}} --ignore-daemonsets --delete-emptydir-data --force --timeout 180s
"${kubectl[@]}" delete node {{.Name}} --ignore-not-found
