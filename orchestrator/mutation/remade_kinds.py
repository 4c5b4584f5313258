"""What is deleted behind a repair, and made again."""

from __future__ import annotations

from shlex import quote
from typing import Final

from orchestrator.core.text import Text
from orchestrator.mutation.kind import POSTGRESQL, SAMBA_DOMAIN, SLAPD, SQL, SpoiltKind

_DATABASES: Final = (
    "SELECT datname FROM pg_database WHERE NOT datistemplate AND datname <> 'postgres' ORDER BY 1 LIMIT 1"
)

REMADE: Final[tuple[SpoiltKind, ...]] = (
    SpoiltKind(
        "account",
        Text(
            fr="un compte local est effacé puis refait, avec un autre numéro",
            en="a local account is deleted and made again, with another number",
        ),
        "awk -F: '$3 >= 1000 && $3 < 60000 {found = 1} END {exit !found}' /etc/passwd",
        "who=$(awk -F: '$3 >= 1000 && $3 < 60000 {print $1; exit}' /etc/passwd)\n"
        'userdel -f "$who"; useradd -u 4242 -s /bin/bash "$who"',
    ),
    SpoiltKind(
        "printer",
        Text(fr="une file d'impression est effacée puis refaite", en="a print queue is deleted and made again"),
        '[ -s /etc/cups/printers.conf ] && [ -n "$(lpstat -v 2>/dev/null)" ]',
        "lpstat -v | sed -En 's/^[^ ]+ [^ ]+ (.*): (.*)$/\\1 \\2/p' | head -n 1 | while read -r queue uri; do\n"
        '  lpadmin -x "$queue"; lpadmin -p "$queue" -E -v "$uri"\ndone',
    ),
    SpoiltKind(
        "entry",
        Text(
            fr="une personne est effacée de l'annuaire puis refaite, sans son mot de passe",
            en="a person is deleted from the directory and made again, without their password",
        ),
        f"{SLAPD} && slapcat -a '(objectClass=inetOrgPerson)' | grep -q '^dn: '",
        "entry=$(slapcat -o ldif-wrap=no -a '(objectClass=inetOrgPerson)' | awk -v RS= 'NR == 1'"
        " | grep -vE '^(structuralObjectClass|entry(UUID|CSN)|(creators|modifiers)Name|(create|modify)Timestamp"
        "|pwd[A-Za-z]*|memberOf|userPassword):')\n"
        'ldapdelete -QY EXTERNAL -H ldapi:/// "$(sed -n \'s/^dn: //p\' <<< "$entry")"\n'
        'ldapadd -QY EXTERNAL -H ldapi:/// <<< "$entry"',
    ),
    SpoiltKind(
        "domain-account",
        Text(
            fr="un compte du domaine est effacé puis refait sous le même nom",
            en="an account of the domain is deleted and made again under the same name",
        ),
        SAMBA_DOMAIN,
        "who=$(samba-tool user list | grep -vE '^(Administrator|Guest|krbtgt|dns-.*)$' | sort | head -n 1)\n"
        'samba-tool user delete "$who"; samba-tool user create "$who" --random-password',
    ),
    SpoiltKind(
        "database",
        Text(
            fr="une base est sauvée, effacée puis refaite, sans propriétaire ni droits",
            en="a database is dumped, dropped and made again, without owner or rights",
        ),
        f'{POSTGRESQL} && [ -n "$({SQL} <<< {quote(_DATABASES)})" ]',
        f"base=$({SQL} <<< {quote(_DATABASES)})\n"
        "su postgres -c \"pg_dump -Ox '$base'\" > /root/kept.sql\n"
        "su postgres -c \"dropdb --force '$base' && createdb '$base' && psql -q '$base'\" < /root/kept.sql\n"
        "rm /root/kept.sql",
    ),
)
"""What is deleted, and made again as somebody does who knows little of it."""
