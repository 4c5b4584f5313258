"""A unit starts with its host where a boot comes past it, whatever systemd calls it."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from grader.host_inspector import HostInspector
from grader.testinfra_modules.boot import starts_at_boot
from orchestrator.fabric.fabric_interface import HostRef
from tests.fakes.fabric import FakeFabric


class Host:
    """A host whose units and links a test writes."""

    def __init__(self) -> None:
        self._fabric = FakeFabric()
        self._sight = HostInspector(self._fabric, HostRef("lab", "web"), lambda *_args, **_more: None)

    def unit(self, name: str, state: str, *, wanted_by: Sequence[str] = (), names: Sequence[str] = ()) -> None:
        known = {"file_state": state, "Id": name, "Names": [name, *names], "WantedBy": list(wanted_by)}
        for one in (name, *names):
            self._fabric.on(f"unit {one}", stdout=json.dumps(known))

    def links(self, folder: str, *paths: str) -> None:
        rows = [{"path": path, "kind": "symlink"} for path in paths]
        self._fabric.on(f"look tree {folder}", stdout=json.dumps(rows))

    def starts(self, unit: str) -> bool:
        return starts_at_boot(self._sight, unit)


@pytest.fixture
def host() -> Host:
    return Host()


@pytest.mark.parametrize("folder", ["/etc/systemd/system", "/usr/lib/systemd/system"])
@pytest.mark.parametrize("link", ["multi-user.target.wants/x.service", "sockets.target.requires/x.service"])
def test_a_link_that_lasts_below_what_boots_reach(host: Host, folder: str, link: str) -> None:
    host.unit("x.service", "enabled")
    assert not host.starts("x.service"), "systemd's word alone is none"
    host.links(folder, "other.target.wants/y.service", link)
    assert host.starts("x.service")


def test_a_link_below_what_no_boot_reaches(host: Host) -> None:
    host.unit("x.service", "enabled", wanted_by=["multi-user.target"])  # as it was loaded, before the link was moved
    host.links("/etc/systemd/system", "nowhere.target.wants/x.service", "nowhere.target")
    assert not host.starts("x.service")


def test_a_link_until_the_next_boot(host: Host) -> None:
    host.unit("x.service", "enabled-runtime", wanted_by=["multi-user.target"])
    host.links("/run/systemd/system", "multi-user.target.wants/x.service")
    assert not host.starts("x.service")
    host.links("/run/systemd/system")
    assert host.starts("x.service"), "a generator makes such links again at each boot"


@pytest.mark.parametrize(
    ("default", "reached"),
    [
        ("graphical.target", {"graphical.target", "multi-user.target"}),
        ("multi-user.target", {"multi-user.target"}),
        ("kiosk.target", {"kiosk.target"}),
        ("rescue.target", set()),
    ],
)
def test_what_the_host_boots_into_decides(host: Host, default: str, reached: set[str]) -> None:
    host.unit(default, "static", names=["default.target"])
    host.unit("x.service", "enabled")
    for target in ("graphical.target", "multi-user.target", "kiosk.target"):
        host.links("/etc/systemd/system", f"{target}.wants/x.service")
        assert host.starts("x.service") == (target in reached)


def test_a_default_of_somebody_s_own_may_require_the_usual_one(host: Host) -> None:
    host.unit("kiosk.target", "static", names=["default.target"])
    host.unit("multi-user.target", "static", wanted_by=["kiosk.target"])
    host.unit("x.service", "enabled")
    host.links("/etc/systemd/system", "multi-user.target.wants/x.service")
    assert host.starts("x.service")


def test_a_unit_that_an_enabled_one_wants(host: Host) -> None:
    host.unit("x@1.service", "enabled-runtime", wanted_by=["x.service"])
    host.unit("x.service", "enabled", names=["alias.service"])
    assert not host.starts("x@1.service")
    host.links("/etc/systemd/system", "multi-user.target.wants/x.service")
    assert host.starts("x@1.service")
    assert host.starts("alias.service")


def test_a_unit_that_nobody_wants_or_that_wants_itself(host: Host) -> None:
    host.unit("x.service", "static")
    host.unit("y.service", "static", wanted_by=["z.service"])
    host.unit("z.service", "static", wanted_by=["y.service"])
    host.unit("off.service", "disabled", wanted_by=["multi-user.target"])
    assert not any(host.starts(unit) for unit in ("x.service", "y.service", "off.service", "absent.service"))
