"""What configuration files say whose statements are lines: keywords and values, with or without sections."""

from __future__ import annotations

import re
import shlex
from typing import Final

from grader.lines import lines_in, words_in
from orchestrator.sound_state.meaning_values import (
    BLANK,
    SHORT_TIMES,
    by_keyword,
    joined_lines,
    keyword,
    lines_of_words,
    lowered_keyword,
    ordered_by,
    plain_lines,
    setting,
    span,
    squeezed,
)

_COMMA: Final = re.compile(r"[ \t]*,[ \t]*")
_LIST: Final = re.compile(r"[ \t,]+")

# --- words on lines --------------------------------------------------------------------------------------------------


def ordered(text: str) -> list[str]:
    """Return the lines as they follow one another, for formats of which no more is known than their ``#``."""
    return [squeezed(line) for line in plain_lines(text, joins=True)]


def unordered(text: str) -> list[str]:
    """Return the lines sorted by their keyword, whose case does not count; those of one keyword in their order."""
    return by_keyword(lowered_keyword(squeezed(line)) for line in plain_lines(text, joins=True))


_SSH: Final = re.compile(r"([A-Za-z0-9]+)(?:[ \t]*=[ \t]*|[ \t]+)(.*)")

_SSH_SAME: Final = {
    "challengeresponseauthentication": "kbdinteractiveauthentication",
    "skeyauthentication": "kbdinteractiveauthentication",
    "pubkeyacceptedkeytypes": "pubkeyacceptedalgorithms",
    "hostbasedacceptedkeytypes": "hostbasedacceptedalgorithms",
    "keepalive": "tcpkeepalive",
    "proxyjump": "proxycommand",
}
"""Keywords that set the same: the first value counts."""


def ssh(text: str) -> list[str]:
    """Return the keywords of ssh_config(5) or sshd_config(5), sorted within a block.

    The first value of a keyword counts, so those of one keyword keep their order. ``Include`` stays where it is.
    """
    found: list[tuple[str | None, str]] = []
    block = ""
    for line in plain_lines(text):
        match = _SSH.fullmatch(line)
        if match is None:
            raise ValueError("a line without a keyword and a value")
        word, value = match[1].lower(), squeezed(match[2])
        if word in {"match", "host"}:
            block = f"{word} {value}"
            found.append((None, f"{block}:"))
        else:
            said = f"{block} › {word} {value}" if block else f"{word} {value}"
            found.append((None if word in {"include", "ignoreunknown"} else _SSH_SAME.get(word, word), said))
    return ordered_by(found)


_KEY_LINE: Final = re.compile(
    r"""(?:(?P<options>(?:"(?:\\.|[^"\\])*"|[^ \t"])+)[ \t]+)?"""
    r"(?P<key>(?:ssh|ecdsa|sk)-[a-z0-9@.-]+[ \t]+[\w+/=]+)(?:[ \t].*)?",
    re.ASCII,
)
_KEY_OPTION: Final = re.compile(r"""((?:"(?:\\.|[^"\\])*"|[^,"])+)(?:,|$)""")
_KEY_PERMITS: Final = frozenset({"agent-forwarding", "port-forwarding", "pty", "user-rc", "x11-forwarding"})
"""What a key permits unless an option denies it; ``restrict`` denies all of them (sshd(8))."""


def authorized_keys(text: str) -> list[str]:
    """Return the keys of sshd's authorized_keys, each behind its options; what a key's comment says does not count."""
    found = []
    for line in plain_lines(text):
        match = _KEY_LINE.fullmatch(line)
        if match is None:
            raise ValueError("not a key")
        key = squeezed(match["key"])
        found.append((key, " ".join((*_key_options(match["options"] or ""), key))))
    return ordered_by(found)


def _key_options(written: str) -> list[str]:
    """Return what a key's options say, joined: those that count as they are, then what they deny."""
    kept: list[str] = []
    denied: set[str] = set()
    for option in _KEY_OPTION.findall(written):
        name, equals, value = option.partition("=")
        name = name.lower()
        if name == "restrict":
            denied |= _KEY_PERMITS
        elif name in _KEY_PERMITS:
            denied.discard(name)
        elif name.removeprefix("no-") in _KEY_PERMITS:
            denied.add(name.removeprefix("no-"))
        else:
            kept.append(f"{name}{equals}{value}")
    by_name = ordered_by((option.partition("=")[0], option) for option in kept)
    options = [*by_name, *(["restrict"] if denied == _KEY_PERMITS else sorted(f"no-{name}" for name in denied))]
    return [",".join(options)] if options else []


