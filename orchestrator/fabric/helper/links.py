"""The fabric's bridges and cables: one bridge per segment, one veth pair per host interface.

Everything here happens in the helper's own network namespace, except the far end of each veth, which is created
directly in the host's. Observers are plugged in without it (``rtnetlink``).
"""

from __future__ import annotations

import errno
import re
import subprocess
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .interface_names import bridge_name, port_name
from .iproute import IPRoute, NetlinkDumpInterrupted, NetlinkError

_OURS = re.compile("[sp][0-9a-f]{12}")
"""The names of bridges and of the fabric's ends of cables; an observer's is another, and goes with its process."""
_ROOT_HANDLE = 0x10000
_TRIES = 20
"""How often the list of interfaces is asked for while it changes."""
_ALL = 100
_TOLD, _LOOK = 1.0, 0.001
"""Seconds until a host's kernel has told of a lost carrier, which takes it some milliseconds; and between two looks."""
_BURST = 16_000
"""Bytes that a rate-limited cable lets through at once: a little over ten full frames."""


@dataclass(frozen=True)
class Port:
    """The state of one cable; ``rate`` in bits per second (0: unlimited), ``loss`` in percent of frames."""

    segment: str
    plugged: bool = True
    mtu: int = 1500
    rate: int = 0
    loss: int = 0

    def changed(self, **properties: Any) -> Port:
        """Return the port with the properties that are not None."""
        return replace(self, **{k: v for k, v in properties.items() if v is not None})


def prepare_namespace() -> None:
    """Make the fabric's namespace a plain switch: no IPv6 of its own, no packet filter on bridged frames."""
    for path, value in (
        ("/proc/sys/net/ipv6/conf/all/disable_ipv6", "1"),
        ("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1"),
        ("/proc/sys/net/bridge/bridge-nf-call-iptables", "0"),
        ("/proc/sys/net/bridge/bridge-nf-call-ip6tables", "0"),
        ("/proc/sys/net/bridge/bridge-nf-call-arptables", "0"),
    ):
        if Path(path).exists():
            Path(path).write_text(value)


