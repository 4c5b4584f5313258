"""A security policy as data, and what a firewall lets pass besides it, or does not: compared whole, not by probes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, summarize_address_range
from typing import TYPE_CHECKING, Final

from grader.bilingual import reason
from grader.errors import unreadable
from grader.firewall_place import ITSELF, UNICAST, Family, Firewall, Translation, interval
from grader.nftables_matches import PROTOCOLS
from grader.nftables_passage import Passage, lets_pass
from grader.packet_sets import (
    ANY,
    HIGHEST,
    NONE,
    Box,
    Dimension,
    PacketSet,
    Side,
    TooManyPartsError,
    common,
    joined,
    packets,
    without,
)

if TYPE_CHECKING:
    import testinfra.host

Place = tuple[str, ...]
"""An interface with addresses or networks behind it; without any, all of them. Without an interface: the firewall."""

NOWHERE: Final = (
    *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24"),
    *("192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24"),
    *("::/8", "fc00::/7", "fe80::/10", "2001:db8::/32"),
)
"""What nobody has on the Internet: a firewall may refuse it, where the policy allows all of the Internet."""
CLIENT_PORTS: Final[Side] = ((1024, 65535),)
"""From where a client asks: a firewall may refuse others."""
COMPARED: Final = ("dnat", "redirect", "snat", "masquerade")
"""Alterations that the comparison follows, or that only hide who asks."""
_SHOWN: Final = 4
"""How many intervals of one side are shown."""


@dataclass(frozen=True)
class Allowed:
    """One line of a policy: who may open a connection to whom.

    Attributes:
        source: from where; see ``Place``.
        target: to where; see ``Place``.
        protocol: ``tcp``, ``udp`` or ``icmp``, as nftables names it.
        ports: the ports, or for ICMP the types; without any, all of them.
        by: the address that the source asks for in place of the target's, if the firewall publishes it.
        required: whether it has to pass; otherwise it may.
    """

    source: Place
    target: Place
    protocol: str
    ports: tuple[int, ...] = ()
    by: str = ""
    required: bool = True

    def packets(self, firewall: Firewall, family: Family = 4) -> PacketSet:
        """Return the packets that the line allows."""
        leaves, target = _of_place(firewall, self.target, family)
        arrives, source = _of_place(firewall, self.source, family)
        numbers = joined((port, port) for port in self.ports) if self.ports else ANY
        is_icmp = self.protocol.startswith("icmp")
        translation: Side = ((0, 0),)
        if self.by:
            ((address, _),) = target
            translation = ((Translation(address).number,) * 2,)
        return packets(
            arrives=arrives,
            leaves=leaves,
            source=source,
            destination=(interval(self.by),) if self.by else target,
            protocol=((PROTOCOLS[self.protocol],) * 2,),
            port=ANY if is_icmp else numbers,
            icmp_type=numbers if is_icmp else ANY,
            translation=translation,
        )


def _of_place(firewall: Firewall, place: Place, family: Family) -> tuple[Side, Side]:
    name, *addresses = place or ("",)
    number = firewall.names.index(name)
    side = firewall.place(name, family)
    if addresses:
        side = common(side, joined(interval(one) for one in addresses))
    return ((number, number),), side


def departures(
    passage: Passage, firewall: Firewall, policy: Sequence[Allowed], family: Family = 4
) -> tuple[PacketSet, PacketSet]:
    """Return the packets that may pass against a policy, and those that it requires and that may not pass.

    What the firewall itself sends counts only if the policy speaks of it.

    Args:
        passage: what the rules let pass.
        firewall: the firewall in its place.
        policy: the lines; what is not written in them is forbidden.
        family: the packets' IP version.
    """
    allowed = required = NONE
    for line in policy:
        meant = line.packets(firewall, family)
        allowed |= meant
        required |= meant if line.required else NONE
    first = ITSELF if any(not line.source or not line.source[0] for line in policy) else ITSELF + 1
    counted = packets(arrives=((first, HIGHEST),))
    nowhere = _nowhere(family)
    for number, name in enumerate(firewall.names):
        if name and not firewall.interfaces[name]:
            place: Side = ((number, number),)
            required -= packets(arrives=place, source=nowhere) | packets(leaves=place, destination=nowhere)
    return (passage.may & counted) - allowed, (required & packets(source_port=CLIENT_PORTS)) - passage.sure


def _nowhere(family: Family) -> Side:
    return joined(interval(one) for one in NOWHERE if (":" in one) == (family == 6))  # noqa: PLR2004 (IPv6)


def policy_differences(
    host: testinfra.host.Host,
    firewall: Firewall,
    policy: Sequence[Allowed],
    alterations: Sequence[str] = COMPARED,
) -> str:
    """Return in words (``reason``) how a firewall's rules depart from a policy, or an empty text.

    The rules are read, and all packets of IPv4 compared that can come. Rules that are written otherwise but let the
    same packets pass are the same. What a rule means that is not understood (a limit, a mark) counts against it.

    Args:
        host: the firewall, which needs nftables.
        firewall: what stands around it.
        policy: the lines; what is not written in them is forbidden.
        alterations: the statements that may change packets, by nft's keyword.

    Raises:
        ObservationError: nft does not list its rules.
    """
    command = "nft -j list ruleset"
    listing = host.check_output(command)
    try:
        passage = lets_pass(listing, firewall)
        more, less = departures(passage, firewall, policy)
        said = [_in_words(more, firewall, _more), _in_words(less, firewall, _less)]
    except TooManyPartsError as problem:
        return reason(fr=problem.text.fr, en=problem.text.en)
    except (ValueError, LookupError, TypeError, AttributeError) as problem:
        raise unreadable(host.backend.hostname, command, listing) from problem
    altered = [f"{place}: {what}" for place, what in passage.alterations if what not in alterations]
    if altered:
        shown = ", ".join(altered)
        said.append(reason(fr=f"des règles changent des paquets ({shown})", en=f"rules change packets ({shown})"))
    if any(said) and passage.not_understood:
        shown = ", ".join(f"{place}: {what}" for place, what in passage.not_understood)
        said.append(
            reason(
                fr=f"ce que la comparaison n'interprète pas compte contre ces règles ({shown})",
                en=f"what the comparison does not understand counts against these rules ({shown})",
            )
        )
    return "; ".join(one for one in said if one)


def _more(shown: str) -> str:
    return reason(
        fr=f"les règles laissent passer plus que la politique : {shown}",
        en=f"the rules let more pass than the policy: {shown}",
    )


def _less(shown: str) -> str:
    return reason(
        fr=f"les règles laissent passer moins que la politique : {shown}",
        en=f"the rules let less pass than the policy: {shown}",
    )


def _in_words(found: PacketSet, firewall: Firewall, said: Callable[[str], str]) -> str:
    return said(described(found, firewall)) if found else ""


def described(found: PacketSet, firewall: Firewall, most: int = 4, family: Family = 4) -> str:
    """Return a set in words (``reason``), the same for the same set, and of many parts the first.

    Args:
        found: the packets.
        firewall: the firewall in its place, which gives interfaces their names.
        most: how many parts are shown.
        family: the packets' IP version.
    """
    parts = list(dict.fromkeys(_part(box, firewall, family) for box in found.boxes()))
    rest = len(parts) - most
    more = [reason(fr=f"et {rest} autre{'s' * (rest > 1)}", en=f"and {rest} more")] if rest > 0 else []
    return "; ".join([*parts[:most], *more])


def _part(box: Box, firewall: Firewall, family: Family) -> str:
    source = _end(box[Dimension.ARRIVES], box[Dimension.SOURCE], firewall, family)
    change = _change(box[Dimension.TRANSLATION], family)
    if change:
        everybody = reason(fr="toute adresse", en="any address")
        target = f"{_among(UNICAST[family], box[Dimension.DESTINATION], family, everybody)} {change}"
    else:
        target = _end(box[Dimension.LEAVES], box[Dimension.DESTINATION], firewall, family)
    words = [f"{source} → {target}", _protocol(box)]
    if box[Dimension.SOURCE_PORT] not in {ANY, CLIENT_PORTS}:
        shown = _numbers(box[Dimension.SOURCE_PORT])
        words.append(reason(fr=f"depuis le port {shown}", en=f"from port {shown}"))
    return ", ".join(words)


def _end(interfaces: Side, addresses: Side, firewall: Firewall, family: Family) -> str:
    """Return one end of a connection: its interfaces, and the addresses if they are not all behind one."""
    named = [name for number, name in enumerate(firewall.names) if common(interfaces, ((number, number),))]
    shown = "/".join(name or reason(fr="le pare-feu", en="the firewall") for name in named)
    place = joined(interval for name in named for interval in firewall.place(name, family))
    if any(name and not firewall.interfaces[name] for name in named):
        place, addresses = without(place, _nowhere(family)), without(addresses, _nowhere(family)) or addresses
    return _among(place, addresses, family, shown, shown)


def _among(place: Side, addresses: Side, family: Family, named: str, before: str = "") -> str:
    """Return addresses in words: as a place, as a place without a few, or one by one with a word before them."""
    missing = without(place, addresses)
    if not missing:
        return named
    if len(missing) < len(addresses):
        return f"{named} {_but(_addresses(missing, family))}"
    return f"{before} {_addresses(addresses, family)}".lstrip()


def _but(shown: str) -> str:
    return reason(fr=f"sauf {shown}", en=f"but {shown}")


def _addresses(side: Side, family: Family) -> str:
    return _listed(side, lambda low, high: _network(low, high, family))


def _network(low: int, high: int, family: Family) -> str:
    """Return an interval of addresses: a network by its prefix, also without the two that no host has."""
    bits = {4: 32, 6: 128}[family]
    for begin, end in ((low, high), (low - 1, high + 1)):
        if begin >= 0 and end < 1 << bits and (begin, end) != (low - 1, low + 1):
            whole = list(summarize_address_range(_address(begin, bits), _address(end, bits)))
            if len(whole) == 1:
                return str(whole[0]).removesuffix(f"/{bits}")
    return f"{_address(low, bits)}-{_address(min(high, (1 << bits) - 1), bits)}"


def _address(number: int, bits: int) -> IPv4Address | IPv6Address:
    return ip_address(number.to_bytes(bits // 8, "big"))


def _change(translation: Side, family: Family) -> str:
    """Return in words what becomes of a destination."""
    if translation is ANY or translation[0][0] == 0:
        return ""
    change = Translation.of(translation[0][0])
    if change.address is None:
        shown = reason(fr="la même adresse", en="the same address")
    elif isinstance(change.address, int):
        shown = _network(change.address, change.address, family)
    else:
        shown = {
            "itself": reason(fr="le pare-feu", en="the firewall"),
            "unknown": reason(fr="une autre adresse", en="another address"),
        }[change.address]
    port = f":{change.port}" if change.port is not None else ""
    return reason(fr=f"(traduit vers {shown}{port})", en=f"(translated to {shown}{port})")


def _protocol(box: Box) -> str:
    names = {number: name for name, number in PROTOCOLS.items()}
    everything = reason(fr="tout protocole", en="any protocol")
    protocol = _numbers(box[Dimension.PROTOCOL], names)
    if not protocol or box[Dimension.PROTOCOL][-1][1] == HIGHEST:
        protocol = f"{everything} {protocol}".rstrip()
    ports, types = (_numbers(box[one]) for one in (Dimension.PORT, Dimension.ICMP_TYPE))
    return " ".join(one for one in (protocol, ports, types) if one)


def _numbers(side: Side, names: Mapping[int, str] | None = None) -> str:
    """Return numbers in words; those that reach without end as what they lack, and nothing for all."""

    def shown(low: int, high: int) -> str:
        return (names or {}).get(low, str(low)) if low == high else f"{low}-{high}"

    if side is ANY:
        return ""
    if side[-1][1] == HIGHEST:
        return _but(_listed(without(ANY, side), shown))
    return _listed(side, shown)


def _listed(side: Side, shown: Callable[[int, int], str]) -> str:
    return ",".join([shown(low, high) for low, high in side[:_SHOWN]] + ["…"] * (len(side) > _SHOWN))