def shell_script(text: str) -> list[str]:
    """Return the commands of a shell's script in their order, without the lines that are comments.

    Raises:
        ValueError: a line may be part of a longer text, where a ``#`` begins no comment.
    """
    first, *lines = lines_in(text)
    if "<<" in text:
        raise ValueError("a text that is typed in")
    found = [line for line in lines if line.strip(BLANK) and not line.lstrip(BLANK).startswith("#")]
    for line in found:
        shlex.split(line)  # a quote that is not closed goes on in the next line
        if line.endswith("\\"):
            raise ValueError("a line that goes on")
    return [first.rstrip(BLANK), *(line.rstrip(BLANK) for line in found)]


def sudoers(text: str) -> list[str]:
    """Return the rules of a sudoers file in their order: the last one that matches counts."""
    if re.search(r"^[ \t]*#(include|[0-9])", text, re.MULTILINE):
        raise ValueError("a # that may begin no comment")
    found = [squeezed(line) for line in joined_lines(text)]
    return [line if "\\" in line or '"' in line else _COMMA.sub(", ", line) for line in found]


def pam(text: str) -> list[str]:
    """Return the steps of pam.d(5) in their order."""
    return [lowered_keyword(squeezed(line)) for line in joined_lines(text)]


def nsswitch(text: str) -> list[str]:
    """Return where each database is looked for; the order of the databases does not count."""
    found = []
    for line in lines_of_words(text):
        name, colon, services = line.partition(":")
        if not colon:
            raise ValueError("a line without a database")
        found.append(f"{name.strip(BLANK)}: {services.strip(BLANK)}")
    return by_keyword(found)


def fstab(text: str) -> list[str]:
    """Return what is mounted, in its order; the two numbers at the end are 0 where they are missing."""
    found = []
    for line in plain_lines(text):
        words = words_in(line)
        if not 3 <= len(words) <= 6:  # noqa: PLR2004 (fstab's fields)
            raise ValueError("not the fields of fstab(5)")
        found.append(" ".join([*words, *["defaults", "0", "0"][len(words) - 3 :]]))
    return found


def tmpfiles(text: str) -> list[str]:
    """Return what is made at each boot (tmpfiles.d(5)): fields at the end that say nothing do not count."""
    found = []
    for line in plain_lines(text):
        words = line.split(None, 6)
        if '"' in line or "'" in line or len(words) < 2:  # noqa: PLR2004 (a type and a path)
            raise ValueError("not the plain fields of tmpfiles.d(5)")
        if len(words) > 2 and re.fullmatch("[0-7]{3,4}", words[2]):  # noqa: PLR2004 (the mode is the third)
            words[2] = words[2].zfill(4)
        while words[-1] == "-":
            words.pop()
        found.append(" ".join(words))
    return found


def sysctl(text: str) -> list[str]:
    """Return what the kernel is told (sysctl.d(5)), in its order: a later line may set what an earlier one implies."""
    found = []
    for line in plain_lines(text, "#;"):
        name, equals, value = line.partition("=")
        name = name.strip(BLANK)
        if not equals:
            raise ValueError("a line without a value")
        first = re.search(r"[./]", name)
        if first and first[0] == "/":
            name = name.translate(str.maketrans("./", "/."))
        found.append(setting(name, " ".join(words_in(value))))
    return found


def crontab(text: str) -> list[str]:
    """Return the jobs of a user's crontab, in their order: variables count for what follows them."""
    return _jobs(text, 5)


def system_crontab(text: str) -> list[str]:
    """Return the jobs of a crontab that names a user for each."""
    return _jobs(text, 6)


_CRON_SHELL: Final = "SHELL=/bin/sh"
"""What counts for jobs where no line says another (crontab(5))."""


def _jobs(text: str, fields: int) -> list[str]:
    """Return jobs whose command is as it is written: what its blanks mean is the shell's business.

    A variable that sets the shell that counts already is none.
    """
    if text and not text.endswith("\n"):
        raise ValueError("a last line that cron does not take")
    found = []
    shell = _CRON_SHELL
    for line in (line.lstrip(BLANK) for line in lines_in(text)):
        if not line or line[0] == "#":
            continue
        if re.match(r"[A-Za-z_\"'][^ \t=]*[ \t]*=", line):
            told = _cron_variable(line)
            if told != shell:
                found.append(told)
            if told.startswith("SHELL="):
                shell = told
            continue
        found.append(" ".join(re.split(r"[ \t]+", line, maxsplit=fields - 4 if line[0] == "@" else fields)))
    return found


