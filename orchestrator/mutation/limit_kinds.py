"""Limits, time-outs and policies that a mutant empties, each at the level where it is set."""

from __future__ import annotations

from typing import Final

from orchestrator.core.text import Text
from orchestrator.mutation.kind import (
    CONFIG,
    MODIFY,
    POSTFIX,
    POSTGRESQL,
    SAMBA_DOMAIN,
    SLAPD,
    SQL,
    SpoiltKind,
    in_files,
    levels,
)

LIMITS: Final[tuple[SpoiltKind, ...]] = (
    SpoiltKind(
        "postgresql-server",
        Text(fr="PostgreSQL n'a plus de délai maximal", en="PostgreSQL has no time-outs any more"),
        POSTGRESQL,
        f"{SQL} <<'END'\n"
        "ALTER SYSTEM SET statement_timeout = 0;\nALTER SYSTEM SET lock_timeout = 0;\n"
        "ALTER SYSTEM SET idle_in_transaction_session_timeout = 0;\nALTER SYSTEM SET idle_session_timeout = 0;\n"
        "SELECT pg_reload_conf();\nEND",
    ),
    SpoiltKind(
        "postgresql-database",
        Text(fr="les bases n'ont plus de limite de connexions", en="databases have no limit of connections any more"),
        *levels(
            "SELECT 1 FROM pg_database WHERE datconnlimit >= 0",
            "SELECT format('ALTER DATABASE %I CONNECTION LIMIT -1', datname) FROM pg_database WHERE datconnlimit >= 0",
        ),
    ),
    SpoiltKind(
        "postgresql-role",
        Text(fr="les rôles n'ont plus de limite de connexions", en="roles have no limit of connections any more"),
        *levels(
            "SELECT 1 FROM pg_roles WHERE rolconnlimit >= 0",
            "SELECT format('ALTER ROLE %I CONNECTION LIMIT -1', rolname) FROM pg_roles WHERE rolconnlimit >= 0",
        ),
    ),
    SpoiltKind(
        "postgresql-settings",
        Text(
            fr="les réglages propres aux bases et aux rôles sont effacés",
            en="the settings of single databases and roles are reset",
        ),
        *levels(
            "SELECT 1 FROM pg_db_role_setting",
            "SELECT CASE WHEN setrole = 0 THEN format('ALTER DATABASE %I RESET ALL', datname) WHEN setdatabase = 0 "
            "THEN format('ALTER ROLE %I RESET ALL', rolname) ELSE format('ALTER ROLE %I IN DATABASE %I RESET ALL', "
            "rolname, datname) END FROM pg_db_role_setting LEFT JOIN pg_database d ON d.oid = setdatabase "
            "LEFT JOIN pg_roles r ON r.oid = setrole",
        ),
    ),
    SpoiltKind(
        "mail-sizes",
        Text(fr="ni messages ni boîtes n'ont plus de taille maximale", en="mail and mailboxes may have any size"),
        POSTFIX,
        "postconf -e message_size_limit=0 mailbox_size_limit=0 smtpd_client_connection_rate_limit=0\n"
        "systemctl reload postfix",
    ),
    SpoiltKind(
        "mail-quota",
        Text(fr="les boîtes n'ont plus de quota", en="mailboxes have no quota any more"),
        *in_files(
            "^ *quota_storage_size",
            "s/^( *quota_storage_size *=).*/\\1 unlimited/",
            "/etc/dovecot",
            then="systemctl reload dovecot",
        ),
    ),
    SpoiltKind(
        "web-body",
        Text(fr="nginx accepte des envois de toute taille", en="nginx takes requests of any size"),
        *in_files(
            "client_max_body_size",
            "s/(client_max_body_size)[^;]*;/\\1 0;/",
            "/etc/nginx",
            then="systemctl reload nginx",
        ),
    ),
    SpoiltKind(
        "php",
        Text(fr="PHP n'a plus ni délai ni limite de mémoire", en="PHP has neither time-out nor limit of memory"),
        '[ -n "$(ls -d /etc/php/*/fpm/conf.d 2>/dev/null)" ]',
        "for folder in /etc/php/*/fpm/conf.d; do\n"
        "  printf 'memory_limit = -1\\nmax_execution_time = 0\\n' > \"$folder/99-support.ini\"\ndone\n"
        "systemctl restart 'php*-fpm.service'",
    ),
    SpoiltKind(
        "directory-sizes",
        Text(fr="l'annuaire répond sans limite de taille ni de temps", en="the directory answers without any limit"),
        SLAPD,
        f"{MODIFY} <<'END'\n"
        "dn: olcDatabase={-1}frontend,cn=config\nchangetype: modify\nreplace: olcSizeLimit\nolcSizeLimit: unlimited\n"
        "-\nreplace: olcTimeLimit\nolcTimeLimit: unlimited\nEND",
    ),
    SpoiltKind(
        "directory-policy",
        Text(
            fr="la règle des mots de passe de l'annuaire ne demande plus rien",
            en="the directory's password policy asks for nothing any more",
        ),
        f"{SLAPD} && [ -n \"$({CONFIG} -b cn=config '(olcPPolicyDefault=*)' dn 2>/dev/null)\" ]",
        f"base=$({CONFIG} -s base -b '' namingContexts | sed -n 's/^namingContexts: //p' | head -n 1)\n"
        f"{CONFIG} -b \"$base\" '(objectClass=pwdPolicy)' dn | sed -n 's/^dn: //p' | while read -r policy; do\n"
        f'  printf "dn: %s\\nchangetype: modify\\nreplace: pwdMinLength\\npwdMinLength: 0\\n-\\nreplace: pwdLockout\\n'
        "pwdLockout: FALSE\\n-\\nreplace: pwdCheckQuality\\npwdCheckQuality: 0\\n-\\nreplace: pwdMaxAge\\n"
        f'pwdMaxAge: 0\\n" "$policy" | {MODIFY}\ndone',
    ),
    SpoiltKind(
        "domain-policy",
        Text(
            fr="la règle des mots de passe du domaine ne demande plus rien",
            en="the domain's password policy asks for nothing any more",
        ),
        SAMBA_DOMAIN,
        "samba-tool domain passwordsettings set --complexity=off --history-length=0 --min-pwd-length=0 "
        "--min-pwd-age=0 --max-pwd-age=0 --account-lockout-threshold=0",
    ),
    SpoiltKind(
        "account-ages",
        Text(fr="les mots de passe locaux ne vieillissent plus", en="local passwords do not age any more"),
        "grep -qE '^[^:]*:[^:]*:[^:]*:[^:]*:[0-9]{1,4}:' /etc/shadow",
        "awk -F: '$5 ~ /^[0-9]+$/ && $5 < 9999 {print $1}' /etc/shadow | while read -r who; do\n"
        '  chage -M -1 -E -1 "$who"\ndone',
    ),
    SpoiltKind(
        "session-limits",
        Text(fr="les limites des sessions sont effacées", en="the limits of sessions are emptied"),
        "grep -qsE '^[^#[:space:]]' /etc/security/limits.conf /etc/security/limits.d/*.conf",
        "for file in /etc/security/limits.conf /etc/security/limits.d/*.conf; do\n"
        '  [ ! -f "$file" ] || sed -Ei \'/^[^#[:space:]]/d\' "$file"\ndone',
    ),
)
"""Limits, time-outs and policies, each at the level where it is set."""
