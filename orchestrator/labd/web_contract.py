"""What labd and the portal say to each other about the web pages of a lab's hosts.

``/v1/web/LAB/HOST?name=…&port=…`` is a WebSocket: a TCP connection from within a host of a lab. labd first says by a
text how that went (``PageOpening``); where it is open, bytes follow in both directions.
``/v1/seat-web/PHASE/PLACE/HOST`` is the same for a candidate at their seat, by the place of one of their scenarios. It
is closed as their terminals are (``seat_terminal_contract``).
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Final, Literal

PageState = Literal["open", "no-name", "refused", "no-answer", "no-way", "host-down", "frozen", "shut"]
"""What becomes of a connection: it is open; the host knows no such name; nobody listens there; nobody answers in time;
no network leads there; the host that connects does not run; the lab is frozen, and this is no act of somebody's; the
time of the candidate at whose seat it is asked for does not run."""

HIGHEST_PORT: Final = 65535
NAME: Final = re.compile(r"(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*")
"""What a host's name or IPv4 address looks like, whole and in small letters: it becomes a word of a command."""
_MAPPED: Final = ipaddress.IPv6Network("::ffff:0:0/96")
_OF_A_LINK: Final = ipaddress.IPv6Network("fe80::/10")


def address_of(text: str) -> str:
    """Return an address in its usual form, an IPv6 one without brackets; empty: it is none that can be connected to.

    An address of a link (fe80::) says nothing without its link, which no address of a page names.
    """
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return ""
    if isinstance(found, ipaddress.IPv6Address) and (found.scope_id or found in _OF_A_LINK or found in _MAPPED):
        return ""
    return str(found)


def is_site(text: str) -> bool:
    """Return whether something is the name of a site, or its address in its usual form."""
    return NAME.fullmatch(text) is not None or bool(text and address_of(text) == text)


@dataclass(frozen=True)
class PageOpening:
    """How a connection went.

    Attributes:
        state: what became of it.
        yours: whether the lab is the caller's own; who only looks sends nothing that changes anything.
        address: the address that was connected to; empty where the name has none.
        authorities: certificates that the host trusts, PEM; empty where they were not asked for, or there are none.
    """

    state: PageState
    yours: bool
    address: str = ""
    authorities: str = ""
