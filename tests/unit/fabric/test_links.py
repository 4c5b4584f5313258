"""The list of interfaces, on a machine where they come and go meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.unit.fabric.conftest import Modules


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


@pytest.mark.parametrize(("times", "strays"), [(0, ["s0123456789ab"]), (3, ["s0123456789ab"]), (1000, [])])
def test_an_interrupted_list_is_asked_for_again_and_never_ends_the_helper(
    modules: Modules, monkeypatch: pytest.MonkeyPatch, times: int, strays: list[str]
) -> None:
    monkeypatch.setattr(modules.links, "IPRoute", lambda: Netlink(modules.links.NetlinkDumpInterrupted, times))
    assert modules.links.Links().strays({"here"}) == strays
