"""What stands around a firewall, without which its rules do not say what passes: its interfaces and its addresses."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from operator import and_, or_
from typing import Final, Literal

from grader.packet_sets import ALL, ANY, HIGHEST, NONE, Dimension, PacketSet, Side, joined, packets, without

Family = Literal[4, 6]

ITSELF: Final = 0
"""The number of the interface by which nothing arrives or leaves: the packet is the firewall's own, or for it."""
UNICAST: Final[Mapping[Family, Side]] = {4: ((0, (224 << 24) - 1),), 6: ((0, (255 << 120) - 1),)}


def interval(text: str) -> tuple[int, int]:
    """Return an address or a network as the interval of its numbers.

    Raises:
        ValueError: it is neither.
    """
    network = ipaddress.ip_network(text, strict=False)
    return int(network.network_address), int(network.broadcast_address)


@dataclass(frozen=True)
class Firewall:
    """A firewall in its place: from where and to where packets can pass it.

    Only packets count that can come: with a source that is behind the interface by which they arrive
    (the kernel's ``rp_filter`` sees to that), and to one host, not to many.

    Attributes:
        interfaces: each interface by name, with the networks behind it; without any, all that is behind no other.
        addresses: the firewall's own addresses.
    """

    interfaces: Mapping[str, Sequence[str]]
    addresses: Sequence[str]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The interfaces' names, the one with the number ``ITSELF`` without any."""
        return ("", *self.interfaces)

    def own(self, family: Family) -> Side:
        """Return the firewall's own addresses."""
        return joined(interval(one) for one in _of(family, self.addresses))

    def behind(self, name: str, family: Family) -> Side:
        """Return the addresses that hosts behind an interface may have."""
        ends: list[tuple[int, int]] = []
        for network in _of(family, self.interfaces[name]):
            low, high = interval(network)
            ends += [(low, low), (high, high)] if family == 4 and high - low > 1 else []  # noqa: PLR2004 (RFC 3021)
        if self.interfaces[name]:
            side = joined(interval(one) for one in _of(family, self.interfaces[name]))
        else:
            others = [one for networks in self.interfaces.values() for one in _of(family, networks)]
            side = without(UNICAST[family], joined(map(interval, others)))
        return without(without(side, joined(ends)), self.own(family))

    def place(self, name: str, family: Family) -> Side:
        """Return the addresses of what is behind an interface; those of the firewall itself for an empty name."""
        return self.behind(name, family) if name else self.own(family)

    def arriving(self, family: Family) -> PacketSet:
        """Return the packets that can arrive."""
        found = NONE
        for number, name in enumerate(self.names):
            if name:
                found |= packets(arrives=((number, number),), source=self.behind(name, family))
        return found

    def routed(self, family: Family) -> PacketSet:
        """Return the packets that the firewall passes on, by the interface that leads to their destination."""
        found = NONE
        for number, name in enumerate(self.names):
            if name:
                found |= packets(leaves=((number, number),), destination=self.behind(name, family))
        return found


def _of(family: Family, texts: Iterable[str]) -> list[str]:
    return [text for text in texts if (":" in text) == (family == 6)]  # noqa: PLR2004 (IPv6)


_PORTS: Final = 65537


@dataclass(frozen=True)
class Translation:
    """What a packet is addressed to in place of what its sender wrote; ``None`` leaves it."""

    address: int | Literal["itself", "unknown"] | None = None
    port: int | None = None

    @property
    def number(self) -> int:
        """The translation in the dimension of that name, where 0 is none."""
        words = {None: 0, "itself": 1, "unknown": 2}
        place = self.address + 3 if isinstance(self.address, int) else words[self.address]
        return 1 + place * _PORTS + (0 if self.port is None else self.port + 1)

    @classmethod
    def of(cls, number: int) -> Translation:
        """Return the translation with a number."""
        place, port = divmod(number - 1, _PORTS)
        named: tuple[int | Literal["itself", "unknown"] | None, ...] = (None, "itself", "unknown")
        return cls(named[place] if place < len(named) else place - len(named), port - 1 if port else None)

    def backwards(self, translated: PacketSet, own: Side, *, surely: bool) -> PacketSet:
        """Return the packets that this translation makes those of a set, as their senders wrote them.

        One that changes nothing is none: conntrack does not call such a packet translated.

        Args:
            translated: the set.
            own: the firewall's own addresses, of which ``itself`` means one.
            surely: whether only those count that become some of the set whatever is not known of the translation.
        """
        found = NONE
        for meant, asked, change in self._parts(own, surely=surely):
            led = self._led(translated, change, own, surely=surely)
            found |= led & packets(destination=meant, port=asked, translation=((change, change),))
        return found

    def _parts(self, own: Side, *, surely: bool) -> list[tuple[Side, Side, int]]:
        """Return what senders may have written, each as destinations and ports, with the change that is made of it."""
        if self.address == "unknown":
            return [] if surely else [(ANY, ANY, self.number), (ANY, ANY, 0)]
        addresses: list[tuple[Side, int | Literal["itself", "unknown"] | None]] = [(ANY, self.address)]
        if isinstance(self.address, int):
            same: Side = ((self.address, self.address),)
            addresses = [(without(ANY, same), self.address), (same, None)]
        elif self.address == "itself":
            addresses = [(without(ANY, own), "itself")] if surely else [(ANY, "itself"), (own, None)]
        ports: list[tuple[Side, int | None]] = [(ANY, None)]
        if self.port is not None:
            same = ((self.port, self.port),)
            ports = [(without(ANY, same), self.port), (same, None)]
        return [
            (meant, asked, Translation(address, port).number if (address, port) != (None, None) else 0)
            for meant, address in addresses
            for asked, port in ports
        ]

    def _led(self, translated: PacketSet, change: int, own: Side, *, surely: bool) -> PacketSet:
        """Return the packets that a change makes those of a set, whatever their senders wrote in its place."""
        how: Side = ((1, HIGHEST),) if change else ((0, 0),)
        found = (translated & packets(translation=how)).whatever(Dimension.TRANSLATION)
        if not change:
            return found
        if self.port is not None:
            found = (found & packets(port=((self.port, self.port),))).whatever(Dimension.PORT)
        if self.address == "unknown":
            return found.whatever(Dimension.DESTINATION, Dimension.PORT)
        if self.address == "itself":
            each = [(found & packets(destination=((n, n),))).whatever(Dimension.DESTINATION) for n in _numbers(own)]
            return reduce(and_ if surely else or_, each, ALL if surely else NONE)
        if self.address is not None:
            found = (found & packets(destination=((self.address,) * 2,))).whatever(Dimension.DESTINATION)
        return found


def _numbers(side: Side) -> Iterator[int]:
    for low, high in side:
        yield from range(low, high + 1)
