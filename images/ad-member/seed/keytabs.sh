#!/bin/sh
# Makes the keytab of each machine that may be started from this image; see prepared-join.service.
set -eu
umask 077
realm=BROCELIA.INTERNAL
mkdir -p /var/lib/prepared-join

for host; do
  upper=$(echo "$host" | tr '[:lower:]' '[:upper:]')
  fqdn=$host.brocelia.internal
  for principal in "$upper\$" "host/$upper" "host/$fqdn" "RestrictedKrbHost/$upper" "RestrictedKrbHost/$fqdn"; do
    for type in aes256-cts-hmac-sha1-96 aes128-cts-hmac-sha1-96; do
      # The salt is that of a computer's account, whatever the principal: [MS-KILE] 3.1.1.2.
      echo "addent -password -p $principal@$realm -k 2 -e $type -s ${realm}host$fqdn"
      echo "Prepared-machine-account-$upper"
    done
  done >/tmp/entries
  echo "wkt /var/lib/prepared-join/$host.keytab" >>/tmp/entries
  ktutil </tmp/entries >/dev/null
  rm /tmp/entries
  test "$(klist -k "/var/lib/prepared-join/$host.keytab" | grep -c "@$realm")" = 10
done
