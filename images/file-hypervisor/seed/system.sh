#!/bin/sh
# system.sh: in /var/lib/fichiers the guest's kernel, initramfs and disks. Nothing in the initramfs is packed: without KVM
# the guest's processor would spend longer on unpacking than the disk on reading.
set -eu
seed=$(dirname "$0") out=/var/lib/fichiers work=$(mktemp -d)
system=$work/system small=$work/small
mkdir -p "$out"

packages=lvm2,quota,e2fsprogs,openssh-server,openssh-sftp-server,sudo,nano,less,kmod,iproute2,procps,busybox,fdisk,passwd,login
mmdebstrap --mode=root --variant=essential --skip=chroot/mount,check/chroot --include="$packages" \
  --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
  --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/zoneinfo/*' \
  --aptopt='APT::Install-Recommends "false"' trixie "$system" /etc/apt/sources.list

# The kernel: of its package only what the guest boots from and what it loads.
cd "$work"
kernel=$(apt-cache depends linux-image-cloud-amd64 | sed -n 's/.*Depends: \(linux-image-.*\)/\1/p' | head -n 1)
apt-get -o APT::Sandbox::User=root download "$kernel"
dpkg-deb -x linux-image-*.deb "$work/kernel"
version=$(ls "$work/kernel/usr/lib/modules")
depmod -b "$work/kernel/usr" "$version"
modules() { # module...: the files of these modules and of those that they need, in order
  for module in "$@"; do
    modprobe -d "$work/kernel/usr" -S "$version" --show-depends "$module" | sed -n 's/^insmod \([^ ]*\).*/\1/p'
  done | awk '!seen[$0]++'
}
cp "$work/kernel/boot/vmlinuz-$version" "$out/vmlinuz"
mkdir -p "$small/bin" "$small/lib/modules" "$small/proc" "$small/sys" "$small/dev" "$small/system"
cp /bin/busybox "$small/bin/"
for name in sh mount umount insmod switch_root sleep; do ln -s busybox "$small/bin/$name"; done
order=10
modules virtio_blk virtio_pci ext4 | while read -r file; do
  xz -dc "$file" >"$small/lib/modules/$order-$(basename "$file" .xz)"
  order=$((order + 1))
done
install -m 755 "$seed/init" "$small/init"
(cd "$small" && find . | cpio -o -H newc --quiet >"$out/initramfs.img")
modules dm_mod dm_snapshot quota_v2 virtio_net button evdev virtio_rng | while read -r file; do
  install -D -m 644 "$file" "$system${file#"$work/kernel"}"
done
cp "$work/kernel/usr/lib/modules/$version"/modules.builtin* "$work/kernel/usr/lib/modules/$version/modules.order" \
  "$system/usr/lib/modules/$version/"
depmod -b "$system/usr" "$version"

sh "$seed/settings.sh" "$seed" "$system"
ls -l "$out"; du -sh "$system"
truncate -s 512M "$work/system.raw"
mke2fs -q -t ext4 -m 1 -J size=4 -U 5d0c1b7e-0e52-4b6a-9a35-c6d1f2a90021 -E "hash_seed=5d0c1b7e-0e52-4b6a-9a35-c6d1f2a90021" \
  -d "$system" "$work/system.raw"
qemu-img convert -f raw -O qcow2 "$work/system.raw" "$out/system-base.qcow2"

sh "$seed/volumes.sh" "$out"
rm -rf "$work"
ls -l "$out"
