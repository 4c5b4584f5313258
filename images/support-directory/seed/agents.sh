#!/bin/sh
# Prints the agents of the service desk as LDIF, with their group.
set -eu
base=dc=valbocage,dc=internal

# login, number, given name, family name, password
agent() {
  cat <<END
dn: uid=$1,ou=people,$base
objectClass: inetOrgPerson
objectClass: posixAccount
objectClass: shadowAccount
uid: $1
cn:: $(printf %s "$3 $4" | base64)
givenName:: $(printf %s "$3" | base64)
sn: $4
o: Lanterne
mail: $1@valbocage.internal
uidNumber: $2
gidNumber: 10020
homeDirectory: /home/$1
loginShell: /bin/bash
userPassword: $(slappasswd -s "$5")

END
}

agent skeller 10021 Sam Keller Lampe-37
agent ibakari 10022 Inès Bakari Phare-48
agent jperrin 10023 Jules Perrin Balise-59
agent ldahan 10024 Léa Dahan Fanal-60
cat <<END
dn: cn=lanterne,ou=groups,$base
objectClass: posixGroup
cn: lanterne
gidNumber: 10020
memberUid: skeller
memberUid: ibakari
memberUid: jperrin
memberUid: ldahan

END
