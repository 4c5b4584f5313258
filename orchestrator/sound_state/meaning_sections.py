"""What configuration files say that have sections: settings behind the name of their section."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import Final

from grader.lines import words_in
from orchestrator.sound_state.meaning_values import (
    BLANK,
    SYSTEMD_TIMES,
    joined_lines,
    lowered,
    ordered_by,
    plain_lines,
    setting,
    span,
    squeezed,
)

_COMMA: Final = re.compile(r"[ \t]*,[ \t]*")


def _ini(
    lines: list[str],
    value_of: Callable[[str, str], str] = lambda _, value: value,
    order: Callable[[str, str], str | None] = lambda _, __: None,
) -> list[str]:
    """Return the statements of a file with sections, each behind its section's name.

    Args:
        lines: the lines, without comments.
        value_of: key and value → the value, written in one way.
        order: key and value → what a setting is sorted by in its section; None where it stays.
    """
    found: list[tuple[str | None, str]] = []
    section = ""
    for line in lines:
        if line.startswith("["):
            if not line.endswith("]"):
                raise ValueError("a section that is not closed")
            section = line
            found.append((None, section))
            continue
        key, equals, value = (part.strip(BLANK) for part in line.partition("="))
        said = setting(key, value_of(key, value)) if equals else line
        found.append((order(key, value) if equals else None, f"{section} {said}".strip(BLANK)))
    return ordered_by(found)


def ordered_ini(text: str) -> list[str]:
    """Return sections and settings in their order, for krb5.conf and OpenSSL, where the first or the last counts."""
    return _ini(plain_lines(text, "#;", joins=True))


def xrdp(text: str) -> list[str]:
    """Return xrdp's settings; the order of sections is that of the menu."""
    return _ini(plain_lines(text, "#;"), order=lambda key, _: key)


_SSSD_LISTS: Final = frozenset({"services", "domains", "simple_allow_users", "simple_allow_groups", "ldap_uri"})


_SSSD_SWITCHES: Final = frozenset(
    words_in(
        "cache_credentials enabled enumerate ldap_id_use_start_tls use_fully_qualified_names ldap_referrals "
        "krb5_store_password_if_offline krb5_validate ldap_use_tokengroups dyndns_update "
    )
)
_SSSD_URI: Final = re.compile(r"(ldap://[^/:, ]+)(?::389)?/?|(ldaps://[^/:, ]+)(?::636)?/?")


def sssd(text: str) -> list[str]:
    """Return sssd's settings, sorted in their section; the order of the sections does not count."""
    if re.search(r"^[ \t]+[^ \t\n#;]", text, re.MULTILINE):
        raise ValueError("a line that may continue another")
    lines = plain_lines(text, "#;", joins=True)
    heads = [line for line in lines if line.startswith("[")]
    if len(heads) != len(set(map(str.lower, heads))) or lines[:1] != heads[:1]:
        raise ValueError("a section twice, or a setting of none")
    told = _ini(lines, _sssd_value, lambda key, _: key)
    return sorted(told, key=lambda one: one.partition("]")[0])


def _sssd_value(key: str, value: str) -> str:
    """Return a value in one way: words of a list, a switch, the address of a directory, how its certificate counts."""
    if key in _SSSD_SWITCHES and value.isascii():
        return value.lower()
    if key == "ldap_tls_reqcert" and value == "hard":
        return "demand"
    words = _COMMA.split(value)
    if key == "ldap_uri":
        words = [found[1] or found[2] if (found := _SSSD_URI.fullmatch(word)) else word for word in words]
    if key == "services":  # each is started; nothing goes by their order
        words = sorted(set(words))
    return ", ".join(words) if key in _SSSD_LISTS else value


_SAMBA_SWITCHES: Final = frozenset(
    words_in(
        "readonly writable writeable writeok browseable guestok inheritpermissions inheritacls loadprinters "
        "available disablenetbios winbindusedefaultdomain winbindenumusers winbindenumgroups domainmaster "
        "localmaster "
    )
)
_SAMBA_SWITCH: Final = {"yes": "yes", "true": "yes", "1": "yes", "no": "no", "false": "no", "0": "no"}
_SAMBA_OPPOSITE: Final = {"yes": "no", "no": "yes"}
_SAMBA_ALONE: Final = frozenset(
    words_in(
        "path comment workgroup realm security serverrole netbiosname disablenetbios smbports "
        "machinepasswordtimeout loadprinters printcapname winbindusedefaultdomain winbindreconnectdelay "
        "winbindcachetime logfile loglevel readonly validusers inheritpermissions createmask directorymask "
        "browseable guestok "
    )
)
"""Keys that no other key of a share sets as well, unless one of ``_SAMBA_ELSEWHERE`` is given."""
_SAMBA_SAME: Final = {
    "browsable": "browseable",
    "createmode": "createmask",
    "debuglevel": "loglevel",
    "directory": "path",
    "directorymode": "directorymask",
    "printcap": "printcapname",
    "public": "guestok",
}
_SAMBA_WRITABLE: Final = frozenset({"writable", "writeable", "writeok"})
"""Synonyms of ``read only`` that say the opposite."""
_SAMBA_ELSEWHERE: Final = frozenset({*words_in("copy include configfile protocol"), *_SAMBA_WRITABLE})
"""Keys for which others may count that are not beside them, or that were not understood."""


