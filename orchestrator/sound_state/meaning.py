"""What a configuration file says: files of one path that say the same have equal meanings, however they are written.

A reader for each format turns a text into statements. Where the order of statements counts for the program it is kept;
where it does not they are sorted, so that equal tuples are equal meanings. What a reader does not understand for sure
is compared as it is written.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Final, TypeAlias

from grader.lines import lines_in
from orchestrator.sound_state import meaning_bind as bind
from orchestrator.sound_state import meaning_blocks as blocks
from orchestrator.sound_state import meaning_connections as connections
from orchestrator.sound_state import meaning_lines as lines
from orchestrator.sound_state import meaning_network as network
from orchestrator.sound_state import meaning_ovsdb as ovsdb
from orchestrator.sound_state import meaning_php as php
from orchestrator.sound_state import meaning_records as records
from orchestrator.sound_state import meaning_sections as sections
from orchestrator.sound_state import meaning_workplace as workplace
from orchestrator.sound_state.meaning_nftables import nftables

Reader: TypeAlias = Callable[..., Iterable[str]]
"""Turns a text into statements; groups with a name in the pattern of its path are further arguments of that name.

Raises:
    ValueError: it does not understand the text for sure.
"""
_UNCLEAR: Final = re.compile(r"[^\t\n\x20-\x7e\xa1-\ud7ff\ue000-\ufefe\uff00-\U0010ffff]")
"""Signs that programs take differently: some end a line or a word there, some do not."""
_LONGEST: Final = 2_000_000
_NOT_UNDERSTOOD: Final = "(as it is written)"
"""Stands before the lines of a text that is not as its format wants it, so that they equal no statements."""
_READERS: Final[tuple[tuple[str, Reader], ...]] = (
    (r"/etc/nginx/([^/]+\.conf|conf\.d/.*\.conf|(sites|modules)-[a-z]+/.*|snippets/.*|[a-z]+_params)", blocks.nginx),
    (r"/etc/roundcube/config\.inc\.php", php.roundcube),
    (r"/etc/postfix/master\.cf", lines.postfix_master),
    (r"/etc/postfix/[^/]+\.cf", lines.postfix_main),
    (r"/etc/(aliases|postfix/(aliases|virtual|boites|mailboxes|canonical|transport))", lines.postfix_table),
    (r"/etc/dovecot/(conf\.d/)?[^/]+\.conf", blocks.dovecot),
    (r"/etc/bind/named\.conf.*|/etc/bind/zones\.rfc1918", bind.named),
    (r"(/etc/bind|/var/(lib|cache)/bind)/(zones/)?db\.(?P<apex>[^/]+)", records.zone),
    (r"/etc/kea/.*\.(conf|json)", network.kea),
    (r"/etc/squid/.*\.conf", connections.squid),
    (r"/etc/ssh/ssh(d?)_config(\.d/.*\.conf)?", lines.ssh),
    (r".*/\.ssh/authorized_keys2?", lines.authorized_keys),
    (r"/etc/samba/.*\.conf", sections.samba),
    (r"/etc/sssd/.*\.conf", sections.sssd),
    (r"/etc/krb5\.conf(\.d/.*)?|/etc/ssl/.*\.cnf", sections.ordered_ini),
    (r"/etc/xrdp/.*\.ini", sections.xrdp),
    (r"(/etc|/usr/lib|/lib|/run)/systemd/((.*/)?(?P<unit>[^/]+\.(service|socket|timer|target|mount|automount|path|slice"
     r"|swap))(\.d/[^/]+\.conf)?|.*\.(conf|link|network|netdev))", sections.systemd),
    (r"/etc/network/interfaces(\.d/.*)?", connections.interfaces),
    (r"/etc/resolv\.conf", connections.resolv),
    (r"/etc/hosts", connections.hosts),
    (r"/etc/nsswitch\.conf", lines.nsswitch),
    (r"/etc/frr/(frr|vtysh|zebra|ospfd|bgpd|staticd)\.conf", network.frr),
    (r"/etc/openvpn/.*\.(conf|ovpn)", connections.openvpn),
    (r"/etc/openvswitch/conf\.db", ovsdb.ovsdb),
    (r"/etc/nftables(\.d/.*)?\.(conf|nft)|/etc/nftables\.d/.*", nftables),
    (r"/etc/(passwd|group|shadow|gshadow)", records.accounts),
    (r"/etc/sudoers(\.d/.*)?", lines.sudoers),
    (r"/etc/crontab|/etc/cron\.d/[^/]+", lines.system_crontab),
    (r"/var/spool/cron/crontabs/[^/]+", lines.crontab),
    (r"/etc/fstab", lines.fstab),
    (r"/etc/sysctl(\.d/.*)?\.conf", lines.sysctl),
    (r"/etc/tmpfiles\.d/[^/]+\.conf", lines.tmpfiles),
    (r"/etc/postgresql-common/[^/]+\.conf|/etc/postgresql/.*/(postgresql|small|[0-9]+[^/]*|postgresql\.auto)\.conf|/etc/postgresql/.*/conf\.d/.*"
     r"|/var/lib/postgresql/.*/postgresql\.auto\.conf", records.postgresql),
    (r"/etc/postgresql/.*/pg_(hba|ident)\.conf", records.postgresql_access),
    (r"/etc/ldap/slapd\.d/.*\.ldif|.*\.ldif", records.ldif),
    (r"/etc/(pam\.d/[^/]+|pam\.conf)", lines.pam),
    (r"/etc/(security/[^/]+\.conf|openvswitch/startup\.conf|dhcpcd\.conf|dnsmasq\.conf|dnsmasq\.d/.*)", lines.ordered),
    (r"/etc/(opendkim|ldap/ldap)\.conf", lines.unordered),
    (r"/etc/apt/sources\.list\.d/[^/]+\.sources", workplace.apt_sources),
    (r"/etc/apt/sources\.list(\.d/[^/]+\.list)?", workplace.apt_list),
    (r"/etc/apt/apt\.conf(\.d/[^/]+)?", workplace.apt_settings),
    (r"/etc/apt/(keyrings|trusted\.gpg\.d)/[^/]+\.asc|/usr/share/keyrings/[^/]+\.asc", workplace.public_key),
    (r"/etc/cups/lpoptions|/(root|home/[^/]+)/\.cups/lpoptions", workplace.printer_options),
    (r"/etc/cups/[^/]+\.conf", workplace.cups),
    (r"/etc/localtime", workplace.time_zone),
    (r"/etc/default/[^/]+|/etc/environment|/etc/locale\.conf|/etc/.*\.env|/etc/sauvegarde/sauvegarde\.conf",
     records.environment),
)  # fmt: skip
_SCRIPT: Final = re.compile(r"#!(/usr)?/bin/(env )?(sh|bash|dash)\b")
_BY_PATH: Final = tuple((re.compile(pattern), reader) for pattern, reader in _READERS)


def meaning_of(path: str, text: str) -> tuple[str, ...]:
    """Return what a configuration file says, as statements: two files of one path that say the same have equal ones.

    Args:
        path: where the file is in its host; tells the format.
        text: what it holds.
    """
    reader = _reader(path)
    if reader is None:
        script = _understood(lines.shell_script, text) if _SCRIPT.match(text) else None
        return _as_written(text) if script is None else script
    read = _understood(reader, text)
    return (_NOT_UNDERSTOOD, *_as_written(text)) if read is None else read


def statements_changed(path: str, before: str, now: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the statements that are gone and those that are new.

    Statements that stand elsewhere where the order counts are in both, with those between them, behind the others.
    Both are empty if the files say the same.

    Args:
        path: where the file is in its host.
        before: what it held.
        now: what it holds.
    """
    old, new = meaning_of(path, before), meaning_of(path, now)
    if old == new:
        return (), ()
    if (old[:1] == (_NOT_UNDERSTOOD,)) != (new[:1] == (_NOT_UNDERSTOOD,)):
        # What only one of them lets understand does not compare; blanks at an end may be all that differs.
        written = _as_written(before), _as_written(now)
        if written[0] != written[1]:
            old, new = written
    surplus, lack = Counter(old) - Counter(new), Counter(new) - Counter(old)
    parts = _parted(old, surplus), _parted(new, lack)
    if parts[0][1] != parts[1][1]:  # of equal statements the first ones may be those that went or came
        others = _parted(old[::-1], surplus), _parted(new[::-1], lack)
        if others[0][1] == others[1][1]:
            return others[0][0][::-1], others[1][0][::-1]
    moved = _moved(parts[0][1], parts[1][1])
    return parts[0][0] + moved[0], parts[1][0] + moved[1]


