#!/usr/bin/env bash
# base.sh DIR PACKAGE... unpacks packages of Debian 13 into DIR/root, for the lowest layer of an image. apt checks them
# by Debian's keys, and does not use this machine's own lists and settings, which may be of another release.
set -Eeuo pipefail
umask 022
cd "$1"
shift

mkdir -p apt/{lists,archives}/partial root/usr/{bin,lib,lib64,sbin}
for folder in bin lib lib64 sbin; do
	ln -s "usr/$folder" "root/$folder"
done
debian="deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org"
cat >apt/sources.list <<LIST
$debian/debian trixie main
$debian/debian-security trixie-security main
LIST
apt=(apt-get --quiet=2
	-oDir::State="$PWD/apt" -oDir::State::status=/dev/null -oDir::Cache="$PWD/apt"
	-oDir::Etc::SourceList="$PWD/apt/sources.list" -oDir::Etc::SourceParts=/dev/null -oDir::Etc::PreferencesParts=/dev/null
	-oAPT::Architecture=amd64 -oAPT::Architectures=amd64 -oAPT::Sandbox::User=root -oAcquire::Languages=none
	-oAcquire::IndexTargets::deb::DEP-11::DefaultEnabled=false)
"${apt[@]}" update
(cd apt && "${apt[@]}" download "$@")
for deb in apt/*.deb; do
	dpkg-deb --extract "$deb" root
done
rm -rf apt root/usr/share/{doc,man,locale,bash-completion,lintian,bug,info,initramfs-tools}

# What the packages' scripts would link. iptables is of the flavour that the nodes use themselves.
cd root/usr
shopt -s nullglob
for program in sbin/ip*tables-nft*; do
	ln -s "${program##*/}" "${program/-nft/}"
done
if [ -e bin/busybox ]; then
	for applet in sh cp ls; do
		ln -s busybox "bin/$applet"
	done
fi
