"""What the files say that tie a host to its network: its interfaces and names, a proxy's rules, a tunnel's options."""

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
    joined_lines,
    keyword,
    lines_of_words,
    ordered_by,
    plain_lines,
    squeezed,
    uncommented,
    unquoted,
)

# --- names and interfaces --------------------------------------------------------------------------------------------


def hosts(text: str) -> list[str]:
    """Return each name with its address, sorted by name, and which name an address itself has.

    The addresses of a name keep their order; the first name of an address's first line is its canonical one (hosts(5)).
    """
    canonical: dict[str, str] = {}
    found: list[tuple[str | None, str]] = []
    for address, *names in map(words_in, lines_of_words(text)):
        if not names:
            raise ValueError("an address without a name")
        canonical.setdefault(address, names[0])
        found += [(name, f"{address} {name}") for name in names]
    own = {f"{address} {name}" for address, name in canonical.items()}
    return [f"{one} (canonical name)" if one in own else one for one in dict.fromkeys(ordered_by(found))]


def resolv(text: str) -> list[str]:
    """Return what the C library's resolver is told; of ``search`` and ``domain`` the last counts."""
    if re.search(r"^[ \t]+[^ \t\n#;]", text, re.MULTILINE):
        raise ValueError("a keyword behind a blank, which the C library does not take")
    found = [squeezed(line) for line in plain_lines(text, "#;")]
    return ordered_by(("search" if keyword(line) == "domain" else keyword(line), line) for line in found)


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


# --- squid ------------------------------------------------------------------------------------------------------------

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


# --- OpenVPN ----------------------------------------------------------------------------------------------------------

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
        found.append(_vpn_option(unquoted(plain).removeprefix("--")))
    if {keyword(option) for option in found} & _VPN_IN_ORDER:
        return found
    return ordered_by((_VPN_SAME.get(keyword(option), keyword(option)), option) for option in found)


_VPN_ROUTE: Final = re.compile(r"""((?:push ["'])?route [^ "']+ [0-9.]+)(?: (?:vpn_gateway|default)){1,2}(?=["']?$)""")
"""A route through the tunnel, which is what a route without a gateway is."""


def _vpn_option(option: str) -> str:
    """Return an option without the words that say what counts without them; ciphers that are allowed as a set.

    Their order chooses one where both sides take several: each of them is allowed as well as the others.
    """
    name, _, ciphers = option.partition(" ")
    if name == "data-ciphers":
        return f"{name} {':'.join(sorted(ciphers.split(':')))}"
    return _VPN_ROUTE.sub(r"\1", option)


def _inline(lines: Iterator[str], tag: str) -> list[str]:
    """Return the lines up to a tag's end."""
    kept: list[str] = []
    for line in lines:
        if line.strip(BLANK).startswith(f"</{tag[1:]}"):
            return kept
        if line.strip(BLANK):
            kept.append(line.strip(BLANK))
    raise ValueError("a text that is not closed")
