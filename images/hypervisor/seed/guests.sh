#!/bin/sh
# The guests' disks, and what libvirt knows: its network, its storage pool, three guests.
set -eu
seed=$(dirname "$0") images=/var/lib/libvirt/images
mkdir -p "$images" /run/libvirt
disk() { # name address uuid
  root=$(mktemp -d)
  mkdir -p "$root/etc" "$root/www"
  printf 'NAME=%s\nADDRESS=%s/24\n' "$1" "$2" >"$root/etc/machine"
  [ ! -d "$seed/$1" ] || cp -r "$seed/$1/." "$root/www/"
  [ ! -d "$root/www/cgi-bin" ] || chmod 755 "$root/www/cgi-bin"/*
  chmod 755 "$root"
  truncate -s 32M "$root.raw"
  mke2fs -q -t ext4 -U "$3" -E "hash_seed=$3,root_owner=0:0" -d "$root" "$root.raw"
  qemu-img convert -f raw -O qcow2 "$root.raw" "$images/$1.qcow2"
  rm -r "$root" "$root.raw"
}
disk horaires 192.168.90.21 6b1f3c0e-21a5-4d0c-9e2f-0a1d5c3b7e21
disk carnet 192.168.90.22 a94c7d52-7f36-4c1b-8d05-3e6f92b1c022
disk essai 192.168.90.29 f02e8b17-5c49-49ad-b6a3-7d18e4c5f029

libvirtd -d
for pass in $(seq 100); do virsh list >/dev/null 2>&1 && break; sleep 0.1; done
virsh net-define "$seed/quais.xml"
virsh net-autostart quais
virsh pool-define-as images dir --target "$images"
virsh pool-autostart images
guest() { # name mac uuid
  sed -e "s/@NAME@/$1/g" -e "s/@MAC@/$2/" -e "s/@UUID@/$3/" "$seed/guest.xml" >"/tmp/$1.xml"
  virsh define "/tmp/$1.xml" --validate
  rm "/tmp/$1.xml"
}
guest horaires 52:54:00:5a:90:21 3d0a1c5e-88c4-4b7e-a1d9-5f20c7e39021
guest carnet 52:54:00:5a:90:22 3d0a1c5e-88c4-4b7e-a1d9-5f20c7e39022
guest essai 52:54:00:5a:90:29 3d0a1c5e-88c4-4b7e-a1d9-5f20c7e39029
virsh autostart horaires
virsh autostart carnet
virsh list --all
kill "$(cat /run/libvirtd.pid)"
for pass in $(seq 50); do [ -e /run/libvirtd.pid ] || break; sleep 0.1; done
ls -lR /etc/libvirt "$images"
