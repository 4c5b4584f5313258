"""Editing the configuration of Kea DHCPv4, JSON with comments, so that its comments and its layout stay."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final

CONFIGURATION: Final = "/etc/kea/kea-dhcp4.conf"

_TOKEN: Final = re.compile(r'"(?:\\.|[^"\\])*"|//[^\n]*|#[^\n]*|/\*.*?\*/|[{}]', re.DOTALL)
_STRING: Final = r'"(?:\\.|[^"\\])*"'


def with_pool(text: str, subnet: str, pool: str) -> str:
    """Return the configuration with another first pool in a subnet."""
    return _in_subnet(text, subnet, lambda block: _with_value(block, "pool", pool))


def with_option_data(text: str, subnet: str, option: str, data: str) -> str:
    """Return the configuration with other data for an option of a subnet, such as ``routers``."""
    return _in_subnet(text, subnet, lambda block: _in_object(block, "name", option, "data", data))


def with_reserved_mac(text: str, subnet: str, address: str, mac: str) -> str:
    """Return the configuration with another hardware address in the reservation of an address."""
    return _in_subnet(text, subnet, lambda block: _in_object(block, "ip-address", address, "hw-address", mac))


def with_reservations(text: str, subnet: str, added: Iterable[tuple[str, str, str]]) -> str:
    """Return the configuration with more reservations in a subnet that has some.

    Args:
        text: the configuration.
        subnet: the subnet as it stands in the configuration.
        added: hardware address, IP address and name of each reservation.
    """
    written = [f'{{ "hw-address": "{mac}", "ip-address": "{ip}", "hostname": "{name}" }}' for mac, ip, name in added]

    def insert(block: str) -> str:
        listed = re.search(r'"reservations"\s*:\s*\[[^\]]*?(\s*)\{[^\]]*\}(?=\s*\])', block)
        if listed is None:
            return block
        more = "".join(f",{listed[1]}{reservation}" for reservation in written)
        return block[: listed.end()] + more + block[listed.end() :]

    return _in_subnet(text, subnet, insert)


def pools_of(text: str, subnet: str) -> list[str]:
    """Return the pools of a subnet as they stand in the configuration."""
    start, end = _block(text, subnet)
    return [found[1] for found in re.finditer(r'"pool"\s*:\s*"([^"]*)"', text[start:end])]


def subnet_id(text: str, subnet: str) -> int:
    """Return the identifier of a subnet, which its leases carry; 1 where the configuration gives none (Kea's own)."""
    start, end = _block(text, subnet)
    found = re.search(r'"id"\s*:\s*(\d+)', text[start:end])
    return int(found[1]) if found else 1


def _in_subnet(text: str, subnet: str, change: Callable[[str], str]) -> str:
    start, end = _block(text, subnet)
    return text[:start] + change(text[start:end]) + text[end:]


def _block(text: str, subnet: str) -> tuple[int, int]:
    """Return where the object of a subnet begins and ends; an empty place at the end where there is none."""
    opened: list[int] = []
    wanted = -1
    for token in _TOKEN.finditer(text):
        if token[0] == "{":
            opened.append(token.start())
        elif token[0] == "}" and opened:
            start = opened.pop()
            if start == wanted:
                return start, token.end()
        elif token[0] == '"subnet"' and opened and re.match(rf'\s*:\s*"{re.escape(subnet)}"', text[token.end() :]):
            wanted = opened[-1]
    return len(text), len(text)


def _in_object(block: str, key: str, value: str, other: str, new: str) -> str:
    """Change a value in the innermost object where ``key`` has ``value``."""
    named = re.compile(rf'\{{[^{{}}]*"{key}"\s*:\s*"{re.escape(value)}"[^{{}}]*\}}')
    return named.sub(lambda found: _with_value(found[0], other, new), block, count=1)


def _with_value(block: str, key: str, value: str) -> str:
    return re.sub(rf'("{key}"\s*:\s*){_STRING}', lambda found: f'{found[1]}"{value}"', block, count=1)
