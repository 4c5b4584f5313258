"""The list of interfaces, on a machine where they come and go meanwhile; and the filters that take frames away."""

from __future__ import annotations

import errno
import re
import subprocess
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.fabric.conftest import NetlinkError

if TYPE_CHECKING:
    from tests.unit.fabric.conftest import Modules


STRAYS = ["s0123456789ab", "p00000000dead"]
"""A segment's bridge of a lab that is gone; a cable that is, whose filter is not."""


class Link:
    def __init__(self, name: str, alias: str) -> None:
        self._attributes = {"IFLA_IFNAME": name, "IFLA_IFALIAS": alias}

    def get_attr(self, key: str) -> str:
        return self._attributes[key]


class Netlink:
    """Is interrupted some times before it tells."""

    def __init__(self, interruption: type[Exception], times: int) -> None:
        self._interruption, self._left = interruption, times

    def get_links(self) -> list[Any]:
        self._left -= 1
        if self._left >= 0:
            raise self._interruption
        return [Link("s0123456789ab", "gone/office"), Link("p0123456789ab", "here/pc1/eth0"), Link("o77", "")]


class Filters:
    """The kernel's tables that take frames away, as nft lists and changes them."""

    def __init__(self, cables: set[str]) -> None:
        self.cables = cables

    def __call__(self, command: list[str], input: bytes = b"", **_: object) -> SimpleNamespace:  # noqa: A002 (subprocess's name)
        if command == ["nft", "list", "tables", "bridge"]:
            tables = "".join(f"table bridge loss_{name}\n" for name in sorted(self.cables))
            return SimpleNamespace(returncode=0, stdout=b"table bridge of_somebody_else\n" + tables.encode())
        assert command == ["nft", "-f", "-"]
        for action, name in re.findall(r"(delete )?table bridge loss_(\w+)", input.decode()):
            (self.cables.discard if action else self.cables.add)(name)
        return SimpleNamespace(returncode=0, stderr=b"")


@pytest.mark.parametrize(("times", "strays"), [(0, STRAYS), (3, STRAYS), (1000, [])])
def test_an_interrupted_list_is_asked_for_again_and_never_ends_the_helper(
    modules: Modules, monkeypatch: pytest.MonkeyPatch, times: int, strays: list[str]
) -> None:
    monkeypatch.setattr(modules.links, "IPRoute", lambda: Netlink(modules.links.NetlinkDumpInterrupted, times))
    monkeypatch.setattr(modules.links.subprocess, "run", Filters({"p0123456789ab", "p00000000dead"}))
    assert modules.links.Links().strays({"here"}) == strays


class Cable(Netlink):
    """One cable, until it is deleted; ``done`` notes what becomes of it, ``far`` how its host's end is seen in turn."""

    def __init__(self, name: str) -> None:
        self.names = [name]
        self.master: int | None = None
        self.done: list[str] = []
        self.far: list[str] = []

    def link_lookup(self, ifname: str) -> list[int]:
        return [7] if ifname in self.names else []

    def get_links(self, *_: int) -> list[Any]:
        attributes = {"IFLA_MASTER": self.master, "IFLA_LINK": 2, "IFLA_LINK_NETNSID": 4}
        return [SimpleNamespace(get_attr=attributes.get)]

    def link(self, command: str, **asked: Any) -> list[Any]:  # noqa: ANN401
        if command == "get":
            assert asked == {"index": 2, "IFLA_IF_NETNSID": 4}, "the end in the host's network"
            state = self.far.pop(0)
            self.done.append(f"seen {state}")
            return [SimpleNamespace(get_attr={"IFLA_OPERSTATE": state}.get)]
        if command == "del":
            self.names.clear()
        if command == "set":
            self.master = asked.get("master", self.master)
            self.done.append(f"{asked['state']} in {self.master}")
        return []

    def tc(self, *_: object, **__: object) -> None:
        pass


@pytest.fixture
def filters(modules: Modules, monkeypatch: pytest.MonkeyPatch) -> Filters:
    """A killed helper has left the cable of pc1 losing frames."""
    made = Filters({modules.links.port_name("demo", "pc1", "eth0")})
    monkeypatch.setattr(modules.links.subprocess, "run", made)
    return made


