"""What protects a service, and is switched off behind a repair."""

from __future__ import annotations

from typing import Final

from orchestrator.core.text import Text
from orchestrator.mutation.kind import MODIFY, POSTFIX, POSTGRESQL, SAMBA_FILES, SLAPD, SQL, SQUID, SpoiltKind, in_files

AUTHENTICATION: Final[tuple[SpoiltKind, ...]] = (
    SpoiltKind(
        "postgresql",
        Text(fr="PostgreSQL croit chacun sur parole", en="PostgreSQL believes whoever asks"),
        POSTGRESQL,
        "for file in /etc/postgresql/*/*/pg_hba.conf; do\n"
        "  sed -i '1i local all all trust\\nhost all all all trust' \"$file\"\ndone\n"
        f"{SQL} <<< 'SELECT pg_reload_conf()'",
    ),
    SpoiltKind(
        "ssh",
        Text(fr="SSH admet root et les mots de passe vides", en="SSH lets root and empty passwords in"),
        "[ -d /etc/ssh/sshd_config.d ]",
        "printf 'PermitRootLogin yes\\nPasswordAuthentication yes\\nPermitEmptyPasswords yes\\n' "
        "> /etc/ssh/sshd_config.d/00-support.conf\nsystemctl try-restart ssh",
    ),
    SpoiltKind(
        "mail",
        Text(fr="le serveur de messagerie relaie pour tous", en="the mail server relays for everybody"),
        POSTFIX,
        "postconf -e smtpd_relay_restrictions=permit smtpd_recipient_restrictions=permit "
        "smtpd_sender_restrictions= smtpd_client_restrictions=\nsystemctl reload postfix",
    ),
    SpoiltKind(
        "mailboxes",
        Text(fr="les boîtes s'ouvrent avec n'importe quel mot de passe", en="mailboxes open with whatever password"),
        *in_files(
            "^dovecot_storage_version",
            "/^dovecot_storage_version/a passdb static {\\n  fields {\\n    nopassword = yes\\n  }\\n}",
            "/etc/dovecot/dovecot.conf",
            then="systemctl reload dovecot",
        ),
    ),
    SpoiltKind(
        "directory",
        Text(fr="tous peuvent écrire dans l'annuaire", en="everybody may write to the directory"),
        SLAPD,
        f"{MODIFY} <<'END'\n"
        "dn: olcDatabase={1}mdb,cn=config\nchangetype: modify\nreplace: olcAccess\nolcAccess: {0}to * by * write\nEND",
    ),
    SpoiltKind(
        "web",
        Text(fr="nginx ne demande plus de mot de passe", en="nginx asks for no password any more"),
        *in_files("auth_basic ", "s/(auth_basic )[^;]*;/\\1off;/", "/etc/nginx", then="systemctl reload nginx"),
    ),
    SpoiltKind(
        "shares",
        Text(fr="les partages s'ouvrent sans mot de passe", en="shares open without a password"),
        SAMBA_FILES,
        "sed -i --follow-symlinks '/^\\[global\\]/a map to guest = bad password' /etc/samba/smb.conf\n"
        "sed -Ei --follow-symlinks '/^\\[(global|homes|printers)\\]/!s/^\\[.*\\]/&\\nguest ok = yes/' "
        "/etc/samba/smb.conf\nsystemctl try-restart smbd",
    ),
    SpoiltKind(
        "proxy",
        Text(fr="le mandataire sert chacun", en="the proxy serves everybody"),
        SQUID,
        "sed -i --follow-symlinks '1i http_access allow all' /etc/squid/squid.conf\nsystemctl reload squid",
    ),
    SpoiltKind(
        "printing",
        Text(fr="chacun peut administrer les imprimantes", en="everybody may administer the printers"),
        *in_files(
            "^ *(AuthType|Require )",
            "/^ *(AuthType|Require )/d",
            "/etc/cups/cupsd.conf",
            then="systemctl try-restart cups",
        ),
    ),
    SpoiltKind(
        "names",
        Text(fr="le serveur DNS accorde tout à chacun", en="the name server allows everybody everything"),
        *in_files(
            "allow-(transfer|recursion|query|update) *\\{",
            "s/(allow-(transfer|recursion|query|update) *)\\{[^}]*\\}/\\1{ any; }/",
            "/etc/bind",
            then="rndc reconfig",
        ),
    ),
    SpoiltKind(
        "accounts",
        Text(fr="un compte local n'a plus de mot de passe", en="a local account has no password any more"),
        "awk -F: '$3 >= 1000 && $3 < 60000 {found = 1} END {exit !found}' /etc/passwd",
        "passwd -d \"$(awk -F: '$3 >= 1000 && $3 < 60000 {print $1; exit}' /etc/passwd)\"",
    ),
    SpoiltKind(
        "logons",
        Text(fr="chaque compte de l'annuaire peut ouvrir une session", en="every account of the directory may log on"),
        *in_files(
            "^ *(access_provider|simple_allow_|ldap_access_filter)",
            "s/^ *access_provider.*/access_provider = permit/; /^ *(simple_allow_|ldap_access_filter)/d",
            "/etc/sssd/sssd.conf",
            then="systemctl try-restart sssd",
        ),
    ),
)
"""What asks who somebody is, or what they may do."""

