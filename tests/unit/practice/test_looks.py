"""Passing looks at a class's labs: what engine and helper tell, all together; and what is left when one is silent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from orchestrator.core.errors import BreakfixError, MachineError
from orchestrator.core.text import Text, same
from orchestrator.fabric.fabric_interface import HostActivity, HostRef
from orchestrator.instances.instance import HostState, Instance
from orchestrator.labs import Labs, LabState
from orchestrator.practice.looks import HostLook, LabLooks

SILENT = MachineError(Text(fr="L'auxiliaire ne répond pas", en="The helper does not answer"))
UP = HostActivity(runs=True, booted=True)


@dataclass
class Machine:
    """Labs that the test describes; ``asked`` counts the questions to engine and helper."""

    hosts: dict[str, dict[str, str]] = field(default_factory=dict)
    """Lab -> host -> Docker's word for its state."""
    told: dict[tuple[str, str], HostActivity] = field(default_factory=dict)
    missing: int = 0
    engine: BreakfixError | None = None
    helper: BreakfixError | None = None
    asked: list[str] = field(default_factory=list)
    saved: set[str] = field(default_factory=set)

    running = property(lambda self: self)
    """Each part is this one."""

    def state_of(self, instance: Instance) -> LabState:
        return "saved" if instance.name in self.saved else "started"

    def all(self) -> tuple[Instance, ...]:
        self.asked.append("engine")
        if self.engine is not None:
            raise self.engine
        return tuple(
            Instance(name, "s", "l", 1, "alice", "d", len(hosts) + self.missing, tuple(
                HostState(host, f"{name}-{host}", state) for host, state in hosts.items()
            ))
            for name, hosts in self.hosts.items()
        )  # fmt: skip

    def activity(self, instances: Iterable[Instance]) -> Mapping[HostRef, HostActivity]:
        self.asked.append("helper")
        if self.helper is not None:
            raise self.helper
        hosts = [(one.name, host) for one in instances for host in one.running]
        return {HostRef(*name): self.told.get(name, UP) for name in hosts}


@pytest.fixture
def machine() -> Machine:
    return Machine({"lab-1": {"pc1": "running", "srv1": "running"}, "lab-2": {"pc1": "running"}, "other": {}})


@pytest.fixture
def looks(machine: Machine) -> LabLooks:
    return LabLooks(lambda: cast("Labs", machine))


def moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def test_all_labs_are_seen_with_one_question_each(machine: Machine, looks: LabLooks) -> None:
    machine.told["lab-1", "pc1"] = HostActivity(runs=True, booted=True, typed=50.0, changed=40.0, path="/etc/hosts")
    machine.told["lab-1", "srv1"] = HostActivity(runs=True, booted=True, typed=30.0, changed=60.0, path="/etc/motd")
    found = looks.at(["lab-1", "lab-2"])
    assert machine.asked == ["engine", "helper"]
    lab = found["lab-1"]
    assert lab.hosts == (
        HostLook("pc1", "up", moment(50), moment(40), "/etc/hosts"),
        HostLook("srv1", "up", moment(30), moment(60), "/etc/motd"),
    )
    assert lab.typed is lab.hosts[0]
    assert lab.changed is lab.hosts[1]
    assert (lab.up, lab.trouble, lab.at is not None) == (2, None, True)
    assert (found["lab-2"].typed, found["lab-2"].changed) == (None, None)
    assert looks.at([]) == {}
    assert machine.asked == ["engine", "helper"], "without a lab nobody is asked"


def test_every_state_of_a_host_is_told(machine: Machine, looks: LabLooks) -> None:
    states = ("running", "running", "running", "paused", "exited", "restarting")
    machine.hosts["lab-1"] = {f"h{number}": state for number, state in enumerate(states)}
    machine.told["lab-1", "h1"] = HostActivity(runs=True)
    machine.told["lab-1", "h2"] = HostActivity(runs=False)
    lab = looks.at(["lab-1"])["lab-1"]
    assert [host.life for host in lab.hosts] == ["up", "booting", "down", "paused", "down", "down"]
    assert lab.trouble is not None
    assert lab.trouble.text.en == "h2, h4, h5: down; h3: paused; h1: booting"
    assert lab.trouble.text.fr == "h2, h4, h5 : à l'arrêt ; h3 : en pause ; h1 : en train de démarrer"


def test_a_saved_lab_is_no_trouble(machine: Machine, looks: LabLooks) -> None:
    machine.hosts["lab-1"] = dict.fromkeys(("pc1", "srv1"), "exited")
    assert looks.at(["lab-1"])["lab-1"].trouble is not None
    machine.saved = {"lab-1"}
    lab = looks.at(["lab-1"])["lab-1"]
    assert (lab.saved, lab.trouble, lab.up) == (True, None, 0)
    assert [(host.host, host.life) for host in lab.hosts] == [("pc1", "down"), ("srv1", "down")]


