set -Eeuo pipefail
# The Node of an instance that is gone may still be there: kubeadm refuses to join another host under its name.
sudo kubectl --kubeconfig /etc/kubernetes/admin.conf delete node --ignore-not-found \
	--field-selector metadata.name=worker-0 --selector hello-kubernetes/instance,hello-kubernetes/instance!=hello-kubernetes-test-worker-0-instance >/dev/null
token=$(sudo kubeadm token create --kubeconfig /etc/kubernetes/admin.conf --ttl 30m)
ca=$(sudo openssl x509 -in /etc/kubernetes/pki/ca.crt -noout -pubkey | openssl pkey -pubin -outform der | sha256sum)
echo "$token ${ca%% *}"
