"""What configuration files say whose statements are lines: keywords and values, with or without sections."""

from __future__ import annotations

import ipaddress
import itertools
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

from grader.lines import lines_in, words_in
from orchestrator.sound_state.meaning_values import (
    BLANK,
    SHORT_TIMES,
    by_keyword,
    joined_lines,
    keyword,
    lowered_keyword,
    ordered_by,
    plain_lines,
    setting,
    span,
    squeezed,
    uncommented,
    unquoted,
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


_SQUID_ACL: Final = re.compile(r"(acl [^ ]+ [^ ]+ )((?:[^\"' -][^\"' ]* ?)+)")
"""An acl whose values are all on its line: no file of them, and no option."""
_SQUID_LISTS: Final = frozenset({"src", "dst", "port", "localport", "proto", "method", "dstdomain", "srcdomain"})
"""Types of which one value of several has to match."""
_SQUID_PORT: Final = re.compile(r"^(http_port )0\.0\.0\.0:(?=\d+\b)")


def squid(text: str) -> list[str]:
    """Return squid's directives in their order: the first rule that matches counts, and a rule needs its acl before.

    An acl's values are a directive each, sorted where they follow one another; its networks are told as networks,
    however they are written, a name server once, and a port of every IPv4 address as a port.
    """
    told = [said for line in joined_lines(text) for said in _squid_directives(squeezed(line))]
    runs = ((acl, list(run)) for acl, run in itertools.groupby(told, _squid_list))
    return [said for acl, run in runs for said in (sorted(set(run)) if acl else run)]


def _squid_list(line: str) -> str:
    """Return which acl's value a directive is; nothing where it is another one."""
    acl = _SQUID_ACL.fullmatch(line)
    return acl[1] if acl is not None and words_in(acl[1])[2] in _SQUID_LISTS else ""


def _squid_directives(line: str) -> list[str]:
    if acl := _squid_list(line):
        written = _squid_network if words_in(acl)[2] in {"src", "dst"} else str
        return [acl + written(word) for word in words_in(line.removeprefix(acl))]
    if line.startswith("dns_nameservers "):
        return [" ".join(dict.fromkeys(words_in(line)))]
    return [_SQUID_PORT.sub(r"\1", line)]


def _squid_network(word: str) -> str:
    """Return what stands for addresses as the one network that it is; anything else as it is written."""
    with suppress(ValueError):
        first, dash, last = word.partition("-")
        if dash:
            ends = ipaddress.IPv4Address(first), ipaddress.IPv4Address(last)
            networks = list(ipaddress.summarize_address_range(*ends))
            return str(networks[0]) if len(networks) == 1 else word
        network = ipaddress.ip_network(word)
        return str(network.network_address) if network.num_addresses == 1 else str(network)
    return word


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


def sudoers(text: str) -> list[str]:
    """Return the rules of a sudoers file in their order: the last one that matches counts."""
    if re.search(r"^[ \t]*#(include|[0-9])", text, re.MULTILINE):
        raise ValueError("a # that may begin no comment")
    found = [squeezed(line) for line in joined_lines(text)]
    return [line if "\\" in line or '"' in line else _COMMA.sub(", ", line) for line in found]


def pam(text: str) -> list[str]:
    """Return the steps of pam.d(5) in their order."""
    return [lowered_keyword(squeezed(line)) for line in joined_lines(text)]


def hosts(text: str) -> list[str]:
    """Return each name with its address, sorted by name, and which name an address itself has.

    The addresses of a name keep their order; the first name of an address's first line is its canonical one (hosts(5)).
    """
    canonical: dict[str, str] = {}
    found: list[tuple[str | None, str]] = []
    for address, *names in map(words_in, _with_words(text)):
        if not names:
            raise ValueError("an address without a name")
        canonical.setdefault(address, names[0])
        found += [(name, f"{address} {name}") for name in names]
    own = {f"{address} {name}" for address, name in canonical.items()}
    return [f"{one} (canonical name)" if one in own else one for one in dict.fromkeys(ordered_by(found))]


def _with_words(text: str) -> list[str]:
    lines = (line.split("#", 1)[0] for line in lines_in(text))
    return [" ".join(words_in(line)) for line in lines if line.strip(BLANK)]


def nsswitch(text: str) -> list[str]:
    """Return where each database is looked for; the order of the databases does not count."""
    found = []
    for line in _with_words(text):
        name, colon, services = line.partition(":")
        if not colon:
            raise ValueError("a line without a database")
        found.append(f"{name.strip(BLANK)}: {services.strip(BLANK)}")
    return by_keyword(found)


def resolv(text: str) -> list[str]:
    """Return what the C library's resolver is told; of ``search`` and ``domain`` the last counts."""
    if re.search(r"^[ \t]+[^ \t\n#;]", text, re.MULTILINE):
        raise ValueError("a keyword behind a blank, which the C library does not take")
    found = [squeezed(line) for line in plain_lines(text, "#;")]
    return ordered_by(("search" if keyword(line) == "domain" else keyword(line), line) for line in found)


def fstab(text: str) -> list[str]:
    """Return what is mounted, in its order; the two numbers at the end are 0 where they are missing."""
    found = []
    for line in plain_lines(text):
        words = words_in(line)
        if not 3 <= len(words) <= 6:  # noqa: PLR2004 (fstab's fields)
            raise ValueError("not the fields of fstab(5)")
        found.append(" ".join([*words, *["defaults", "0", "0"][len(words) - 3 :]]))
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


def _jobs(text: str, fields: int) -> list[str]:
    """Return jobs whose command is as it is written: what its blanks mean is the shell's business."""
    if text and not text.endswith("\n"):
        raise ValueError("a last line that cron does not take")
    found = []
    for line in (line.lstrip(BLANK) for line in lines_in(text)):
        if not line or line[0] == "#":
            continue
        if re.match(r"[A-Za-z_\"'][^ \t=]*[ \t]*=", line):
            found.append(_cron_variable(line))
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


# --- networks --------------------------------------------------------------------------------------------------------

_STANZAS: Final = re.compile(r"(auto|allow-\S+|iface|mapping|source|source-directory|rename|template|no-\S+)")
_BROUGHT_UP: Final = re.compile(r"(auto|allow-\S+)(?!\S)")
_UP_OR_DOWN: Final = {"post-up": "up", "pre-down": "down"}


def interfaces(text: str) -> list[str]:
    """Return ifupdown's stanzas in their order; options of one are sorted, its commands keep their order.

    Which interfaces are brought up is told first, an interface each, but not before what is read in from other files.
    """
    found: list[tuple[str, list[str]]] = []
    for line in joined_lines(text):
        words = squeezed(line)
        if _STANZAS.fullmatch(keyword(words)):
            found += [(head, []) for head in _heads(words)]
        elif not found:
            raise ValueError("an option without a stanza")
        else:
            found[-1][1].append(words)
    parts = itertools.accumulate(head.startswith("source") for head, _ in found)
    places = (
        (part, not head.startswith("source"), not _BROUGHT_UP.match(head))
        for part, (head, _) in zip(parts, found, strict=True)
    )
    in_order = sorted(zip(places, found, strict=True), key=lambda one: one[0])
    return [line for _, stanza in in_order for line in _stanza(*stanza)]


def _heads(words: str) -> list[str]:
    """Return the first line of a stanza; one that names several interfaces is one for each."""
    keyword, *interfaces = words_in(words)
    auto = "auto" if keyword == "allow-auto" else keyword
    return [f"{auto} {one}" for one in interfaces] if _BROUGHT_UP.match(auto) else [words]


def _stanza(head: str, options: list[str]) -> list[str]:
    options = _with_prefix(options) if head.startswith("iface ") else options
    by_name = ordered_by((_UP_OR_DOWN.get(keyword(option), keyword(option)), option) for option in options)
    return [head, *(f"{head} › {option}" for option in by_name)]


def _with_prefix(options: list[str]) -> list[str]:
    """Return options with the netmask as the address's prefix length."""
    given = {keyword(option): option.partition(" ")[2] for option in options}
    if len(given) != len(options) or "netmask" not in given or "/" in given.get("address", "/"):
        return options
    if not re.fullmatch(r"255\.[0-9.]+|[0-9]+", given["netmask"]):
        return options
    address = ipaddress.ip_interface(f"{given['address']}/{given['netmask']}")
    kept = [option for option in options if keyword(option) not in {"address", "netmask"}]
    return [f"address {address}", *kept]


_VPN_IN_ORDER: Final = frozenset({"config", "cd", "setenv", "<connection>", "key-direction"})
_VPN_SAME: Final = {
    "lport": "port",
    "rport": "port",
    "comp-lzo": "compress",
    "client-cert-not-required": "verify-client-cert",
}
"""Options that set the same: the last one counts."""


def openvpn(text: str) -> list[str]:
    """Return OpenVPN's options by name, those of one name in their order; a text in place of a file is one statement.

    All stay in their order where one of them counts for what follows it.
    """
    found: list[str] = []
    lines = iter(lines_in(text))
    for line in lines:
        words = squeezed(line)
        if not words or words[0] in "#;":
            continue
        if re.fullmatch(r"<[a-z0-9-]+>", words):
            found.append(" ".join((words, *_inline(lines, words))))
            continue
        if "\\" in words:
            raise ValueError("a word with a backslash")
        plain = uncommented(uncommented(words, behind_blank=True), ";", behind_blank=True).strip(BLANK)
        found.append(unquoted(plain).removeprefix("--"))
    if {keyword(option) for option in found} & _VPN_IN_ORDER:
        return found
    return ordered_by((_VPN_SAME.get(keyword(option), keyword(option)), option) for option in found)


def _inline(lines: Iterator[str], tag: str) -> list[str]:
    """Return the lines up to a tag's end."""
    kept: list[str] = []
    for line in lines:
        if line.strip(BLANK).startswith(f"</{tag[1:]}"):
            return kept
        if line.strip(BLANK):
            kept.append(line.strip(BLANK))
    raise ValueError("a text that is not closed")