def test_a_cable_that_a_killed_helper_left_losing_frames_loses_none_any_more(
    modules: Modules, monkeypatch: pytest.MonkeyPatch, filters: Filters
) -> None:
    name = modules.links.port_name("demo", "pc1", "eth0")
    monkeypatch.setattr(modules.links, "IPRoute", lambda: Cable(name))
    links = modules.links.Links()
    monkeypatch.setattr(links, "ensure_bridge", lambda *_: 8)
    links.apply("demo", "pc1", "eth0", modules.links.Port("office"))
    assert filters.cables == set(), "its recorded state says no loss"
    links.apply("demo", "pc1", "eth0", modules.links.Port("office", loss=30))
    assert filters.cables == {name}
    links.forget("demo", set(), {("pc1", "eth0")})
    assert filters.cables == set()


@pytest.fixture
def cable(modules: Modules, monkeypatch: pytest.MonkeyPatch) -> Cable:
    """Return the cable of pc1, in a segment whose bridge has the number 8."""
    made = Cable(modules.links.port_name("demo", "pc1", "eth0"))
    made.master = 8
    monkeypatch.setattr(modules.links, "IPRoute", lambda: made)
    monkeypatch.setattr(modules.links.subprocess, "run", Filters(set()))
    monkeypatch.setattr(
        modules.links.Links, "ensure_bridge", lambda _self, _lab, segment: {"office": 8, "x": 9}[segment]
    )
    return made


@pytest.mark.parametrize(
    ("port", "done"),
    [
        ({"segment": "x"}, ["down in 8", "seen UP", "seen DOWN", "up in 9"]),
        ({"segment": "office", "plugged": False}, ["down in 8", "seen UP", "seen DOWN", "down in 8"]),
        ({"segment": "office", "mtu": 1400}, ["up in 8"]),
    ],
    ids=["moved", "unplugged", "as it was"],
)
def test_a_host_has_told_of_the_lost_carrier_before_its_cable_is_elsewhere(
    modules: Modules, cable: Cable, port: dict[str, Any], done: list[str]
) -> None:
    cable.far = ["UP", "DOWN"]
    modules.links.Links().apply("demo", "pc1", "eth0", modules.links.Port(**port))
    assert cable.done == done


def test_a_host_that_tells_nothing_is_not_waited_for_long(
    modules: Modules, cable: Cable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(modules.links, "_TOLD", 0.0)
    cable.far = ["UP"] * 10_000
    modules.links.Links().apply("demo", "pc1", "eth0", modules.links.Port("x"))
    assert cable.done[-1] == "up in 9"
    assert cable.far


@pytest.mark.parametrize(("code", "told"), [(errno.ENODEV, LookupError), (errno.EPERM, NetlinkError)])
def test_a_cable_that_goes_while_it_is_set_is_no_cable(
    modules: Modules, cable: Cable, monkeypatch: pytest.MonkeyPatch, code: int, told: type[Exception]
) -> None:
    def gone(*_: int) -> list[Any]:
        raise modules.links.NetlinkError(code)

    monkeypatch.setattr(cable, "get_links", gone)
    with pytest.raises(told):
        modules.links.Links().apply("demo", "pc1", "eth0", modules.links.Port("x"))


def test_a_filter_outlives_its_cable_only_until_the_next_look(
    modules: Modules, monkeypatch: pytest.MonkeyPatch, filters: Filters
) -> None:
    monkeypatch.setattr(modules.links, "IPRoute", lambda: Cable("eth9"))
    links = modules.links.Links()
    monkeypatch.setattr(links, "_all", lambda: [Link("lo", "")])
    (stray,) = links.strays({"demo"})
    links.remove(stray)
    assert filters.cables == set()
    assert links.strays({"demo"}) == []


@pytest.mark.parametrize("trouble", [OSError("Cannot allocate memory"), None], ids=["no nft", "no nftables"])
def test_without_filters_there_is_nothing_to_take_over(
    modules: Modules, monkeypatch: pytest.MonkeyPatch, trouble: OSError | None
) -> None:
    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[bytes]:
        if trouble:
            raise trouble
        return subprocess.CompletedProcess(command, 1, b"", b"Error: Could not process rule: Operation not supported")

    monkeypatch.setattr(modules.links.subprocess, "run", run)
    monkeypatch.setattr(modules.links, "IPRoute", lambda: Cable("eth9"))
    links = modules.links.Links()
    monkeypatch.setattr(links, "_all", lambda: [Link("lo", "")])
    assert links.strays(set()) == []