def _reader(path: str) -> Callable[[str], Iterable[str]] | None:
    for pattern, reader in _BY_PATH:
        if (found := pattern.fullmatch(path)) is not None:
            return partial(reader, **found.groupdict())
    return None


def _understood(reader: Callable[[str], Iterable[str]], text: str) -> tuple[str, ...] | None:
    """Return a text's statements; None where it is not surely understood."""
    if len(text) > _LONGEST or _UNCLEAR.search(text):
        return None
    try:
        return tuple(reader(text))
    except (ValueError, RecursionError):
        return None


def _as_written(text: str) -> tuple[str, ...]:
    r"""Return the lines of a text that are not blank, without blanks at their ends.

    A ``\`` keeps the blanks or the blank line behind it: with them it joins no lines.
    """
    found: list[str] = []
    for line in lines_in(text):
        kept = line.rstrip(" \t")
        if kept.endswith("\\"):
            kept = line
        if kept or (found and found[-1].endswith("\\")):
            found.append(kept)
    return tuple(found)


def _parted(statements: Sequence[str], surplus: Counter[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the statements that are too many, the last of equal ones, and the others; both in their order."""
    left = Counter(surplus)
    apart: list[str] = []
    kept: list[str] = []
    for statement in reversed(statements):
        (apart if left[statement] > 0 else kept).append(statement)
        left[statement] -= 1
    return tuple(reversed(apart)), tuple(reversed(kept))


def _moved(old: Sequence[str], new: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the same statements in two orders, from the first one that has moved to the last."""
    places = [place for place, (one, other) in enumerate(zip(old, new, strict=True)) if one != other]
    return (tuple(old[places[0] : places[-1] + 1]), tuple(new[places[0] : places[-1] + 1])) if places else ((), ())
