#!/bin/bash
# Makes a Debian 13 root like that of Debian's EC2 image: build.sh WORK DEBS, in namespaces of its own.
# WORK holds files/, which are the image's beside Debian's, and ca.pem; the root becomes WORK/root. DEBS keeps the packages.
set -Eeuo pipefail
umask 022
work=$1 debs=$2
root=$work/root
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8

# cloud-init comes later: its Python does not configure inside debootstrap.
debootstrap --variant=minbase --arch=amd64 --cache-dir="$debs" \
	--keyring=/usr/share/keyrings/debian-archive-keyring.gpg \
	--include=apt-utils,ca-certificates,dbus,systemd,systemd-sysv \
	trixie "$root" http://deb.debian.org/debian

rm -f "$root/etc/apt/sources.list"
cp -R --no-preserve=mode "$work/files/." "$root/"
cp --remove-destination /etc/resolv.conf "$root/etc/resolv.conf"
mount -t proc proc "$root/proc"
mount --bind "$debs" "$root/var/cache/apt/archives"

# What the image on EC2 has, and the programs of the node's set-up need.
inside() { chroot "$root" "$@"; }
inside apt-get -qq update
inside apt-get -qq -y --no-install-recommends -o APT::Keep-Downloaded-Packages=true dist-upgrade
inside apt-get -qq -y --no-install-recommends -o APT::Keep-Downloaded-Packages=true install \
	cloud-init curl iproute2 iptables iputils-ping kmod less libnss-myhostname libpam-systemd netbase nftables \
	openssh-server openssl procps python3 sudo vim-tiny
inside apt-get -qq autoclean

install -m 644 "$work/ca.pem" "$root/usr/local/share/ca-certificates/hello-kubernetes-sandbox.crt"
inside update-ca-certificates --fresh >/dev/null

# The kernel is the host's: no package's default may set it. A machine's own settings, in /etc/sysctl.d, are its network's.
for file in "$root"/usr/lib/sysctl.d/*.conf; do
	ln -s /dev/null "$root/etc/sysctl.d/${file##*/}"
done
inside systemctl -q enable kernel-settings.service
# What has no sense in a container, or would find work of its own in the middle of a measurement.
inside systemctl -q mask \
	apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer fstrim.timer \
	cloud-init-hotplugd.socket console-getty.service getty.target modprobe@drm.service systemd-pstore.service \
	dev-hugepages.mount proc-sys-fs-binfmt_misc.automount systemd-binfmt.service \
	sys-fs-fuse-connections.mount sys-kernel-config.mount sys-kernel-debug.mount sys-kernel-tracing.mount
# A container's exit status tells a power-off (0, stay off) from a reboot (129, start again) only so.
ln -s /usr/lib/systemd/system/exit.target "$root/etc/systemd/system/poweroff.target"
ln -s /usr/lib/systemd/system/exit.target "$root/etc/systemd/system/halt.target"

# Every machine makes its own at its first boot.
rm -f "$root"/etc/ssh/ssh_host_* "$root/etc/hostname" "$root/var/lib/dbus/machine-id"
: >"$root/etc/machine-id"
printf '127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\nff02::1 ip6-allnodes\nff02::2 ip6-allrouters\n' >"$root/etc/hosts"

# What systemd would do at a first boot, to save every machine the time.
inside ldconfig
inside journalctl -q --update-catalog

umount "$root/var/cache/apt/archives" "$root/proc"
rm -rf "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/*.bin "$root"/var/log/* "$root"/tmp/* "$root"/run/* \
	"$root"/usr/share/{doc,info,locale,man}/* "$root"/usr/share/i18n
mkdir -p "$root/var/log/journal"
: >"$root/etc/resolv.conf"
inside /usr/lib/systemd/systemd-update-done
