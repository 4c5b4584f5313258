#!/bin/sh
# Makes the domain brocelia.internal: people, groups, machine accounts.
# Its identifier is fixed, so that images which are built apart belong to the same domain.
set -eu
domain=brocelia.internal
base=DC=brocelia,DC=internal

rm -f /etc/samba/smb.conf
samba-tool domain provision --realm=BROCELIA.INTERNAL --domain=BROCELIA --server-role=dc \
  --dns-backend=SAMBA_INTERNAL --adminpass='Massicot-2026' --host-name=dc1 --host-ip=192.168.40.10 \
  --domain-sid=S-1-5-21-1104202601-2208405202-3312607803 --use-rfc2307 \
  --option='xattr_tdb:file = /var/lib/samba/private/eadb.tdb' \
  --option='vfs objects = dfs_samba4 acl_xattr xattr_tdb' \
  --option='dns forwarder = none' \
  --option='interfaces = lo eth0' --option='bind interfaces only = yes' \
  --option='server services = -nbt, -wrepl, -ntp_signd' --option='disable netbios = yes' \
  --option='prefork children = 1'
samba-tool domain passwordsettings set --max-pwd-age=0 --min-pwd-age=0

# The controller would add its own service names (ldap/dc1…) at its first start, after some clients have asked for them.
samba_spnupdate

for unit in Salaries Groupes Postes Serveurs; do samba-tool ou add "OU=$unit,$base"; done
samba-tool group addunixattrs 'Domain Users' 10000

# name, number, members
group() {
  name=$1 number=$2
  shift 2
  samba-tool group add "$name" --groupou=OU=Groupes --gid-number="$number" --nis-domain=brocelia
  for member; do samba-tool group addmembers "$name" "$member"; done
}

# login, number, given name, family name, password
person() {
  samba-tool user create "$1" "$5" --userou=OU=Salaries --given-name="$3" --surname="$4" --mail-address="$1@$domain" \
    --uid="$1" --uid-number="$2" --gid-number=10000 --unix-home="/home/$1" --login-shell=/bin/bash --nis-domain=brocelia
}

# name, folder, password: a machine that has joined. Its version number is 2 from the second password on.
machine() {
  lower=$(echo "$1" | tr '[:upper:]' '[:lower:]').$domain
  samba-tool computer create "$1" --computerou="OU=$2"
  ldbmodify -H /var/lib/samba/private/sam.ldb <<END
dn: CN=$1,OU=$2,$base
changetype: modify
replace: dNSHostName
dNSHostName: $lower
-
replace: servicePrincipalName
servicePrincipalName: HOST/$1
servicePrincipalName: HOST/$lower
-
replace: msDS-SupportedEncryptionTypes
msDS-SupportedEncryptionTypes: 24
-
replace: operatingSystem
operatingSystem: Debian GNU/Linux 13
END
  samba-tool user setpassword "$1\$" --newpassword="$3"
}

person hmarchand 10001 Hélène Marchand Velin-7310
person ylegoff 10002 Yann 'Le Goff' Offset-4625
person nbrunet 10003 Nadia Brunet Cyan-58147
person mcarre 10004 Mathis Carré Magenta-930
person sdasilva 10005 Sonia 'Da Silva' Pantone-286
person pmorel 10006 Patrick Morel Bristol-640
samba-tool user disable pmorel

group direction 10010 hmarchand
group comptabilite 10011 hmarchand sdasilva
group prepresse 10012 nbrunet mcarre
group fabrication 10013 ylegoff mcarre

machine PC1 Postes Prepared-machine-account-PC1
machine PC2 Postes Prepared-machine-account-PC2
machine FILES1 Serveurs Prepared-machine-account-FILES1