def samba(text: str) -> list[str]:
    """Return what smb.conf(5) sets: synonyms as one key, whose case and blanks do not count, nor the order of keys."""
    lines = []
    for line in joined_lines(text, "#;"):
        if line[0] == "[":
            name = line[1:-1].strip(BLANK)
            lines.append(f"[{lowered(name) if lowered(name) == 'global' else name}]" if line[-1] == "]" else line)
        else:
            key, equals, value = line.partition("=")
            lines.append("=".join(_samba_setting(key, value.strip(BLANK))) if equals else line)
    keys = {line.partition("=")[0] for line in lines}
    alone: Collection[str] = frozenset() if keys & _SAMBA_ELSEWHERE else _SAMBA_ALONE

    return _ini(lines, order=lambda key, _: key if key in alone or ":" in key else None)


def _samba_setting(key: str, value: str) -> tuple[str, str]:
    """Return a key and its value in one way."""
    key = lowered(re.sub(r"[ \t]+", "", key))
    key = _SAMBA_SAME.get(key, key)
    if key in _SAMBA_SWITCHES:
        value = _SAMBA_SWITCH.get(lowered(value), value)
    if key in _SAMBA_WRITABLE and value in _SAMBA_OPPOSITE:
        return "readonly", _SAMBA_OPPOSITE[value]
    return key, value


_UNIT_LISTS: Final = frozenset(
    words_in("After Before Wants Requires Requisite BindsTo PartOf Conflicts WantedBy RequiredBy Also ")
)
_UNIT_GROUPS: Final = ("Listen", "Condition", "Assert", "Timeout", "StartLimitInterval", "StandardInput")
"""How keys begin that count for one another: sockets keep their order, and an empty value takes others back."""
_UNIT_WORDS: Final = frozenset({"Environment", "EnvironmentFile", "CapabilityBoundingSet", "SystemCallFilter"})
_UNIT_SPECIFIER: Final = re.compile(r"%(.)")
_UNIT_TIME: Final = re.compile(r"[A-Za-z]*(?<!U)(?<!N)Sec")


def systemd(text: str, unit: str | None = None) -> list[str]:
    """Return what a unit or a drop-in sets, sorted by key in its section; values of one key keep their order.

    Units that it depends on are a set, an empty value apart. The unit's own name stands for ``%n``, ``%N`` and ``%p``
    (systemd.unit(5)), but in a template, whose instances have names of their own.
    """
    own = unit if unit and "@" not in unit else "%n"
    stem = own.rpartition(".")[0]
    names = {"n": own, "N": stem or "%N", "p": stem or "%p"}
    lines = []
    for line in joined_lines(text, "#;", comments_within=True, joint=" "):
        key, equals, value = (part.strip(BLANK) for part in line.partition("="))
        value = _UNIT_SPECIFIER.sub(lambda found: names.get(found[1], found[0]), value)
        if key in _UNIT_LISTS and re.fullmatch(r"[^\"'\\]+", value):
            lines += [f"{key}={word}" for word in sorted(set(words_in(value)))]
        else:
            lines.append(f"{key}{equals}{value}")

    def value_of(key: str, value: str) -> str:
        if key.startswith("Exec") or key in _UNIT_WORDS:
            return squeezed(value)
        return span(value, SYSTEMD_TIMES, "s") if _UNIT_TIME.fullmatch(key) else value

    def order(key: str, value: str) -> str:
        if key in _UNIT_LISTS:
            return f"{key} {value}"
        if re.match(r"On(Active|Boot|Startup|Unit|Calendar)|Path(Exists|Changed|Modified)|DirectoryNotEmpty", key):
            return "Trigger"
        return next((group for group in _UNIT_GROUPS if key.startswith(group)), key)

    return _ini(lines, value_of, order)
