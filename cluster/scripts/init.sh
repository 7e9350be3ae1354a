set -Eeuo pipefail
umask 077
server=/etc/kubernetes/apiserver # files that the API server's flags name
sudo mkdir -p "$server" /var/log/kubernetes/audit
sudo tee /etc/kubernetes/kubeadm.yaml >/dev/null
kubectl=(sudo kubectl --kubeconfig /etc/kubernetes/admin.conf)
marker=/etc/kubernetes/initialized

# The audit log says who did what. It leaves out the contents of requests, because they hold Secrets, and the requests
# that the cluster's own components make all the time.
sudo tee "$server/audit.yaml" >/dev/null <<'CONF'
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
  - level: None
    nonResourceURLs: ["/livez*", "/readyz*", "/healthz*", "/api*", "/openapi*", "/version"]
  - level: None
    users: [system:apiserver]
    verbs: [get, list, watch]
  - level: None
    resources:
      - group: coordination.k8s.io
        resources: [leases]
      - group: ""
        resources: [events]
      - group: events.k8s.io
        resources: [events]
  - level: Metadata
CONF

# Requests without credentials: the kubelet asks for the server's health, and a joining node for the cluster's CA. All
# others are refused.
sudo tee "$server/authentication.yaml" >/dev/null <<'CONF'
apiVersion: apiserver.config.k8s.io/v1
kind: AuthenticationConfiguration
anonymous:
  enabled: true
  conditions:
    - path: /livez
    - path: /readyz
    - path: /healthz
    - path: /api/v1/namespaces/kube-public/configmaps/cluster-info
CONF

# The key that encrypts Secrets in etcd. It is made once: with a new one, the API server could not read the old Secrets.
if ! sudo test -e "$server/encryption.yaml"; then
	key=$(head -c 32 /dev/urandom | base64)
	sudo tee "$server/encryption.yaml.new" >/dev/null <<CONF
apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resources:
  - resources: [secrets]
    providers:
      - secretbox:
          keys:
            - name: key1
              secret: $key
      - identity: {}
CONF
	sudo mv "$server/encryption.yaml.new" "$server/encryption.yaml"
fi

# The marker says that kubeadm init has finished. Without it, what is there is left from an attempt that was broken off:
# no cluster has come out of it yet, and it is removed.
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
