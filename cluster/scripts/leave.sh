set -Eeuo pipefail
kubectl=(sudo kubectl --kubeconfig /etc/kubernetes/admin.conf)
if [ -z "$("${kubectl[@]}" get node {{.Name}} --ignore-not-found -o name)" ]; then
	exit 0
fi
"${kubectl[@]}" drain {{.Name}} --ignore-daemonsets --delete-emptydir-data --force --timeout 180s
"${kubectl[@]}" delete node {{.Name}} --ignore-not-found