class Links:
    """The bridges and cables of every instance."""

    def __init__(self) -> None:
        """Open a netlink socket in the current network namespace."""
        self._netlink = IPRoute()
        self._lossy = _lossy()

    def close(self) -> None:
        """Close the netlink socket."""
        self._netlink.close()

    def index(self, name: str) -> int | None:
        """Return the index of an interface, or None where there is none of that name."""
        found = self._netlink.link_lookup(ifname=name)
        return found[0] if found else None

    def strays(self, instances: set[str]) -> list[str]:
        """Return the names of what belongs to none of the instances, or is only half made.

        That is our interfaces, and the cables whose filter is still there after they are gone.
        """
        aliases = {link.get_attr("IFLA_IFNAME"): link.get_attr("IFLA_IFALIAS") or "" for link in self._all()}
        stray = [
            name
            for name, alias in aliases.items()
            if _OURS.fullmatch(name) and alias.partition("/")[0] not in instances
        ]
        return stray + sorted(self._lossy - aliases.keys()) if aliases else stray

    def _all(self) -> list[Any]:
        """Return all interfaces; none where they change faster than the kernel can tell them."""
        for _ in range(_TRIES):
            try:
                return list(self._netlink.get_links())
            except NetlinkDumpInterrupted:
                continue  # an interface came or went meanwhile
        return []

    def reaches(self, name: str, pid: int) -> bool:
        """Return whether a cable exists and ends in the network namespace of a process."""
        index = self.index(name)
        if index is None:
            return False
        try:
            link = self._netlink.get_links(index)[0]
        except NetlinkError as error:
            if error.code == errno.ENODEV:
                return False  # it goes just now, with the namespace that the host had before its restart
            raise
        there = self._netlink.get_netnsid(pid=pid)
        return bool(link.get_attr("IFLA_LINK_NETNSID") == there["nsid"])

    def ensure_bridge(self, instance: str, segment: str) -> int:
        """Return the index of a segment's bridge, which is made where it is missing."""
        name = bridge_name(instance, segment)
        index = self.index(name)
        if index is None:
            self._netlink.link(
                "add", ifname=name, kind="bridge", br_stp_state=0, br_forward_delay=0, br_mcast_snooping=0
            )
            index = self.index(name)
            self._netlink.link("set", index=index, state="up", ifalias=f"{instance}/{segment}")
        return int(index or 0)

    def plug_in(self, instance: str, host: str, interface: str, *, pid: int, mac: str, port: Port) -> None:
        """Make the cable of a host's interface; an old one of the same name is taken away first."""
        name = port_name(instance, host, interface)
        self.remove(name)
        self._netlink.link(
            "add", ifname=name, kind="veth", peer={"ifname": interface, "net_ns_pid": pid, "address": mac}
        )
        index = self.index(name)
        self._netlink.link("set", index=index, ifalias=f"{instance}/{host}/{interface}")
        self.apply(instance, host, interface, port)

    def apply(self, instance: str, host: str, interface: str, port: Port) -> None:
        """Bring a cable into a state.

        Raises:
            LookupError: the host has no such cable now.
        """
        name = port_name(instance, host, interface)
        index = self.index(name)
        message = f"{host} has no interface {interface}"
        if index is None:
            raise LookupError(message)
        bridge = self.ensure_bridge(instance, port.segment)
        try:
            self._bring(name, index, bridge, port)
        except NetlinkError as error:
            if error.code == errno.ENODEV:  # it goes just now, with its host's namespace
                raise LookupError(message) from error
            raise

    def _bring(self, name: str, index: int, bridge: int, port: Port) -> None:
        """Bring the fabric's end of a cable into a state."""
        if not port.plugged or self._netlink.get_links(index)[0].get_attr("IFLA_MASTER") not in (None, bridge):
            self._pull(index)
        self._netlink.link("set", index=index, master=bridge, mtu=port.mtu, state="up" if port.plugged else "down")
        self._limit(index, port.rate)
        self._lose(name, port.loss)

    def _pull(self, index: int) -> None:
        """Pull a cable, and wait until its host's kernel has told of it.

        The kernel tells of a carrier some time after it was lost, and not at all if it is back by then: a DHCP client
        would not notice that its cable leads elsewhere now.
        """
        self._netlink.link("set", index=index, state="down")
        near = self._netlink.get_links(index)[0]
        far = {"index": near.get_attr("IFLA_LINK"), "IFLA_IF_NETNSID": near.get_attr("IFLA_LINK_NETNSID")}
        deadline = time.monotonic() + _TOLD
        while self._is_up(far) and time.monotonic() < deadline:
            time.sleep(_LOOK)

    def _is_up(self, far: dict[str, int]) -> bool:
        """Return whether an interface of a host's is up as far as its kernel has told; not where it is gone."""
        try:
            return bool(self._netlink.link("get", **far)[0].get_attr("IFLA_OPERSTATE") == "UP")
        except NetlinkError as error:
            if error.code not in {errno.ENODEV, errno.EINVAL}:  # the host has just ended, with its network
                raise
            return False

    def _limit(self, index: int, rate: int) -> None:
        if rate:
            self._netlink.tc(
                "replace", "tbf", index, _ROOT_HANDLE, rate=max(1, rate // 8), latency="200ms", burst=_BURST
            )
            return
        try:
            self._netlink.tc("del", index=index, handle=_ROOT_HANDLE)
        except NetlinkError as error:
            if error.code not in {2, 22}:  # ENOENT, EINVAL: there was no limit
                raise

    def _lose(self, name: str, percent: int) -> None:
        """Drop a share of the frames of a cable in both directions (a kernel without netem has nftables)."""
        if not percent and name not in self._lossy:
            return
        table = f"table bridge loss_{name}"
        rules = f"{table} {{}}\ndelete {table}\n"
        if percent:
            share = "" if percent == _ALL else f"numgen random mod {_ALL} < {percent} "
            rules += f"{table} {{ chain c {{ type filter hook forward priority 0;\n"
            rules += "".join(f'{end} "{name}" {share}drop\n' for end in ("iifname", "oifname")) + "}\n}\n"
        done = subprocess.run(["nft", "-f", "-"], input=rules.encode(), check=False, capture_output=True)
        if done.returncode:
            message = f"nft: {done.stderr.decode(errors='replace').strip()}"
            raise OSError(message)
        (self._lossy.add if percent else self._lossy.discard)(name)

    def remove(self, name: str) -> None:
        """Remove an interface with its filter; one that is not there, or goes with its namespace now, is no error."""
        index = self.index(name)
        if index is not None:
            try:
                self._netlink.link("del", index=index)
            except NetlinkError as error:
                if error.code != errno.ENODEV:
                    raise
        self._lose(name, 0)

    def forget(self, instance: str, segments: set[str], ports: set[tuple[str, str]]) -> None:
        """Remove the bridges and the fabric's ends of the cables of an instance."""
        for host, interface in ports:
            self.remove(port_name(instance, host, interface))
        for segment in segments:
            self.remove(bridge_name(instance, segment))


def _lossy() -> set[str]:
    """Return the cables that a filter takes frames from: a helper that was killed may have left some."""
    try:
        tables = subprocess.run(["nft", "list", "tables", "bridge"], check=False, capture_output=True).stdout
    except OSError:
        return set()
    return {name.decode() for name in re.findall(rb"loss_(p[0-9a-f]{12})", tables)}
