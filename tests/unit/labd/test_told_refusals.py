"""What labd says where it refuses names no path and no command of the machine."""

from __future__ import annotations

import pytest

from orchestrator.core.errors import BreakfixError, ContentError, LabError, MachineError, Place, Problem, UsageError
from orchestrator.core.text import Text, same
from orchestrator.instances.locks import BusyError, Holder
from orchestrator.instances.saving import SavedLabError
from orchestrator.labd.told_refusals import refusal_of

PLACE = Place("/srv/labs/x/lab.yaml", 3)


@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        (UsageError(same("There is no such thing."), same("Choose another.")), "wrong", "There is no such thing."),
        (LabError(same("pc1 did not boot.")), "machine", "pc1 did not boot."),
        (LabError(same("no answer at /run/breakfix/fabric.sock")), "machine", "The lab met with trouble."),
        (MachineError(same("The disk is full.")), "machine", "The disk is full."),
        (
            MachineError(Text(fr="Lancez « breakfix doctor »", en="Run 'breakfix doctor'")),
            "machine",
            "The machine of the labs has a problem.",
        ),
        (
            MachineError(same("Docker Engine did not answer within 60 s."), same("See 'docker info'.")),
            "machine",
            "The machine of the labs has a problem.",
        ),
        (UsageError(same("'/etc/passwd' cannot be read")), "wrong", "That is not possible here."),
        (
            ContentError((Problem(PLACE, same("a mistake")),)),
            "machine",
            "This scenario or its lab has a mistake in it: it cannot be used as it is.",
        ),
        (
            BusyError("lab-1", Holder(7, "breakfix check --lab lab-1", "alice")),
            "busy",
            "This lab is busy: another program of the machine is at work on it.",
        ),
        (SavedLabError("lab-1"), "busy", "This lab is saved: its machines are switched off."),
    ],
)
def test_an_error_as_a_refusal(error: BreakfixError, kind: str, said: str) -> None:
    refusal = refusal_of(error)
    assert (refusal.kind, refusal.text.en) == (kind, said)
    for text in (refusal.text, refusal.hint or same("-")):
        assert "breakfix " not in text.en
        assert "kill" not in text.fr


def test_the_next_step_is_told_where_it_helps() -> None:
    assert refusal_of(UsageError(same("No."), same("Choose another."))).hint == same("Choose another.")
    assert refusal_of(UsageError(same("No."), same("See 'breakfix status'."))).hint is None