def test_what_could_not_be_seen_is_told(machine: Machine, looks: LabLooks) -> None:
    machine.told["lab-1", "pc1"] = HostActivity(runs=True, booted=True, changed=4.0, path="/x", whole=False)
    machine.told["lab-1", "srv1"] = HostActivity(runs=True, booted=True, trouble="OSError: \x1b[31m")
    machine.missing = 1
    lab = looks.at(["lab-1"])["lab-1"]
    assert lab.hosts[0].changed == "/x"
    assert lab.trouble is not None
    assert lab.trouble.text.fr == (
        "machines disparues : 1 ; pc1 : trop de fichiers pour tout regarder ; srv1 : OSError: \\u001b[31m"
    )


def test_a_look_that_came_late_is_no_trouble_and_forgets_nothing(machine: Machine, looks: LabLooks) -> None:
    def seen(**told: Any) -> tuple[str, BreakfixError | None]:  # noqa: ANN401
        machine.told["lab-1", "pc1"] = HostActivity(runs=True, booted=True, **told)
        lab = looks.at(["lab-1"])["lab-1"]
        return lab.hosts[0].changed, lab.trouble

    late: dict[str, Any] = {"whole": False, "late": True}
    assert seen(**late) == ("", None)
    assert seen(changed=4.0, path="/x") == ("/x", None)
    assert seen(**late) == ("/x", None)
    assert seen(changed=3.0, path="/older", **late) == ("/x", None)
    assert seen(changed=5.0, path="/newer", **late) == ("/newer", None)
    assert seen(changed=3.0, path="/older") == ("/older", None)


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/etc/\x1b]52;c;Zm9v\x07", "/etc/\\u001b]52;c;Zm9v\\u0007"),
        ("/srv/a\nb\tc\rd", "/srv/a\\u000ab\\u0009c\\u000dd"),
        ("/srv/\u202egpj.exe\u2028x", "/srv/\\u202egpj.exe\\u2028x"),
        ("/srv/\udcff", "/srv/\\udcff"),
        ("/" + "d" * 500 + "/name", "…" + "d" * 94 + "/name"),
        ("/srv/[bold red]x", "/srv/[bold red]x"),
    ],
    ids=["escape", "lines", "direction", "no text", "long", "markup"],
)
def test_a_name_from_a_host_acts_on_nothing(machine: Machine, looks: LabLooks, path: str, shown: str) -> None:
    machine.told["lab-2", "pc1"] = HostActivity(runs=True, booted=True, changed=4.0, path=path)
    assert looks.at(["lab-2"])["lab-2"].hosts[0].changed == shown


def test_a_lab_that_is_gone_is_told(machine: Machine, looks: LabLooks) -> None:
    del machine.hosts["lab-2"]
    found = looks.at(["lab-1", "lab-2"])
    assert (found["lab-1"].gone, found["lab-2"].gone, found["lab-2"].hosts) == (False, True, ())
    assert str(found["lab-2"].trouble) == "The lab lab-2 is gone."


def test_without_the_helper_the_engine_and_the_last_look_tell(machine: Machine, looks: LabLooks) -> None:
    machine.helper = SILENT
    first = looks.at(["lab-1"])["lab-1"]
    assert (first.at, first.trouble) == (None, SILENT)
    assert [host.life for host in first.hosts] == ["unknown", "unknown"]
    machine.helper = None
    machine.told["lab-1", "pc1"] = HostActivity(runs=True, booted=True, typed=50.0)
    seen = looks.at(["lab-1"])["lab-1"]
    machine.helper = SILENT
    machine.hosts["lab-1"]["srv1"] = "exited"
    again = looks.at(["lab-1"])["lab-1"]
    assert (again.at, again.trouble) == (seen.at, SILENT), "its age is that of the earlier look"
    assert again.hosts == (HostLook("pc1", "unknown", moment(50)), HostLook("srv1", "down"))


def test_without_the_engine_the_last_look_stays(machine: Machine, looks: LabLooks) -> None:
    machine.engine = MachineError(same("Docker does not answer"))
    assert looks.at(["lab-1"])["lab-1"].hosts == ()
    machine.engine = None
    seen = looks.at(["lab-1"])["lab-1"]
    machine.engine = MachineError(same("Docker does not answer"))
    again = looks.at(["lab-1"])["lab-1"]
    assert (again.hosts, again.at) == (seen.hosts, seen.at)
    assert again.trouble is machine.engine
