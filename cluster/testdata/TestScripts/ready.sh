set -Eeuo pipefail
kubectl=(sudo kubectl --kubeconfig /etc/kubernetes/admin.conf)
deadline=$((SECONDS + 300))
until error=$("${kubectl[@]}" wait --for condition=Ready node/worker-0 --timeout 10s 2>&1 >/dev/null); do
	if [ "$SECONDS" -ge "$deadline" ]; then
		echo "worker-0 is not Ready after 5 minutes: $error" >&2
		"${kubectl[@]}" get node worker-0 -o jsonpath='{.status.conditions[?(@.type=="Ready")].message}' >&2 || true
		exit 1
	fi
	sleep 1
done
"${kubectl[@]}" label node worker-0 --overwrite hello-kubernetes/instance=hello-kubernetes-test-worker-0-instance