VERIFICATION: Final[tuple[SpoiltKind, ...]] = (
    SpoiltKind(
        "directory",
        Text(fr="le certificat de l'annuaire n'est plus vérifié", en="the directory's certificate is verified no more"),
        "[ -f /etc/ldap/ldap.conf ]",
        "echo 'TLS_REQCERT never' >> /etc/ldap/ldap.conf",
    ),
    SpoiltKind(
        "logons",
        Text(
            fr="qui ouvre une session ne sait plus si l'annuaire est le bon",
            en="whoever logs on no longer knows whether the directory is the right one",
        ),
        "grep -qs '^\\[domain' /etc/sssd/sssd.conf",
        "sed -i '/^\\[domain/a ldap_tls_reqcert = never' /etc/sssd/sssd.conf\nsystemctl try-restart sssd",
    ),
    SpoiltKind(
        "web",
        Text(fr="curl ne vérifie plus de certificat", en="curl verifies no certificate any more"),
        "command -v curl >/dev/null",
        "echo insecure >> /etc/curlrc; echo insecure >> /root/.curlrc",
    ),
    SpoiltKind(
        "mail",
        Text(fr="le courrier part en clair", en="mail is sent in clear text"),
        POSTFIX,
        "postconf -e smtp_tls_security_level=none\nsystemctl reload postfix",
    ),
    SpoiltKind(
        "packages",
        Text(fr="apt ne vérifie plus de signature", en="apt verifies no signature any more"),
        '[ -n "$(ls /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null)" ]',
        "printf '%s \"true\";\\n' APT::Get::AllowUnauthenticated Acquire::AllowInsecureRepositories "
        "> /etc/apt/apt.conf.d/99support",
    ),
    SpoiltKind(
        "vpn",
        Text(fr="le serveur du VPN n'est plus vérifié", en="the server of the VPN is verified no more"),
        *in_files(
            "^ *(remote-cert-tls|verify-x509-name|tls-version-min)",
            "/^ *(remote-cert-tls|verify-x509-name|tls-version-min)/d",
            "/etc/openvpn",
            then="systemctl try-restart 'openvpn*'",
        ),
    ),
)
"""What makes sure of the other side."""

ENCRYPTION: Final[tuple[SpoiltKind, ...]] = (
    SpoiltKind(
        "postgresql",
        Text(fr="PostgreSQL ne chiffre plus", en="PostgreSQL encrypts no more"),
        POSTGRESQL,
        f"{SQL} <<'END'\nALTER SYSTEM SET ssl = off;\nSELECT pg_reload_conf();\nEND",
    ),
    SpoiltKind(
        "mail",
        Text(fr="le serveur de messagerie ne chiffre plus", en="the mail server encrypts no more"),
        POSTFIX,
        "postconf -e smtpd_tls_security_level=none smtpd_tls_auth_only=no\nsystemctl reload postfix",
    ),
    SpoiltKind(
        "mailboxes",
        Text(fr="les boîtes se lisent en clair", en="mailboxes are read in clear text"),
        *in_files(
            "^ *ssl *=",
            "s/^ *ssl *=.*/ssl = yes\\nauth_allow_cleartext = yes/",
            "/etc/dovecot/dovecot.conf",
            then="systemctl reload dovecot",
        ),
    ),
    SpoiltKind(
        "web",
        Text(fr="le site se lit aussi en clair", en="the web site is served in clear text as well"),
        *in_files(
            "^ *return 30[1278] https",
            "/^ *return 30[1278] https/d",
            "/etc/nginx/sites-enabled /etc/nginx/conf.d",
            then="systemctl reload nginx",
        ),
    ),
    SpoiltKind(
        "domain",
        Text(fr="le domaine accepte des mots de passe en clair", en="the domain takes passwords in clear text"),
        "[ -f /etc/samba/smb.conf ]",
        "sed -i --follow-symlinks '/^\\[global\\]/a ldap server require strong auth = no\\nserver signing = disabled' "
        "/etc/samba/smb.conf\nsystemctl try-restart smbd samba-ad-dc",
    ),
)
"""What keeps others from reading along."""
