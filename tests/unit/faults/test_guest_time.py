"""The fault of a machine's clock: what goes with which cause, and what shows it. Its live test plays each cause."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from pydantic import ValidationError

from orchestrator.core.errors import LabError
from orchestrator.fabric.fabric_interface import Completed
from orchestrator.faults import fault as fault_module
from orchestrator.faults.library.virtual.guest_time import MachineClockWrong

GATE = "192.168.100.31"
CAUSES: Mapping[str, Mapping[str, str]] = {
    "source": {"wrong": "portail1"},
    "preferred": {"wrong": "portail1"},
    "boot": {},
    "refused": {"server": "heure1", "denied": "192.168.100.16/29"},
}


def _fault(how: str, **more: str) -> MachineClockWrong:
    return MachineClockWrong.model_validate(
        {"host": "hv1", "machine": "pointeuse", "unit": "pointeuse.service", "how": how, **more}
    )


@pytest.mark.parametrize("how", CAUSES)
def test_a_cause_needs_what_is_its_own_and_nothing_else(how: str) -> None:
    own = CAUSES[how]
    _fault(how, **own)
    for name in own:
        with pytest.raises(ValidationError, match=f"how: {how} needs {name}"):
            _fault(how, **{key: value for key, value in own.items() if key != name})
    for name, value in {"wrong": "portail1", "server": "heure1", "denied": "192.168.100.16/29"}.items():
        if name not in own:
            with pytest.raises(ValidationError, match=f"{name} does not go with how: {how}"):
                _fault(how, **own, **{name: value})


@dataclass
class Machine:
    """A lab's driver, as far as it tells the machine's state: its clock's lead and what chronyc says."""

    ahead: int
    told: str
    now: int = 1_796_000_000
    lines: list[str] = field(default_factory=list)

    def run(self, _host: str, argv: Sequence[str], *, stdin: bytes = b"", **_how: Any) -> Completed:  # noqa: ANN401
        script = stdin.decode()
        self.lines.append(script)
        if argv[0] == "date":
            said = f"{self.now}\n"
        elif script.startswith("getent"):
            said = f"{GATE}      portail1.garance.internal portail1\n"
        else:
            said = f"clock {self.now + self.ahead}\n{self.told}"
        return Completed(0, said.encode(), b"")


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fault_module, "SETTLE", 0.0)


SHOWN = {
    "source": f"source {GATE}\nleap Normal\nasked 8\nanswered 8\n",
    "preferred": f"source {GATE}\nleap Normal\nasked 8\nanswered 8\n",
    "boot": "",
    "refused": "source \nleap Not synchronised\nasked 4\nanswered 0\n",
}


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("how", CAUSES)
def test_a_cause_shows(how: str) -> None:
    machine: Any = Machine(ahead=1500, told=SHOWN[how])
    _fault(how, **CAUSES[how]).verify(machine)


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("how", CAUSES)
@pytest.mark.parametrize("ahead", [0, 59, -59])
def test_no_cause_shows_while_the_clock_is_right(how: str, ahead: int) -> None:
    machine: Any = Machine(ahead=ahead, told=SHOWN[how])
    with pytest.raises(LabError, match="has not taken effect"):
        _fault(how, **CAUSES[how]).verify(machine)


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize(
    ("how", "told"),
    [
        ("source", "source 192.168.100.5\nleap Normal\nasked 8\nanswered 8\n"),
        ("preferred", "source \nleap Not synchronised\nasked 1\nanswered 0\n"),
        ("boot", "source \nleap Not synchronised\nasked 4\nanswered 0\n"),
        ("refused", "source \nleap Not synchronised\nasked 2\nanswered 0\n"),
        ("refused", f"source {GATE}\nleap Normal\nasked 4\nanswered 4\n"),
        ("refused", ""),
    ],
)
def test_a_clock_that_is_off_for_another_reason_does_not_count(how: str, told: str) -> None:
    machine: Any = Machine(ahead=1500, told=told)
    with pytest.raises(LabError, match="has not taken effect"):
        _fault(how, **CAUSES[how]).verify(machine)


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize(
    ("ahead", "told"), [(1500, SHOWN["source"]), (0, "source 192.168.100.5\nleap Not synchronised\n")]
)
def test_a_clock_that_is_not_sound_is_not_broken(ahead: int, told: str) -> None:
    machine: Any = Machine(ahead=ahead, told=told)
    with pytest.raises(LabError):
        _fault("boot").remember(machine)


@pytest.mark.usefixtures("at_once")
def test_what_the_source_was_is_kept() -> None:
    machine: Any = Machine(ahead=1, told="source 192.168.100.5\nleap Normal\n")
    assert set(_fault("source", wrong="portail1").remember(machine)) == {"conf"}
    assert machine.lines[-1].startswith("cat ")
