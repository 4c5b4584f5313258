"""What access connections are asked of hosts' states: of several hosts at once, all or none."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from orchestrator.fabric.helper.host_state import State
from orchestrator.fabric.helper.messages import HelperError, KeepStates, StateChanges
from orchestrator.fabric.helper.sound_states import SoundStates

if TYPE_CHECKING:
    from tests.unit.fabric.conftest import Modules


class Outside:
    """Looks at a host whose state the test says; a host without one does not answer."""

    def __init__(self, name: str, states: dict[str, State]) -> None:
        self.container = SimpleNamespace(id=f"id-{name}")
        self._name, self._states = name, states

    @contextmanager
    def root(self) -> Iterator[int]:
        yield -1

    def state(self, _root: int, _network: int, _deadline: float, _filters: object) -> State:
        if self._name not in self._states:
            raise HelperError("failed", f"{self._name} cannot be looked at")
        return self._states[self._name]


class Asked:
    """An access connection."""

    def __init__(self, access: Any, folder: Path) -> None:  # noqa: ANN401 - of a module that needs stubs
        self.states: dict[str, State] = {}
        self._access = access
        self.sound = access._sound = SoundStates(folder)

    def keep(self, hosts: Sequence[str], more: object = None) -> None:
        self._ask(KeepStates("lab", [*hosts], 5.0), more)

    def changes(self, hosts: Sequence[str], more: object = None) -> tuple[Any, list[str]]:
        head, rows = self._ask(StateChanges("lab", [*hosts], 5.0), more)
        return json.loads(rows), head["missing"]

    def _ask(self, request: object, more: object) -> tuple[dict[str, Any], bytes]:
        head, rows, fds = self._access._carry_out(request, json.dumps(more or {}).encode(), -1)
        assert fds == []
        return head, rows


@pytest.fixture
def asked(modules: Modules, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Asked:
    access = sys.modules[f"{modules.server.__package__}.access"].Access()
    made = Asked(access, tmp_path / "sound")
    monkeypatch.setattr(access, "_outside", lambda _instance, host: Outside(host, made.states))
    return made


def services(**units: str) -> State:
    return {"services": {name: {"runs": runs} for name, runs in units.items()}}


def test_what_differs_of_several_hosts_is_told(asked: Asked) -> None:
    asked.states = {"pc1": services(a="yes"), "pc2": services(b="yes"), "pc3": services(c="yes")}
    asked.keep(["pc1", "pc2"], {"pc1": {"ldap": {"o": {"f": "1"}}}})
    asked.states = {"pc1": services(), "pc2": services(b="yes"), "pc3": services()}
    rows, missing = asked.changes(["pc1", "pc2", "pc3"], {"pc1": {"ldap": {"o": {"f": "2"}}}})
    assert rows == [["pc1", "ldap", "o", {"f": "1"}, {"f": "2"}], ["pc1", "services", "a", {"runs": "yes"}, {}]]
    assert missing == ["pc3"]


@pytest.mark.parametrize("hosts", [("pc1", "pc2"), ("pc2", "pc1")])
def test_trouble_with_one_host_keeps_nothing_of_any(asked: Asked, hosts: Sequence[str]) -> None:
    asked.states = {"pc1": services(a="yes")}
    with pytest.raises(HelperError, match="pc2 cannot"):
        asked.keep(hosts)
    assert asked.sound.get("id-pc1") is None


def test_a_host_whose_state_was_kept_before_keeps_it_and_no_other_is_kept(asked: Asked) -> None:
    asked.states = {"pc1": services(a="yes"), "pc2": services(b="yes")}
    asked.keep(["pc2"])
    asked.states["pc2"] = services()
    with pytest.raises(HelperError, match="kept before"):
        asked.keep(["pc1", "pc2"])
    assert (asked.sound.get("id-pc1"), asked.sound.get("id-pc2")) == (None, services(b="yes"))


def test_trouble_with_a_host_is_no_change(asked: Asked) -> None:
    asked.states = {"pc1": services()}
    asked.keep(["pc1"])
    with pytest.raises(HelperError, match="pc2 cannot"):
        asked.changes(["pc1", "pc2"])
    with pytest.raises(HelperError, match="no states"):
        asked.changes(["pc1"], {"pc1": []})
