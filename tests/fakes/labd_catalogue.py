"""The catalogue of the labd in memory: its scenarios from inside, and a proof that whoever tests may move on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from orchestrator.core.text import Text, same
from orchestrator.labd import catalogue_contract as k
from orchestrator.labd import path_contract
from orchestrator.labd.calls import Call, Nothing
from orchestrator.labd.proof_contract import (
    CANCEL_PROOF,
    PROOF,
    PROVE,
    CancelProof,
    LastProof,
    ProofRun,
    ProofStage,
    Prove,
)
from tests.fakes import labd_world as world
from tests.fakes.labd_world import FakePerson

if TYPE_CHECKING:
    from tests.fakes.labd import FakeLabd

Refuse = Callable[..., Exception]
AT = "2026-11-27T16:20:00Z"
CCPS = (
    k.CcpTitle(
        "1",
        Text(fr="Assister les utilisateurs", en="Help users"),
        (k.CompetenceTitle("1.3", Text(fr="Mettre à disposition un service", en="Provide users with a service")),),
    ),
    k.CcpTitle(
        "2",
        Text(fr="Maintenir l'infrastructure", en="Maintain the infrastructure"),
        (
            k.CompetenceTitle("2.1", Text(fr="Maintenir le réseau local", en="Maintain the local network")),
            k.CompetenceTitle("2.3", Text(fr="Sécuriser les accès à internet", en="Secure Internet access")),
        ),
    ),
)


def line(
    scenario: path_contract.ScenarioLine, state: k.ProofState, *competences: str, older: bool = False
) -> k.CatalogueLine:
    """Return a scenario of the path as the catalogue has it."""
    at = "" if state == "unproven" else AT
    said = Text(fr="Ce que dit la preuve.", en="What the proof says.")
    return k.CatalogueLine(
        scenario.id,
        scenario.title,
        scenario.kind,
        scenario.lab,
        scenario.difficulty,
        scenario.minutes,
        competences,
        k.ProofView(state, older, at, said),
    )


LINES = (
    line(world.MOVE, "here", "1.3"),
    line(world.CONFLICT, "changed", "1.3", "2.1"),
    line(world.DNS, "recorded", "2.1", older=True),
    line(world.BACKUP, "unproven", "2.1"),
)
SENTENCES = {
    "test_web.py::test_address": Text(fr="pc1 a une adresse du réseau", en="pc1 has an address of the network"),
    "test_web.py::test_others": Text(fr="pc2 joint toujours le serveur", en="pc2 still reaches the server"),
}
SEEN = Text(fr="vu <b>rien</b>", en="seen: <b>nothing</b>")
MATRIX = k.MatrixView(
    "here",
    AT,
    192.0,
    proven=True,
    columns=(
        k.MatrixColumn(Text(fr="lab sain", en="healthy"), ""),
        k.MatrixColumn(Text(fr="en panne", en="broken"), ""),
        k.MatrixColumn(Text(fr="solution", en="solution"), "by-cable"),
    ),
    blocks=(
        k.MatrixBlock(
            "1",
            ("cause = unplugged",),
            (k.MatrixStage("sound", 21.4), k.MatrixStage("sound", 8.2), k.MatrixStage("not-run")),
            (
                k.MatrixRow(
                    "test_web.py::test_address",
                    "symptom",
                    SENTENCES["test_web.py::test_address"],
                    (
                        k.MatrixCell("pass", right=True),
                        k.MatrixCell("fail", right=True, evidence=SEEN),
                        k.MatrixCell("none", right=True),
                    ),
                ),
                k.MatrixRow(
                    "test_web.py::test_others",
                    "guard",
                    SENTENCES["test_web.py::test_others"],
                    (
                        k.MatrixCell("pass", right=True),
                        k.MatrixCell("fail", right=False, evidence=SEEN),
                        k.MatrixCell("error", right=False),
                    ),
                ),
            ),
        ),
    ),
    findings=(
        k.FindingView(
            Text(fr="Un garde-fou est rouge.", en="A guard is red."),
            Text(fr="Faites-en un symptôme.", en="Make it a symptom."),
            SEEN,
            remark=False,
            places=(Text(fr="en panne", en="broken"),),
        ),
        k.FindingView(
            Text(fr="Un rouge tardif.", en="A slow red."),
            Text(fr="Voyez unless.", en="See unless."),
            None,
            remark=True,
            places=(),
        ),
    ),
)
STAGES = (
    ProofStage("1", Text(fr="lab sain", en="healthy"), "", "sound", 21.4),
    ProofStage(
        "1",
        Text(fr="en panne", en="broken"),
        "",
        "wrong",
        8.2,
        (Text(fr="Un garde-fou est rouge.", en="A guard is red."),),
    ),
    ProofStage("1", Text(fr="solution", en="solution"), "by-cable"),
)


TYPED = same("pc1 # echo 'up': $?")


MUTANTS = (
    k.MutantsView(
        "7",
        AT,
        "0.1.0",
        derived=40,
        refused=15,
        flagged=3,
        unjudged=1,
        survivors=(
            k.SurvivorView(
                "names-in-hosts-reference",
                Text(fr="Les adresses sont écrites.", en="The addresses are written down."),
                same=True,
                lost=False,
                lines=(TYPED,),
                verdict="as-good",
                reason=Text(fr="Elle ne fait que <lire>.", en="It only <reads>."),
            ),
            k.SurvivorView(
                "file-only-reference",
                Text(fr="Rien n'est rechargé.", en="Nothing is reloaded."),
                same=False,
                lost=True,
                lines=(TYPED,),
            ),
        ),
        equivalent=(
            k.SurvivorView(
                "dropped-step-reference-step-2",
                Text(fr="L'étape 2 est oubliée.", en="Step 2 is forgotten."),
                same=True,
                lost=False,
                lines=(TYPED,),
            ),
        ),
    ),
)


def inside(scenario: k.CatalogueLine, seed: int) -> k.InsideView:
    """Return a scenario from inside."""
    step = k.StepView(
        Text(fr="Rebrancher le câble.", en="Plug the cable in again."),
        (Text(fr="câble pc1:eth0 branché", en="cable pc1:eth0 plugged in"), TYPED),
    )
    repair = k.RepairView(
        "by-cable", Text(fr="Le câble est rebranché.", en="The cable is plugged in."), reference=True, steps=(step,)
    )
    wrong = replace(repair, name="by-hand", reference=False)
    checks = [
        k.CheckLine(one, role, SENTENCES[one], numbers)
        for one, role, numbers in (
            ("test_web.py::test_address", "symptom", k.CheckNumbers(12, 9, 8, 1260)),
            ("test_web.py::test_others", "guard", None),
        )
    ]
    return k.InsideView(
        scenario=scenario,
        seed=str(seed),
        competences=CCPS[0].competences,
        hosts=("router", "srv1", "pc1", "pc2"),
        ticket=world.TICKET,
        broken=()
        if scenario.kind == "task"
        else (Text(fr="Le câble de pc1 pend.", en="The cable of pc1 hangs loose."),),
        afterwards=() if scenario.kind == "task" else (Text(fr="Léa redémarre pc1.", en="Léa restarts pc1."),),
        answers=(
            k.AnswerView(Text(fr="Qu'est-ce qui était débranché ?", en="What was unplugged?"), "pc1"),
            k.AnswerView(
                Text(fr="Votre réponse, en anglais", en="Your answer, in English"),
                "Dear all, it works.",
                "en",
                (Text(fr="On comprend à la première lecture.", en="It is clear at first reading."),),
            ),
        ),
        report=True,
        hints=world.HINTS,
        solutions=(repair,),
        shortcuts=(wrong,),
        debrief=Text(fr="Commencez par la couche physique.", en="Begin with the physical layer."),
        checks=tuple(checks),
        numbers=k.AttemptNumbers(12, 2, 5, 7, 8, waiting=True, group=5),
        mutants=MUTANTS,
        matrix=MATRIX if scenario.proof.state == "here" else None,
    )


class FakeCatalogue:
    """What the labd in memory knows of its scenarios and proofs.

    Attributes:
        lines: the scenarios.
        views: what is told of a scenario from inside, where it is not the usual.
        run: the proof that runs, or the last one.
    """

    def __init__(self, labd: FakeLabd, refuse: Refuse) -> None:
        """Take the labd whose catalogue it is, and what makes its refusals."""
        self._labd = labd
        self._refuse = refuse
        self.view = k.CatalogueView(CCPS, LINES)
        self.views: dict[str, k.InsideView] = {}
        self.run: ProofRun | None = None

    @property
    def calls(self) -> Mapping[str, tuple[Call[Any, Any], Callable[..., Any]]]:
        """Each call with what answers it."""
        return {
            "catalogue": (k.CATALOGUE, self._catalogue),
            "inside": (k.INSIDE, self._inside),
            "prove": (PROVE, self._prove),
            "cancel-proof": (CANCEL_PROOF, self._cancel),
            "proof": (PROOF, self._proof),
        }

    def _need(self, who: FakePerson, *roles: str) -> None:
        if not {*roles, "administrator"} & set(who.roles):
            raise self._refuse("forbidden", "Ce n'est pas à vous de le faire.", "This is not for you to do.")

    def _find(self, scenario: str) -> k.CatalogueLine:
        found = next((one for one in self.view.scenarios if one.id == scenario), None)
        if found is None:
            raise self._refuse("missing", "Ce scénario n'existe pas.", "There is no such scenario.")
        return found

    def _catalogue(self, who: FakePerson, _asked: Nothing) -> k.CatalogueView:
        self._need(who, "trainer", "jury")
        return self.view

    def _inside(self, who: FakePerson, asked: k.LookInside) -> k.InsideView:
        self._need(who, "trainer", "jury")
        scenario = self._find(asked.scenario)
        return self.views.get(asked.scenario) or inside(scenario, asked.seed)

    def _prove(self, who: FakePerson, asked: Prove) -> Nothing:
        self._need(who)
        scenario = self._find(asked.scenario)
        if asked.seeds not in range(1, 5):
            raise self._refuse("wrong", "Choisissez de 1 à 4.", "Choose from 1 to 4.", "seeds")
        if self.run is not None and self.run.phase != "over":
            raise self._refuse("busy", "Une preuve est déjà en cours.", "A proof runs already.")
        number = 1 if self.run is None else self.run.number + 1
        self.run = ProofRun(number, scenario.id, scenario.title, who.name, world.NOW, "", "playing", "", STAGES)
        return Nothing()

    def _cancel(self, who: FakePerson, asked: CancelProof) -> Nothing:
        self._need(who)
        if self.run is None or self.run.number != asked.number or self.run.phase == "over":
            raise self._refuse("missing", "Cette preuve n'est plus en cours.", "This proof does not run any more.")
        self.run = replace(self.run, phase="cancelling")
        return Nothing()

    def _proof(self, who: FakePerson, _asked: Nothing) -> LastProof:
        self._need(who)
        return LastProof(self.run)
