#!/bin/sh
# system.sh: in /var/lib/pointeuse the guest's kernel, initramfs and disk.
set -eu
seed=$(dirname "$0") parent=/var/lib/fichiers out=/var/lib/pointeuse work=$(mktemp -d)
system=$work/system
mkdir -p "$out"
cp "$parent/vmlinuz" "$parent/initramfs.img" "$out/"

packages=chrony,tzdata,openssh-server,sudo,nano,less,kmod,iproute2,procps,busybox,passwd,login
mmdebstrap --mode=root --variant=essential --skip=chroot/mount,check/chroot --include="$packages" \
  --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
  --dpkgopt='path-exclude=/usr/share/locale/*' \
  --aptopt='APT::Install-Recommends "false"' trixie "$system" /etc/apt/sources.list

# Its kernel's modules are the other guest's.
qemu-img convert -f qcow2 -O raw "$parent/system-base.qcow2" "$work/other.raw"
debugfs -R "rdump /usr/lib/modules $system/usr/lib" "$work/other.raw"
rm "$work/other.raw"

sh "$seed/settings.sh" "$seed" "$system"
ls -l "$out"; du -sh "$system"; ls -l "$system/etc/rc2.d"
truncate -s 384M "$work/system.raw"
mke2fs -q -t ext4 -m 1 -J size=4 -U 5d0c1b7e-0e52-4b6a-9a35-c6d1f2a00021 -E "hash_seed=5d0c1b7e-0e52-4b6a-9a35-c6d1f2a00021" \
  -d "$system" "$work/system.raw"
qemu-img convert -f raw -O qcow2 "$work/system.raw" "$out/system-base.qcow2"
qemu-img create -q -f qcow2 -b system-base.qcow2 -F qcow2 "$out/system.qcow2"
rm -rf "$work"
ls -l "$out"
