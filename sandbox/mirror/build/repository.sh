#!/usr/bin/env bash
# repository.sh DIR KEY [SUITE COMPONENT] makes DIR an apt repository of the packages whose files are in DIR/trees.
# Without a suite its index lies beside the packages, as in Kubernetes' repositories. KEY is the file of the key that
# signs the index; it is made when it is missing.
set -Eeuo pipefail
umask 022
key=$2 suite=${3-} component=${4-}
cd "$1"

mkdir pool
for tree in trees/*; do
	# Without compression: a node has one slow processor, and the file comes from a disk of this machine.
	dpkg-deb --root-owner-group -Znone --build "$tree" pool >/dev/null
done
rm -r trees

GNUPGHOME=$(mktemp -d)
export GNUPGHOME
trap 'gpgconf --kill gpg-agent; rm -rf "$GNUPGHOME"' EXIT
gpg=(gpg --batch --quiet --armor)
if [ -e "$key" ]; then
	"${gpg[@]}" --import "$key"
else
	"${gpg[@]}" --passphrase '' --quick-generate-key 'hello-kubernetes sandbox' ed25519 sign never
	(umask 077 && "${gpg[@]}" --export-secret-keys >"$key.part")
	mv "$key.part" "$key"
fi

dists=. public=Release.key fields=('Origin=hello-kubernetes sandbox' Architectures=amd64)
if [ -n "$suite" ]; then
	dists=dists/$suite public=gpg
	fields+=("Suite=$suite" "Codename=$suite" "Components=$component")
fi
index=$dists${component:+/$component/binary-amd64}/Packages
mkdir -p "${index%/*}"
apt-ftparchive packages pool >"$index"
release=$(apt-ftparchive "${fields[@]/#/-oAPT::FTPArchive::Release::}" release "$dists")
"${gpg[@]}" --clear-sign <<<"$release" >"$dists/InRelease"
"${gpg[@]}" --export >"$public"