def _cron_variable(line: str) -> str:
    """Return a variable without the blanks and the quotes that its value does not need (crontab(5))."""
    name, value = (part.strip(BLANK) for part in line.split("=", 1))
    inner = value[1:-1]
    quoted = re.fullmatch(r"([\"'])[^\"']+\1", value) is not None and inner == inner.strip(BLANK)
    return f"{name}={inner if quoted else value}"


# --- postfix ---------------------------------------------------------------------------------------------------------

_POSTFIX_LISTS: Final = re.compile(
    r"mynetworks|mydestination|inet_interfaces|inet_protocols|proxy_interfaces|debug_peer_list|.*_domains|.*_maps"
    r"|.*_restrictions|.*_milters|.*_protocols|.*_options|.*_ciphers|.*_networks|.*_clients|.*_checks|.*_keywords"
)
_POSTFIX_SETS: Final = frozenset({"mynetworks", "mydestination", "inet_interfaces", "inet_protocols"})
_POSTFIX_TIMES: Final = re.compile(r".*_(time|delay|timeout|interval|lifetime|age|ttl|period)(_limit)?")


_POSTFIX_NAME: Final = re.compile(r"\$(?:\{(?=\w+\})|\((?=\w+\)))(\w+)[})](?!\w)", re.ASCII)
"""A parameter's value by its name alone, in brackets that it does not need (postconf(5))."""


_POSTFIX_LOOPBACK: Final = re.compile(r"(?<![\w.-])(inet:|\[)localhost(?=:[0-9]|\])", re.ASCII)
"""A server on this machine by its name, which every host's ``/etc/hosts`` knows: that file is looked at itself."""


def _logical(text: str) -> list[str]:
    """Return postfix's logical lines: one that begins with a blank continues the one before, comments apart."""
    found: list[str] = []
    for line in lines_in(text):
        if not line.strip(BLANK) or line.lstrip(BLANK).startswith("#"):
            continue
        if line[0] in BLANK:
            if not found:
                raise ValueError("a continued line without a beginning")
            found[-1] += line
        else:
            found.append(line)
    return [line.strip(BLANK) for line in found]


def postfix_main(text: str) -> list[str]:
    """Return the parameters of main.cf, by name; of several values of one the last counts."""
    values = {}
    for line in _logical(text):
        name, equals, value = line.partition("=")
        name = name.strip(BLANK)
        if not equals or not re.fullmatch(r"[A-Za-z0-9_.-]+", name):
            raise ValueError("not a parameter")
        values[name] = _postfix_value(name, value.strip(BLANK))
    return [setting(name, value) for name, value in sorted(values.items())]


def _postfix_value(name: str, value: str) -> str:
    value = _POSTFIX_LOOPBACK.sub(r"\g<1>127.0.0.1", _POSTFIX_NAME.sub(r"$\1", value))
    if _POSTFIX_TIMES.fullmatch(name):
        return span(value, SHORT_TIMES) if re.fullmatch(r"[0-9]{1,9}[smhdw]", value) else value
    if not _POSTFIX_LISTS.fullmatch(name) or re.search(r"[{\"']", value):
        return value
    words = [word for word in _LIST.split(value) if word]
    # An exclusion counts only before what it is excluded from.
    return " ".join(sorted(words) if name in _POSTFIX_SETS and "!" not in value else words)


def postfix_master(text: str) -> list[str]:
    """Return the services of master.cf, by name and type; the last of one name and type counts."""
    services = {}
    for line in _logical(text):
        words = words_in(line)
        if len(words) < 8:  # noqa: PLR2004 (master.cf's fields)
            raise ValueError("not a service")
        services[tuple(words[:2])] = " ".join(words) if "{" not in line else line
    return [service for _, service in sorted(services.items())]


def postfix_table(text: str) -> list[str]:
    """Return the entries of a table, sorted where no pattern is among them: those are tried in order."""
    found = [re.sub(r"[ \t]+", " ", line, count=1) for line in _logical(text)]
    keys = [keyword(line).rstrip(":") for line in found]
    is_plain = len({key.lower() for key in keys}) == len(keys) and not any("/" in key for key in keys)
    return sorted(found) if is_plain else found
