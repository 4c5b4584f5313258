"""Settings that no repair may bring: each lifts a limit, or takes a proof or a secret away from who has to show it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Final, NamedTuple

from orchestrator.core.text import Text


class _Weakening(NamedTuple):
    path: re.Pattern[str]
    statement: re.Pattern[str]
    said: Text


def _weakening(path: str, statement: str, fr: str, en: str) -> _Weakening:
    return _Weakening(re.compile(path), re.compile(statement, re.IGNORECASE), Text(fr=fr, en=en))


_WEAKENED: Final = (
    _weakening(
        r"/etc/postfix/(?:main|master)\.cf",
        r"\bmessage_size_limit\s*=\s*0(?!\d)",
        "Postfix prend des messages de n'importe quelle taille",
        "Postfix takes messages of any size",
    ),
    _weakening(
        r"/etc/postfix/(?:main|master)\.cf",
        r"\bsmtpd_tls_auth_only\s*=\s*no\b",
        "Postfix accepte des mots de passe en clair",
        "Postfix takes passwords in clear text",
    ),
    _weakening(
        r"/etc/dovecot/.*",
        r"\b(?:auth_allow_cleartext\s*=\s*yes|disable_plaintext_auth\s*=\s*no)\b",
        "Dovecot accepte des mots de passe en clair",
        "Dovecot takes passwords in clear text",
    ),
    _weakening(
        r"/etc/postgresql/.+/start\.conf",
        r"^(?:manual|disabled)$",
        "PostgreSQL ne démarre plus avec la machine",
        "PostgreSQL no longer starts with the host",
    ),
    _weakening(
        r"/etc/ssh/sshd_config(?:\.d/.*)?",
        r"\b(?:permitrootlogin\s+yes|permitemptypasswords\s+yes|strictmodes\s+no)\b",
        "sshd laisse entrer plus de monde",
        "sshd lets more people in",
    ),
    _weakening(
        r"/etc/sssd/.*|/etc/ldap/ldap\.conf",
        r"\b(?:ldap_)?tls_reqcert\s*(?:=|\s)\s*(?:never|allow|try)\b|\bldap_id_use_start_tls\s*=\s*false\b",
        "Le serveur d'annuaire n'a plus à prouver qui il est",
        "The directory server need not prove who it is any more",
    ),
    _weakening(
        r"/etc/samba/smb\.conf",
        r"\[global\] (?:ldapserverrequirestrongauth\s*=\s*(?:no|false|0|allow\w*)\s*$"
        r"|maptoguest\s*=\s*bad|nullpasswords\s*=\s*(?:yes|true|1)\s*$)",
        "Samba laisse entrer sans preuve, ou prend des mots de passe en clair",
        "Samba lets in without a proof, or takes passwords in clear text",
    ),
    _weakening(  # the service itself: what root prepares before it or tidies up behind it is a change like another
        r"/etc/systemd/system/[^/]+\.d/[^/]+\.conf",
        r"^\[Service\] (?:AmbientCapabilities\s*=\s*(?!CAP_NET_BIND_SERVICE\s*$)\S"
        r"|User\s*=\s*(?:root|0)\s*$|(?:Supplementary)?Groups?\s*=.*\b(?:root|0|adm|disk|shadow|sudo)\b"
        r"|ExecStart\s*=\s*[-@:]*[+!])",
        "Un service a gagné des droits",
        "A service has gained rights",
    ),
    _weakening(
        r"/etc/nginx/.*",
        r"^user\s+root\b",
        "nginx travaille désormais avec les droits de root",
        "nginx now works with root's rights",
    ),
    _weakening(
        r"/etc/pam\.d/.*",
        r"^auth\s+\S+\s+pam_permit\.so|^auth\s.*\bnullok\b",
        "Une connexion est possible sans mot de passe",
        "A login is possible without a password",
    ),
    _weakening(
        r"/etc/openvpn/.*",
        r"\b(?:verify-client-cert\s+(?:none|optional)|(?:auth|cipher|data-ciphers)\s+none)\b",
        "OpenVPN ne vérifie plus ses clients, ou ne chiffre plus",
        "OpenVPN does not verify its clients any more, or does not encrypt",
    ),
    _weakening(
        r"/etc/apt/sources\.list(?:\.d/.*)?",
        r"\b(?:trusted|allow-(?:insecure|weak|downgrade-to-insecure))\s*[=:]\s*(?:yes|true|1)\b",
        "apt prend des paquets sans vérifier leur signature",
        "apt takes packages without verifying their signature",
    ),
    _weakening(
        r"/etc/apt/apt\.conf(?:\.d/.*)?",
        r"\b(?:allow-?unauthenticated|allow(?:insecure|weak|downgradetoinsecure)repositories)\b[\s=\"]*(?:yes|true|1)\b",
        "apt prend des paquets sans vérifier leur signature",
        "apt takes packages without verifying their signature",
    ),
    _weakening(
        r"/etc/dpkg/dpkg\.cfg(?:\.d/.*)?",
        r"^force-(?:all|bad-verify|depends|overwrite|breaks|conflicts|downgrade|hold|remove-.*|not-root)\b",
        "dpkg passe outre ce qu'il devrait refuser",
        "dpkg overrides what it should refuse",
    ),
)


_UNIT: Final = re.compile(r"/etc/systemd/system/[^/]+\.service")
_ACCOUNT: Final = re.compile(
    r"^\[Service\] (?:User\s*=\s*(?!(?:root|0)\s*$)\S|DynamicUser\s*=\s*(?:yes|true|on|1)\s*$)", re.IGNORECASE
)
"""What has a service work under an account of its own instead of root's, as it does where nothing is said."""
_STARTS: Final = re.compile(r"^\[Service\] ExecStart\s*=")
_AS_ROOT: Final = Text(
    fr="Un service travaille désormais avec les droits de root", en="A service now works with root's rights"
)


def weakened(path: str, gone: Collection[str], new: Collection[str]) -> Iterator[Text]:
    """Yield what a file's new statements weaken, each as a sentence.

    Args:
        path: the file's.
        gone: the statements that it has no more: what these allowed as well is no news.
        new: the statements that it did not have.
    """
    weaker = [one.said for one in _WEAKENED if one.path.fullmatch(path) and _says(one, new) and not _says(one, gone)]
    if _UNIT.fullmatch(path) and _has_become_roots(gone, new):
        weaker.append(_AS_ROOT)
    for said in weaker:
        yield said.map(lambda words: f"{words} ({path}).")


def _has_become_roots(gone: Collection[str], new: Collection[str]) -> bool:
    """Return whether a unit that is still there has lost its account, and got no other."""
    is_there = any(map(_STARTS.search, new)) or not any(map(_STARTS.search, gone))
    return is_there and any(map(_ACCOUNT.search, gone)) and not any(map(_ACCOUNT.search, new))


def _says(one: _Weakening, statements: Collection[str]) -> bool:
    return any(one.statement.search(statement) for statement in statements)
