set -Eeuo pipefail
token=$(sudo kubeadm token create --kubeconfig /etc/kubernetes/admin.conf --ttl 30m)
ca=$(sudo openssl x509 -in /etc/kubernetes/pki/ca.crt -noout -pubkey | openssl pkey -pubin -outform der | sha256sum)
echo "$token ${ca%% *}"
