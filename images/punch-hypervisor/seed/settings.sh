#!/bin/sh
# settings.sh SEED SYSTEM: what makes a plain Debian this punch clock.
set -eu
seed=$1 system=$2
echo pointeuse >"$system/etc/hostname"
cat >"$system/etc/hosts" <<'END'
127.0.0.1	localhost

192.168.100.5	heure1.garance.internal heure1
192.168.100.10	hv1.garance.internal hv1
192.168.100.21	pointeuse.garance.internal pointeuse
192.168.100.31	portail1.garance.internal portail1
END
printf '# The address of the network card eth0.\nADDRESS=192.168.100.21/24\n' >"$system/etc/default/network"
printf '/dev/vda / ext4 noatime,commit=1 0 1\n' >"$system/etc/fstab"
ln -sf ../proc/self/mounts "$system/etc/mtab"
ln -sf /usr/share/zoneinfo/Europe/Paris "$system/etc/localtime"
echo Europe/Paris >"$system/etc/timezone"
for name in rcS rcK; do install -m 755 "$seed/$name" "$system/etc/init.d/$name"; done
install -m 644 "$seed/inittab" "$system/etc/inittab"
for name in init reboot poweroff halt getty; do ln -sf ../bin/busybox "$system/usr/sbin/$name"; done
install -m 644 "$seed/chrony.conf" "$system/etc/chrony/chrony.conf"
rm -f "$system"/etc/chrony/sources.d/*.sources
# Without systemd a restart has to wait until the old one has ended: it would think that one is running already.
sed -i 's/--stop --quiet --oknodo/--stop --quiet --oknodo --retry 5/' "$system/etc/init.d/chrony"
grep -q -e '--retry 5' "$system/etc/init.d/chrony"

# Who reads this clock over the network, and the page on which people punch.
cp -r "$seed/www" "$system/srv/www"
chmod 755 "$system/srv/www/cgi-bin"/*
install -m 644 "$seed/registre.csv" "$system/srv/www/registre.csv"

cat >"$system/etc/ssh/sshd_config.d/pointeuse.conf" <<'END'
# Administrators come by key or as "technicien".
UsePAM no
PermitRootLogin prohibit-password
UseDNS no
END
rm -f "$system"/etc/ssh/ssh_host_*
ssh-keygen -q -t ed25519 -N '' -C pointeuse -f "$system/etc/ssh/ssh_host_ed25519_key"
install -d -m 700 "$system/root/.ssh"
install -m 600 /root/.ssh/id_ed25519.pub "$system/root/.ssh/authorized_keys"
key=$(cut -d ' ' -f 1,2 "$system/etc/ssh/ssh_host_ed25519_key.pub")
echo "pointeuse,pointeuse.garance.internal,192.168.100.21 $key" >/etc/ssh/ssh_known_hosts

echo technicien:x:1000: >>"$system/etc/group"
echo technicien:x:1000:1000:Technicien:/home/technicien:/bin/bash >>"$system/etc/passwd"
echo "technicien:$(openssl passwd -5 -salt technicien technicien):20000:0:99999:7:::" >>"$system/etc/shadow"
install -d -o 1000 -g 1000 -m 755 "$system/home/technicien"
sed -i 's/^sudo:x:27:.*/sudo:x:27:technicien/' "$system/etc/group"
chmod 640 "$system/etc/shadow"
