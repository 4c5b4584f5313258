#!/bin/sh
# Joins the controller dc2 to the domain, and leaves both controllers' data in /srv/pair.
# Samba's own test wrappers stand for the network: what is said goes through Unix sockets, and no port of the machine that
# builds is opened. Each controller has an address 127.0.0.N there.
set -eu
domain=brocelia.internal
pair=/srv/pair
second=/srv/second

mkdir -p /tmp/sockets "$pair/dc1" "$pair/dc2"
printf '%s\n' "127.0.0.10 dc1.$domain dc1" "127.0.0.11 dc2.$domain dc2" >/tmp/hosts
printf '%s\n' "A dc1.$domain 127.0.0.10" "A dc2.$domain 127.0.0.11" >/tmp/records
printf '%s\n' '[libdefaults]' 'default_realm = BROCELIA.INTERNAL' 'rdns = false' 'dns_lookup_kdc = false' \
  '[realms]' 'BROCELIA.INTERNAL = {' 'kdc = 127.0.0.10' '}' >/tmp/krb5.conf

# number of the address, command
as() {
  number=$1
  shift
  SOCKET_WRAPPER_DIR=/tmp/sockets SOCKET_WRAPPER_DEFAULT_IFACE="$number" NSS_WRAPPER_HOSTS=/tmp/hosts \
    RESOLV_WRAPPER_HOSTS=/tmp/records KRB5_CONFIG=/tmp/krb5.conf \
    LD_PRELOAD='libsocket_wrapper.so libnss_wrapper.so libresolv_wrapper.so' "$@"
}

# Sockets that are wrapped do not see that a port is taken: each interface gets one of its own.
as 10 samba --interactive --model=single --debug-stdout --option='interfaces = 127.0.0.10/8' \
  --option='server services = rpc, ldap, cldap, kdc, drepl' --option='rpc server port:drsuapi = 49501' \
  --option='rpc server port:dnsserver = 49502' --option='rpc server port:netlogon = 49503' \
  --option='rpc server port:lsarpc = 49504' --option='rpc server port:samr = 49505' &
first=$!
export domain
as 11 timeout 60 sh -c 'until ldbsearch -H "ldap://dc1.$domain" -s base -b "" dnsHostName; do sleep 0.2; done'
as 11 samba-tool domain join "$domain" DC --server="dc1.$domain" -U 'Administrator%Massicot-2026' \
  --targetdir="$second" --dns-backend=SAMBA_INTERNAL --option='netbios name = DC2' --option='interfaces = 127.0.0.11/8' \
  --option="xattr_tdb:file = $second/private/eadb.tdb"

# A join registers no address of a loopback interface: its names are written here and fetched.
python3 /tmp/seed/names.py
base=DC=brocelia,DC=internal
for part in "$base" "CN=Configuration,$base" "DC=DomainDnsZones,$base" "DC=ForestDnsZones,$base"; do
  as 11 samba-tool drs replicate "dc2.$domain" "dc1.$domain" "$part" --local --full-sync \
    --configfile="$second/etc/smb.conf" -U 'Administrator%Massicot-2026'
done
kill "$first"
wait "$first" || true

# Each works out from whom it replicates, as it would some time after its start.
samba_kcc
samba_kcc --configfile="$second/etc/smb.conf"

# A change is passed on at once; what could not be is asked for twice a minute, instead of every five: a repair shows soon.
sed -i '/^\[global\]/a\	dreplsrv:periodic_interval = 30' /etc/samba/smb.conf
cp /etc/samba/smb.conf "$pair/dc1/smb.conf"
sed 's/netbios name = DC1/netbios name = DC2/' /etc/samba/smb.conf >"$pair/dc2/smb.conf"
cp -a /var/lib/samba/private /var/lib/samba/sysvol "$pair/dc1/"
cp -a "$second/private" /var/lib/samba/sysvol "$pair/dc2/"
# The numbers of accounts in sysvol, which Samba does not replicate, have to be the first's.
cp /var/lib/samba/private/idmap.ldb "$pair/dc2/private/"
# What is left of a join that went well is what was asked for: each knows the other's address.
for one in dc1 dc2; do
  ldbsearch -H "$pair/$one/private/sam.ldb" --cross-ncs '(name=dc2)' dn | grep -q '^dn: DC=dc2,'
done

umask 077
cd "$pair/dc2/private/tls"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 7300 -subj "/CN=dc2.$domain" \
  -addext "subjectAltName=DNS:dc2.$domain" -keyout key.pem -out cert.pem
cp cert.pem ca.pem
chmod 644 cert.pem ca.pem
