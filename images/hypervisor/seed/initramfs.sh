#!/bin/sh
# initramfs.sh KERNEL-TREE: the kernel and a small initramfs in /var/lib/libvirt/boot. Nothing in the initramfs is packed:
# without KVM, the guest's processor would spend longer on unpacking than the disk on reading.
set -eu
tree=$1 out=/var/lib/libvirt/boot root=$(mktemp -d)
version=$(ls "$tree/usr/lib/modules")
depmod -b "$tree/usr" "$version"
mkdir -p "$out" "$root/bin" "$root/lib/modules" "$root/proc" "$root/sys" "$root/dev" "$root/tmp"
cp /bin/busybox "$root/bin/"
for name in $(/bin/busybox --list); do [ -e "$root/bin/$name" ] || ln -s busybox "$root/bin/$name"; done
ln -s bin "$root/sbin"
order=10
for module in virtio_blk virtio_net button evdev virtio_rng; do
  modprobe -d "$tree/usr" -S "$version" --show-depends "$module" | sed -n 's/^insmod \([^ ]*\).*/\1/p'
done | awk '!seen[$0]++' | while read -r file; do
  xz -dc "$file" >"$root/lib/modules/$order-$(basename "$file" .xz)"
  order=$((order + 1))
done
cp "$(dirname "$0")/init" "$root/init"
chmod 755 "$root/init"
(cd "$root" && find . | cpio -o -H newc --quiet >"$out/invite.img")
cp "$tree/boot/vmlinuz-$version" "$out/vmlinuz"
ls -l "$out" "$root/lib/modules"
rm -rf "$root"
