#!/bin/sh
# settings.sh SEED SYSTEM: what makes a plain Debian this file server.
set -eu
seed=$1 system=$2
echo fichiers >"$system/etc/hostname"
printf '127.0.0.1\tlocalhost\n192.168.80.21\tfichiers.bornoyer.internal fichiers\n192.168.80.10\thv1.bornoyer.internal hv1\n' \
  >"$system/etc/hosts"
printf '# The address of the network card eth0.\nADDRESS=192.168.80.21/24\n' >"$system/etc/default/network"
cat >"$system/etc/fstab" <<'END'
# device                       mounted on      type  options                           dump pass
/dev/vda                       /               ext4  noatime,commit=1                  0    1
/dev/donnees/dossiers          /srv/dossiers   ext4  noatime,commit=1,usrquota         0    2
/dev/donnees/archives          /srv/archives   ext4  noatime,commit=1                  0    2
END
ln -sf ../proc/self/mounts "$system/etc/mtab"
mkdir -p "$system/srv/dossiers" "$system/srv/archives" "$system/root/.ssh"
install -m 755 "$seed/rcS" "$system/etc/init.d/rcS"
install -m 755 "$seed/rcK" "$system/etc/init.d/rcK"
install -m 644 "$seed/inittab" "$system/etc/inittab"
install -m 644 "$seed/accounts" "$system/root/accounts"
install -m 755 "$seed/volumes" "$system/root/volumes"
for name in init reboot poweroff halt getty; do ln -sf ../bin/busybox "$system/usr/sbin/$name"; done
# No udev in here: LVM makes its devices itself.
cat >"$system/etc/lvm/lvmlocal.conf" <<'END'
activation {
  udev_sync = 0
  udev_rules = 0
  monitoring = 0
}
devices {
  obtain_device_list_from_udev = 0
  external_device_info_source = "none"
  use_devicesfile = 0
}
END
cat >"$system/etc/ssh/sshd_config.d/fichiers.conf" <<'END'
# Administrators come by key or as "technicien"; everybody of the office has SFTP, below /srv/dossiers.
UsePAM no
PermitRootLogin prohibit-password
UseDNS no
Match Group bureau
  ChrootDirectory /srv/dossiers
  ForceCommand internal-sftp -u 007
  AllowTcpForwarding no
END
rm -f "$system"/etc/ssh/ssh_host_*
ssh-keygen -q -t ed25519 -N '' -C fichiers -f "$system/etc/ssh/ssh_host_ed25519_key"
mkdir -p /root/.ssh
ssh-keygen -q -t ed25519 -N '' -C root@hv1 -f /root/.ssh/id_ed25519
install -m 600 /root/.ssh/id_ed25519.pub "$system/root/.ssh/authorized_keys"
chmod 700 "$system/root/.ssh" /root/.ssh
key=$(cut -d ' ' -f 1,2 "$system/etc/ssh/ssh_host_ed25519_key.pub")
echo "fichiers,fichiers.bornoyer.internal,192.168.80.21 $key" >/etc/ssh/ssh_known_hosts

hashed() { openssl passwd -5 -salt "$1" "$2"; }
account() { # login uid gid name shell password home
  echo "$1:x:$2:$3:$4:$7:$5" >>"$system/etc/passwd"
  echo "$1:$(hashed "$1" "$6"):20000:0:99999:7:::" >>"$system/etc/shadow"
}
for group in bureau:1100 terrain:1101 dessin:1102 accueil:1103 technicien:1000; do
  members=
  [ "${group%:*}" != bureau ] || members=$(grep -v '^#' "$seed/accounts" | cut -d : -f 1 | paste -sd , -)
  echo "${group%:*}:x:${group#*:}:$members" >>"$system/etc/group"
done
account technicien 1000 1000 Technicien /bin/bash technicien /home/technicien
install -d -o 1000 -g 1000 -m 755 "$system/home/technicien"
sed -i 's/^sudo:x:27:.*/sudo:x:27:technicien/' "$system/etc/group"
number=1201
grep -v '^#' "$seed/accounts" | while IFS=: read -r login name department password rest; do
  account "$login" $number "$(sed -n "s/^$department:x:\([0-9]*\):.*/\1/p" "$system/etc/group")" "$name" \
    /usr/sbin/nologin "$password" "/$department"
  number=$((number + 1))
done
chmod 640 "$system/etc/shadow"
