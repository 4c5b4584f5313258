#!/bin/sh
# Prints the data of the directory as LDIF: organization, password policy, people and groups.
set -eu
base=dc=valbocage,dc=internal

cat <<END
dn: $base
objectClass: dcObject
objectClass: organization
o: Menuiserie Valbocage
dc: valbocage

dn: ou=people,$base
objectClass: organizationalUnit
ou: people

dn: ou=groups,$base
objectClass: organizationalUnit
ou: groups

dn: ou=policies,$base
objectClass: organizationalUnit
ou: policies

dn: cn=default,ou=policies,$base
objectClass: device
objectClass: pwdPolicy
cn: default
pwdAttribute: userPassword
pwdLockout: TRUE
pwdMaxFailure: 5
pwdFailureCountInterval: 900
pwdMaxAge: 0

END

# login, number, given name, family name, password
person() {
  cat <<END
dn: uid=$1,ou=people,$base
objectClass: inetOrgPerson
objectClass: posixAccount
objectClass: shadowAccount
uid: $1
cn:: $(printf %s "$3 $4" | base64)
givenName:: $(printf %s "$3" | base64)
sn: $4
mail: $1@valbocage.internal
uidNumber: $2
gidNumber: 10000
homeDirectory: /home/$1
loginShell: /bin/bash
userPassword: $(slappasswd -s "$5")

END
}

# name, number, members
group() {
  printf 'dn: cn=%s,ou=groups,%s\nobjectClass: posixGroup\ncn: %s\ngidNumber: %s\n' "$1" "$base" "$1" "$2"
  shift 2
  [ $# -eq 0 ] || printf 'memberUid: %s\n' "$@"
  echo
}

person afaure 10001 Anne Faure Rabot-41
person croux 10002 Clémence Roux Copeau-52
person kbenali 10003 Karim Benali Ciseau-63
person snguyen 10004 Sophie Nguyen Equerre-74
person tgarnier 10005 Thomas Garnier Gabarit-85
person mlebreton 10006 Maël Lebreton Maillet-96

group salaries 10000
group direction 10010 afaure croux
group comptabilite 10011 croux kbenali
group etudes 10012 snguyen tgarnier
group atelier 10013 mlebreton tgarnier
