set -Eeuo pipefail
if command -v cloud-init >/dev/null; then
	cloud-init status --wait >/dev/null || [ $? -eq 2 ]
fi
