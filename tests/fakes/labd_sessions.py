"""The jury sessions of the labd in memory: their calls, and plans that are wrong or in doubt by what stands in them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from orchestrator.assessment.written_plan import WrittenPlan
from orchestrator.core.errors import ContentError
from orchestrator.core.text import Text, same
from orchestrator.labd import plan_contract as plans
from orchestrator.labd import plan_form_contract as form
from orchestrator.labd import session_contract as k
from orchestrator.labd.calls import Call, Nothing
from orchestrator.labd.catalogue_contract import ProofView
from orchestrator.labd.plan_desk import mistake_of
from orchestrator.labd.plan_form import filled
from orchestrator.labd.plan_reading import fields_of, has_comments
from tests.fakes import labd_world as world
from tests.fakes.labd_catalogue import CCPS, LINES
from tests.fakes.labd_world import FakePerson

if TYPE_CHECKING:
    from tests.fakes.labd import FakeLabd

Refuse = Callable[..., Exception]
SESSION = "december-2026"
PLAN = f"contract: 1\nid: {SESSION}\ntitle: Session\n  room: B12\n"
GOOD = frozenset({"here", "recorded"})


def _pool(*numbers: int) -> tuple[k.PoolScenario, ...]:
    lines = [LINES[number] for number in numbers]
    return tuple(k.PoolScenario(one.id, one.title, one.difficulty, one.proof, one.proof.state in GOOD) for one in lines)


GONE = k.PoolScenario("gone-since", same("gone-since"), 0, ProofView("unproven", False, "", same("none")), relied=False)
PHASES = (
    k.PhaseView(
        "reseau", "Dépannage du poste et du réseau", same("1\N{NO-BREAK SPACE}h\N{NO-BREAK SPACE}15"),
        same("10\N{NO-BREAK SPACE}min"), "documentation", hints=False, report=True, same_for_all=False, drawn=False,
        pools=(
            k.PoolView("1.3", CCPS[0].competences[0].title, 1, 2, 2, _pool(0, 1)),
            k.PoolView("2.1", CCPS[1].competences[0].title, 1, 4, 1, _pool(2, 3)),
        ),
    ),
    k.PhaseView(
        "ecrit", "Écrit", same("45\N{NO-BREAK SPACE}min"), None, "none", hints=True, report=False, same_for_all=True,
        drawn=True, pools=(k.PoolView("", None, 1, 4, 2, (*_pool(0), GONE)),),
    ),
)  # fmt: skip
CANDIDATES = (
    k.CandidateLine("C-01", "Zoé Faure", "on-site", "", (same("1 h 15"), same("45 min")), ()),
    k.CandidateLine(
        "C-02", "Maximilienne-Alexandrine Benali de la Tour", "remote", "1/3",
        (same("1 h 15 + 1/3 = 1 h 40"), same("45 min + 1/3 = 1 h")), ("petit", "roux"),
    ),
)  # fmt: skip
VIEW = k.SessionView(
    id=SESSION,
    stage="planned",
    title="Titre professionnel TSSI, session de décembre",
    date="2026-12-14",
    timezone="Europe/Paris",
    centre="Centre de Nantes",
    room="B12",
    notes="Deux rangées.\nUne horloge au mur.",
    ccps=(1, 2),
    proof="here",
    minute=60,
    planned=world.NOW,
    by="Inès Roy",
    jury=(
        k.MemberLine("martin", "Anne Martin", "Responsable informatique"),
        k.MemberLine("leroy", "—", "Technicien systèmes"),
    ),
    candidates=CANDIDATES,
    phases=PHASES,
    retention_months=60,
)
MISTAKES = (
    k.PlanMistake("plan", 3, "", Text(fr="clé inconnue ; vouliez-vous dire « title » ?", en='did you mean "title"?')),
    k.PlanMistake(
        "plan", 4, "", Text(fr="aucun scénario prouvé", en="no proven scenario"), Text(fr="Prouvez-en.", en="Prove it.")
    ),
    k.PlanMistake("candidates", 2, "extra_time", Text(fr="attendu : 1/3", en="expected 1/3")),
    k.PlanMistake("candidates", 0, "", Text(fr="la colonne « name » manque", en='the column "name" is missing')),
)
DOUBTS = (Text(fr="La date est passée : 2020-12-14.", en="The date is in the past: 2020-12-14."),)


FIELD_MISTAKES = (
    k.PlanMistake("form", 0, "", Text(fr="à remplir", en="fill this in"), key="title"),
    k.PlanMistake("form", 0, "", Text(fr="cochez un CCP", en="tick a CCP"), key="ccps"),
    k.PlanMistake("form", 0, "", Text(fr="un jury a au moins deux membres", en="at least two members"), key="jury"),
    k.PlanMistake(
        "form", 0, "", Text(fr="ce compte est le vôtre", en="this account is yours"),
        Text(fr="Nommez un autre membre.", en="Name another member."), key="jury-1-person",
    ),
    k.PlanMistake("form", 0, "", Text(fr="attendu : 1/3", en="expected 1/3"), key="candidates-0-extra_time"),
    k.PlanMistake("form", 0, "", Text(fr="l'a formé", en="trained them"), key="candidates-0"),
    k.PlanMistake("form", 0, "", Text(fr="l'un des deux", en="one of the two"), key="phases-0"),
    k.PlanMistake("form", 0, "", Text(fr="choisissez", en="choose one"), key="phases-0-draw-0-competence"),
    k.PlanMistake("form", 0, "", Text(fr="1 à tirer, 0 prouvé", en="1 to draw, 0 proven"), key="phases-0-draw-0"),
    k.PlanMistake("form", 0, "", Text(fr="tout est faux", en="all of it is wrong")),
)  # fmt: skip
CHOICES = plans.PlanChoices(
    "rncp-227",
    Text(fr="Technicien supérieur", en="Technician"),
    tuple(plans.CcpChoice(number, ccp.title) for number, ccp in enumerate(CCPS, 1)),
    tuple(plans.CompetenceChoice(one.code, one.title, 2, 5) for ccp in CCPS for one in ccp.competences),
    tuple(plans.ScenarioChoice(one.id, one.title, one.difficulty, here=n % 2 == 0, recorded=True)
          for n, one in enumerate(LINES)),
    (plans.AccountChoice("anne", "Anne Martin"), plans.AccountChoice("paul", "Paul Leroy")),
)  # fmt: skip


def point(verdict: k.Verdict, name: str, step: str = "") -> k.ReadinessPoint:
    """Return a point of readiness."""
    seen = Text(fr=f"{name} : 12 Gio", en=f"{name}: 12 GiB")
    return k.ReadinessPoint(verdict, same(name), seen, same(step) if step else None)


READINESS = k.ReadinessView(
    SESSION,
    VIEW.title,
    world.NOW,
    (
        k.PhaseReadiness(
            "reseau", PHASES[0].title, 0, 6, False,
            (point("fail", "RAM-1", "breakfix prove address-conflict"), point("ok", "RAM-2"), point("warn", "RAM-3")),
            (k.UnprovenScenario("address-conflict", world.CONFLICT.title, same("why not"), same("breakfix prove x")),),
        ),
        k.PhaseReadiness("ecrit", PHASES[1].title, 4, 0, True, (), ()),
    ),
    (point("unknown", "RAM-4"), point("warn", "RAM-5", "breakfix session run")),
)  # fmt: skip


class FakeSessions:
    """What the labd in memory knows of jury sessions.

    Attributes:
        sessions: the sessions by name.
        damaged: the names of those whose journal cannot be read.
        readiness: whether each could be opened.
        offered: what a plan may name.
    """

    def __init__(self, _labd: FakeLabd, refuse: Refuse) -> None:
        """Take the labd whose sessions these are, and what makes its refusals."""
        self._refuse = refuse
        self.sessions: dict[str, k.SessionView] = {SESSION: VIEW}
        self.damaged: list[str] = []
        self.readiness = READINESS
        self.offered = CHOICES

    @property
    def calls(self) -> Mapping[str, tuple[Call[Any, Any], Callable[..., Any]]]:
        """Each call with what answers it."""
        does: Mapping[str, Callable[..., Any]] = {
            "sessions": self.all,
            "plan-session": self.plan,
            "plan-choices": self.choices,
            "read-plan": self.read_plan,
            "write-plan": self.write_plan,
            "session": self.one,
            "withdraw-session": self.withdraw,
            "readiness": self.ready,
        }
        return {call.name: (call, does[call.name]) for call in (*k.SESSION_CALLS, *plans.PLAN_CALLS)}

    def _organiser(self, who: FakePerson) -> None:
        if not {"organiser", "administrator"} & set(who.roles):
            raise self._refuse("forbidden", "Ce n'est pas à vous de le faire.", "This is not for you to do.")

    def all(self, who: FakePerson, _asked: Nothing) -> tuple[k.SessionLine, ...]:
        """Return the sessions."""
        if "invigilator" not in who.roles:
            self._organiser(who)
        lines = [
            k.SessionLine(
                one.id, one.stage, one.title, one.date, len(one.candidates), len(one.phases), one.minute != 60
            )
            for one in self.sessions.values()
        ]
        return (*lines, *(k.SessionLine(name, "damaged") for name in self.damaged))

    def plan(self, who: FakePerson, asked: k.PlanSession) -> k.PlanOutcome:
        """Make a session; the words "mistake" and "past" in its plan say what is wrong with it."""
        self._organiser(who)
        if asked.rehearsal is not None and not 1 <= asked.rehearsal <= 59:
            raise self._refuse("wrong", "De 1 à 59 secondes.", "From 1 to 59 seconds.", "rehearsal")
        if asked.fields is not None:
            return self._filled_in(asked, asked.fields)
        if "mistake" in asked.plan:
            return k.PlanOutcome(mistakes=MISTAKES)
        if "past" in asked.plan and not asked.anyway:
            return k.PlanOutcome(doubts=DOUBTS)
        found = re.search(r"^id: ([a-z0-9-]{1,60})$", asked.plan, re.MULTILINE)
        if found is None or found[1] in self.sessions:
            return k.PlanOutcome(mistakes=MISTAKES[:1])
        self.sessions[found[1]] = replace(VIEW, id=found[1], minute=asked.rehearsal or 60)
        return k.PlanOutcome(found[1])

    def _filled_in(self, asked: k.PlanSession, fields: form.PlanFields) -> k.PlanOutcome:
        """Make a session of fields: a title of "mistake" has mistakes, an empty one too, and "past" is in doubt."""
        if fields.title in {"", "mistake"}:
            return k.PlanOutcome(mistakes=FIELD_MISTAKES if fields.title else FIELD_MISTAKES[:1])
        if "past" in fields.title and not asked.anyway:
            return k.PlanOutcome(doubts=DOUBTS)
        self.sessions[fields.id] = replace(VIEW, id=fields.id, minute=asked.rehearsal or 60)
        return k.PlanOutcome(fields.id)

    def choices(self, who: FakePerson, _asked: Nothing) -> plans.PlanChoices:
        """Return what a plan may name."""
        self._organiser(who)
        return self.offered

    def read_plan(self, who: FakePerson, asked: plans.ReadPlan) -> plans.PlanRead:
        """Return a text as fields, as labd does."""
        self._organiser(who)
        try:
            read = fields_of(WrittenPlan.typed(asked.plan, asked.candidates))
        except ContentError as error:
            return plans.PlanRead(mistakes=tuple(mistake_of(one, ()) for one in error.problems))
        return plans.PlanRead(read, comments=has_comments(asked.plan))

    def write_plan(self, who: FakePerson, asked: plans.WritePlan) -> plans.PlanText:
        """Return fields as a text, as labd does."""
        self._organiser(who)
        return plans.PlanText(filled(asked.fields).plan().text)

    def one(self, who: FakePerson, asked: k.OfSession) -> k.SessionView:
        """Return a session."""
        self._organiser(who)
        return self.held(who, asked)

    def held(self, who: FakePerson, asked: k.OfSession) -> k.SessionView:
        """Return a session for whoever is there on its day."""
        if "invigilator" not in who.roles:
            self._organiser(who)
        if asked.session not in self.sessions:
            raise self._refuse("missing", "Cette session n'existe pas.", "There is no such session.")
        return self.sessions[asked.session]

    def ready(self, who: FakePerson, asked: k.OfSession) -> k.ReadinessView:
        """Return whether a session could be opened."""
        return replace(self.readiness, id=self.one(who, asked).id)

    def withdraw(self, who: FakePerson, asked: k.WithdrawSession) -> Nothing:
        """Withdraw a session."""
        if self.one(who, k.OfSession(asked.session)).stage != "planned":
            raise self._refuse("wrong", "Des labs sont ouverts.", "Labs are open.")
        if not asked.reason:
            raise self._refuse("wrong", "Dites pourquoi.", "Say why.", "reason")
        del self.sessions[asked.session]
        return Nothing()
