"""The addresses that observers have on a segment: nobody can tell beforehand which one will ask."""

from __future__ import annotations

import contextlib
import ipaddress
import random
import socket
from collections.abc import Iterator
from itertools import islice

from grader.errors import ObservationError
from grader.facts import LabFacts
from grader.polling import eventually
from orchestrator.core.text import Text

_FEWEST, _MOST, _SHARE = 16, 64, 5
"""How many addresses of a segment observers share: the top fifth of a subnet, where no DHCP server hands any out."""
_ADDRESS_WAIT = 20.0
"""Seconds until an address must be free; the graders run eight checks at once."""
_DRAW = random.SystemRandom()


def observer_addresses(facts: LabFacts, segment: str) -> tuple[str, ...]:
    """Return addresses for observers, from the top of the subnet, that plan and variant do not use."""
    network = ipaddress.IPv4Network(facts.segments[segment])
    taken = {i.address for interfaces in facts.hosts.values() for i in interfaces}
    taken |= {v.partition("/")[0] for v in facts.values.values() if isinstance(v, str)}
    top, bottom = int(network.broadcast_address) - 1, int(network.network_address)
    free = (str(ipaddress.IPv4Address(n)) for n in range(top, bottom, -1))
    count = min(_MOST, max(_FEWEST, network.num_addresses // _SHARE))
    return tuple(f"{address}/{network.prefixlen}" for address in islice((a for a in free if a not in taken), count))


@contextlib.contextmanager
def observer_address(facts: LabFacts, segment: str) -> Iterator[str]:
    """Reserve an address, drawn at random, among all gradings on this machine; the kernel frees it whatever happens.

    It is reserved in the subnet, because a switch may join several segments to one.
    """
    addresses, subnet = list(observer_addresses(facts, segment)), facts.segments[segment]
    _DRAW.shuffle(addresses)

    def reserved() -> tuple[socket.socket, str] | None:
        for address in addresses:
            lock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            try:
                lock.bind(f"\0breakfix-observer/{facts.instance}/{subnet}/{address}")
            except OSError:
                lock.close()
            else:
                return lock, address
        return None

    try:
        lock, address = eventually(reserved, within=_ADDRESS_WAIT if addresses else 0.0, every=0.02)
    except AssertionError:
        raise ObservationError(
            Text(
                fr=f"Aucune adresse libre pour observer le segment {segment}.",
                en=f"No free address to observe the segment {segment} from.",
            )
        ) from None
    with lock:
        yield address
