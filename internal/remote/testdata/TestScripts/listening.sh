set -Eeuo pipefail
deadline=$((SECONDS + 600))
# shellcheck disable=SC2016 # the inner bash expands it
until timeout 5 bash -c 'read -r -n 4 banner </dev/tcp/10.0.0.10/22 && [ "$banner" = SSH- ]' 2>/dev/null; do
	if [ "$SECONDS" -ge "$deadline" ]; then
		echo "SSH does not answer after 10 minutes" >&2
		exit 1
	fi
	sleep 1
done
