#!/bin/sh
# volumes.sh OUT: starts the guest once, so that it makes its volumes on its disks.
set -eu
out=$1
qemu-img create -q -f qcow2 "$out/donnees.qcow2" 5G
qemu-img create -q -f qcow2 "$out/reserve.qcow2" 3G
timeout 300 qemu-system-x86_64 -no-user-config -nodefaults -display none -accel tcg -machine pc -cpu max -m 256 \
  -kernel "$out/vmlinuz" -initrd "$out/initramfs.img" -append "console=ttyS0 quiet panic=-1 making=yes" \
  -serial "file:$out/making.log" -no-reboot \
  -drive "file=$out/system-base.qcow2,format=qcow2,if=virtio,discard=unmap" \
  -drive "file=$out/donnees.qcow2,format=qcow2,if=virtio" -drive "file=$out/reserve.qcow2,format=qcow2,if=virtio"
cat "$out/making.log"
grep -q "VOLUMES MADE" "$out/making.log"
rm "$out/making.log"
qemu-img create -q -f qcow2 -b system-base.qcow2 -F qcow2 "$out/system.qcow2"
