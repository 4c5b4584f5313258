"""Looking at a lab: what is kept, and what of a change is none."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from orchestrator.core.errors import LabError
from orchestrator.core.text import same
from orchestrator.fabric.fabric_interface import Completed, HostRef, ObjectChange, StateChange
from orchestrator.sound_state import look
from orchestrator.sound_state.provider import Objects, RunInHost, Thought
from tests.fakes.fabric import FakeFabric

HOSTS: Mapping[str, tuple[str, ...]] = {"pc1": (), "srv": ("directory",)}


class Directory:
    """An application that says its entries."""

    name = "directory"

    def look(self, run: RunInHost) -> Objects:
        return {"all": {"entries": run(["ldapsearch", "-x"], b"ask")}}

    def think(self, _change: StateChange) -> Thought:
        return Thought("unexplained", same("changed"))


@pytest.fixture
def fabric(monkeypatch: pytest.MonkeyPatch) -> FakeFabric:
    monkeypatch.setattr(look, "APPLICATIONS", {"directory": Directory()})
    made = FakeFabric()
    made.on("ldapsearch -x", host="srv", stdout="cn=x")
    return made


def service(before: dict[str, str], now: dict[str, str], provider: str = "services") -> ObjectChange:
    return ObjectChange("pc1", provider, "dhcp.service", before, now)


def changes(fabric: FakeFabric, *found: ObjectChange) -> tuple[ObjectChange, ...]:
    fabric.changes = [*found]
    look.keep_sound_state(fabric, "lab", HOSTS)
    return look.changes_since(fabric, "lab", HOSTS)[0]


def test_of_applications_their_own_words_are_kept(fabric: FakeFabric) -> None:
    look.keep_sound_state(fabric, "lab", HOSTS)
    kept = fabric.kept[HostRef("lab", "srv")]["srv"]
    assert kept["directory"] == {"all": {"entries": "cn=x"}}
    assert set(kept) == {"directory", "open places", "runtime units"}
    assert set(fabric.kept) == {HostRef("lab", "pc1"), HostRef("lab", "srv")}


def test_hosts_of_which_nothing_was_kept_are_named(fabric: FakeFabric) -> None:
    look.keep_sound_state(fabric, "lab", {"srv": ("directory",)})
    assert look.changes_since(fabric, "lab", HOSTS) == ((), ("pc1",))


@pytest.mark.parametrize("state", ["active", "activating", "reloading"])
def test_a_service_that_is_active_without_processes_is_no_change(fabric: FakeFabric, state: str) -> None:
    fabric.on("unit dhcp.service", host="pc1", stdout=f'{{"ActiveState": "{state}"}}')
    assert changes(fabric, service({"runs": "yes", "wanted-by": "x"}, {"wanted-by": "x"})) == ()


def test_a_service_that_does_something_once_need_not_be_at_it(fabric: FakeFabric) -> None:
    fabric.on("unit dhcp.service", host="pc1", stdout='{"ActiveState": "inactive", "Type": "oneshot"}')
    assert changes(fabric, service({"runs": "yes"}, {})) == ()


@pytest.mark.parametrize("state", ["inactive", "failed", "deactivating"])
def test_a_service_that_does_not_run_is_a_change(fabric: FakeFabric, state: str) -> None:
    fabric.on("unit dhcp.service", host="pc1", stdout=f'{{"ActiveState": "{state}"}}')
    lost = service({"runs": "yes"}, {})
    assert changes(fabric, lost) == (lost,)


@pytest.mark.parametrize(
    "change",
    [
        service({"runs": "yes"}, {"masked": "yes"}),
        service({"runs": "yes", "wanted-by": "x"}, {}),
        service({}, {"runs": "yes"}),
        service({"runs": "yes"}, {}, "files"),
    ],
)
def test_whatever_else_changes_is_told_though_it_is_active(fabric: FakeFabric, change: ObjectChange) -> None:
    fabric.on("unit dhcp.service", host="pc1", stdout='{"ActiveState": "active"}')
    assert changes(fabric, change) == (change,)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Completed(0, b"cn=x", b"", changed=("/usr/bin/ldapsearch",)), "not its image's any more: /usr/bin/ldapsearch"),
        (Completed(1, b"", b"no server\n"), "the state of ldapsearch cannot be read: no server"),
    ],
)
def test_an_application_that_does_not_say_is_an_error(
    fabric: FakeFabric, answer: Completed, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[HostRef, bytes, bool]] = []

    def run(target: HostRef, _argv: object, *, stdin: bytes, vouched: bool, **_: object) -> Completed:
        asked.append((target, stdin, vouched))
        return answer

    monkeypatch.setattr(fabric, "run", run)
    with pytest.raises(LabError) as raised:
        look.keep_sound_state(fabric, "lab", HOSTS)
    assert raised.value.text.en.startswith("srv: ")
    assert raised.value.text.en.endswith(said)
    assert asked == [(HostRef("lab", "srv"), b"ask", True)]
    assert fabric.kept == {}
