"""The fault of a volume without inodes: what it refuses, and what it tells the machine; no machine is needed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import pytest
from pydantic import ValidationError

from orchestrator.access.lab_driver import LabDriver
from orchestrator.core.errors import LabError
from orchestrator.fabric.fabric_interface import Completed
from orchestrator.faults import fault as fault_module
from orchestrator.faults.library.virtual.machine_shell import complaint, run_in_machine
from orchestrator.faults.library.virtual.volume_inodes import VolumeInodesUsedUp

PARAMETERS: dict[str, Any] = {
    "host": "hv1",
    "machine": "fichiers",
    "group": "donnees",
    "volume": "dossiers",
    "mount": "/srv/dossiers",
    "inodes": "4096",
    "folder": "/srv/dossiers/suivi",
    "names": ["mkerbrat", "nferhat"],
    "readers": "accueil",
    "papers": "/srv/dossiers/terrain/svasseur/combe-noire",
}


class Machine:
    """A machine that answers what it is given, and keeps what it was told."""

    def __init__(self, said: str, status: int = 0) -> None:
        self.said, self.status, self.told = said, status, ""

    def run(self, host: str, argv: Sequence[str], **more: Any) -> Completed:  # noqa: ANN401
        assert (host, argv[0], argv[-2]) == ("hv1", "ssh", "fichiers")
        self.told = more["stdin"].decode()
        return Completed(self.status, self.said.encode(), b"")


def driver(machine: Machine) -> LabDriver:
    return cast("LabDriver", machine)


def state(**other: str) -> str:
    told = {"inodes": "196608", "spare": "196561", "room": "1109000000", "created": "1764552257", "takes": "yes"}
    return "".join(f"{key} {value}\n" for key, value in {**told, **other}.items())


@pytest.mark.parametrize(
    "wrong",
    [
        {"folder": "/srv/archives/suivi"},
        {"papers": "/srv/dossiers2/a"},
        {"inodes": 200000},
        {"names": []},
        {"hours": 0},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_what_it_cannot_break_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        VolumeInodesUsedUp.model_validate({**PARAMETERS, **wrong})


def test_what_a_sound_machine_has_is_kept() -> None:
    fault = VolumeInodesUsedUp.model_validate(PARAMETERS)
    assert fault.remember(driver(Machine(state()))) == {"inodes": "196608", "created": "1764552257"}


@pytest.mark.parametrize("other", [{"inodes": "4096"}, {"there": PARAMETERS["papers"]}], ids=["few", "papers"])
def test_a_machine_that_is_broken_already_is_refused(other: dict[str, str]) -> None:
    with pytest.raises(LabError, match=next(iter(other.values()))):
        VolumeInodesUsedUp.model_validate(PARAMETERS).remember(driver(Machine(state(**other))))


@pytest.mark.parametrize("other", [{"spare": "5"}, {"room": "4096"}, {"takes": "yes"}], ids=["spare", "room", "takes"])
def test_a_volume_that_lacks_something_else_does_not_count(
    other: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No inode must be free, and there must be room: else it is another fault's effect."""
    monkeypatch.setattr(fault_module, "SETTLE", 0.0)
    fault = VolumeInodesUsedUp.model_validate(PARAMETERS)
    broken = {"takes": "no", "spare": "0"}
    fault.verify(driver(Machine(state(**broken))))
    with pytest.raises(LabError, match="has not taken effect"):
        fault.verify(driver(Machine(state(**{**broken, **other}))))


def test_the_machine_gets_its_variables_as_they_are() -> None:
    """A name with a quote or a blank in it is one word there, and a sequence an array."""
    machine = Machine("")
    run_in_machine(
        driver(machine), "hv1", "fichiers", "true\n", {"path": "/srv/l'été b", "names": ("a", "b c"), "n": 3}
    )
    assert machine.told == "path='/srv/l'\"'\"'été b'\nnames=(a 'b c')\nn=3\ntrue\n"


def test_a_machine_that_says_nothing_does_not_answer() -> None:
    assert complaint(Completed(0, b"", b"")) == ""
    assert complaint(Completed(255, b"", b"")) == "no answer"
    assert complaint(Completed(255, b"", b"ssh: refused\n")) == "ssh: refused"
