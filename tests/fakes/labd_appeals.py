"""Appeals of the labd in memory: a sitting that was graded again twice, once with differences."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from orchestrator.core.text import Text, same
from orchestrator.labd import appeal_contract as a
from orchestrator.labd.calls import Call, Nothing
from orchestrator.labd.evidence_contract import OfSitting
from tests.fakes import labd_world as world
from tests.fakes.labd_evidence import EVIDENCE, PHASE
from tests.fakes.labd_world import FakePerson

if TYPE_CHECKING:
    from tests.fakes.labd import FakeLabd

REGRADINGS: Final = (
    a.Regrading(
        "2026-12-16T10:12:00+01:00",
        "Anne Martin",
        True,
        Text(fr="Preuves rouvertes ; une différence constatée.", en="Evidence reopened; one difference found."),
        (
            Text(
                fr="Le site interne : « pc1 <b>a</b> le réseau » : non satisfait → satisfait",
                en="The intranet: 'pc1 <b>has</b> the network': not satisfied → satisfied",
            ),
        ),
        (world.DNS.title,),
    ),
    a.Regrading(
        "2026-12-15T09:02:00+01:00",
        "root",
        False,
        Text(fr="Preuves rouvertes ; aucune différence constatée.", en="Evidence reopened; no difference found."),
        (),
        (),
    ),
)
APPEAL: Final = a.AppealView(
    EVIDENCE.session,
    EVIDENCE.title,
    EVIDENCE.number,
    EVIDENCE.name,
    PHASE,
    EVIDENCE.phase_title,
    (a.KeptLab(world.DNS.title, True), a.KeptLab(same("gone"), False)),
    False,
    None,
    REGRADINGS,
)


class FakeAppeals:
    """What the labd in memory knows of appeals.

    Attributes:
        view: every sitting's.
    """

    def __init__(self, labd: FakeLabd, refuse: Callable[..., Exception]) -> None:
        """Take the labd, and what makes its refusals."""
        self._labd = labd
        self._refuse = refuse
        self.view = APPEAL

    @property
    def calls(self) -> Mapping[str, tuple[Call[Any, Any], Callable[..., Any]]]:
        """Each call with what answers it."""
        does: Mapping[str, Callable[..., Any]] = {"appeal": self.show, "grade-again": self.grade_again}
        return {call.name: (call, does[call.name]) for call in a.APPEAL_CALLS}

    def show(self, who: FakePerson, asked: OfSitting) -> a.AppealView:
        """Return the appeals."""
        self._labd.deliberation.require(who, asked.session)
        if (asked.phase, asked.number) != (PHASE, "C-01"):
            raise self._refuse("missing", "Rien n'est scellé ici.", "Nothing is sealed here.")
        return self.view

    def grade_again(self, who: FakePerson, asked: OfSitting) -> Nothing:
        """Begin to grade again."""
        if self.show(who, asked).running:
            raise self._refuse("busy", "Une autre épreuve est déjà réévaluée.", "Another sitting is being graded.")
        self.view = replace(self.view, running=True)
        return Nothing()
