set -Eeuo pipefail
umask 077
sudo mkdir -p /etc/kubernetes
sudo tee /etc/kubernetes/kubeadm.yaml >/dev/null
kubectl=(sudo kubectl --kubeconfig /etc/kubernetes/admin.conf)
marker=/etc/kubernetes/initialized

# Without the marker an earlier attempt broke off, and nothing can live in its cluster yet.
if ! sudo test -e "$marker"; then
	sudo kubeadm reset --force >/dev/null 2>&1 || true
	sudo kubeadm init --config /etc/kubernetes/kubeadm.yaml --skip-token-print
	sudo touch "$marker"
fi

deadline=$((SECONDS + 180))
until error=$("${kubectl[@]}" get --raw /readyz --request-timeout 5s 2>&1 >/dev/null); do
	if [ "$SECONDS" -ge "$deadline" ]; then
		echo "the API server is not ready after 3 minutes: $error" >&2
		exit 1
	fi
	sleep 1
done
