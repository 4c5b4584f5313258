"""The jury of the labd in memory: a candidate in each state, decisions that are kept, a signature with a password."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from orchestrator.core.text import Text, same
from orchestrator.labd import deliberation_contract as j
from orchestrator.labd.calls import Call, Nothing
from orchestrator.labd.session_contract import OfSession
from tests.fakes import labd_world as world
from tests.fakes.labd_catalogue import CCPS
from tests.fakes.labd_sessions import SESSION, VIEW
from tests.fakes.labd_world import FakePerson

if TYPE_CHECKING:
    from tests.fakes.labd import FakeLabd

AT = "2026-12-14T12:05:00+01:00"
PASSWORD = "correct horse battery"
ACQUIRED = Text(fr="acquise", en="acquired")
DECIDED = j.DecisionView("acquired", ACQUIRED, "Réparé et expliqué.\nSans aide.", "Paul Leroy", AT, False, False)
MISSING = (
    Text(
        fr="Dépannage : aucun rapport n'a été rendu pour « DNS ».", en="Dépannage: no report was handed in for 'DNS'."
    ),
    Text(fr="Aucune observation de Paul Leroy.", en="No observation by Paul Leroy."),
)
QUESTIONS = (
    j.OpenQuestion(
        Text(
            fr="DNS : pc1 : un fichier <b>de plus</b>. Que s'est-il passé là, et pourquoi ?",
            en="DNS: pc1: one more <b>file</b>. What happened there, and why?",
        ),
        "reseau",
        "",
    ),
    j.OpenQuestion(
        Text(
            fr="DNS : deux évaluations ne s'accordent pas sur « Le nom répond. » De quoi cela peut-il dépendre ?",
            en="DNS: two gradings do not agree on 'The name answers.' What may it depend on?",
        ),
        "reseau",
        "1.3",
    ),
    j.OpenQuestion(same("À compléter, dit le jury : {braces}"), "", "ccp-1"),
)
CANDIDATES = (
    j.CandidateState("C-01", "Zoé Faure", True, True, (same("2.1"), same("CCP 1")), (same("1.3"),), None, MISSING),
    j.CandidateState("C-02", "Maximilienne-Alexandrine Benali de la Tour", False, True, (same("1.3"),), (), None),
    j.CandidateState("C-03", "—", True, False, (), (), DECIDED),
)
DELIBERATION = j.DeliberationView(
    id=SESSION,
    title=VIEW.title,
    stage="sealed",
    minute=60,
    members=(
        j.MemberState("martin", "Anne Martin", "Responsable informatique", signed=False, void=True, me=False),
        j.MemberState("leroy", "Paul Leroy", "Technicien systèmes", signed=False, void=False, me=True),
    ),
    candidates=CANDIDATES,
    digest="8f14e45fceea167a5a36dedd4bea25438f14e45fceea167a5a36dedd4bea2543",
    closed_at="",
    corrections=0,
    questions=True,
    may_sign=True,
    closes=True,
)
CHECKS = (
    j.SeenCheck(world.CONFLICT.title, "pass", Text(fr="Le poste a le réseau.", en="The PC has the network."), None),
    j.SeenCheck(
        world.CONFLICT.title, "fail", Text(fr="Il le garde.", en="It keeps it."),
        Text(fr="pc1 : pas de route\nvers 10.0.0.1", en="pc1: no route\nto 10.0.0.1"),
    ),
    j.SeenCheck(world.DNS.title, "error", Text(fr="Le nom répond.", en="The name answers."), same("dig: timed out")),
)  # fmt: skip
OBSERVED = (j.ObservationView("Explique bien\nce qu'elle fait.", "Anne Martin", AT),)


def _subject(code: str, title: Text, **other: Any) -> j.SubjectView:  # noqa: ANN401
    return replace(j.SubjectView(code, title, True, (), (), (), None), **other)


_FIRST, _SECOND = (ccp.competences[0] for ccp in CCPS[:2])
SHEET = j.SheetView(
    session=SESSION,
    title=VIEW.title,
    number="C-01",
    name="Zoé Faure",
    closed=False,
    running=(),
    scenarios=(
        j.GradedScenario(
            "Dépannage", "address-conflict", world.CONFLICT.title, Text(fr="Non réparé", en="Not repaired"),
            Text(fr="Un changement à expliquer n'est pas une faute.", en="A change to explain is no mistake."),
            (
                j.SeenChange(True, Text(fr="pc1 : /etc/sudoers", en="pc1: /etc/sudoers"), same("-a\n+b")),
                j.SeenChange(False, Text(fr="pc1 : un fichier de plus", en="pc1: a new file"), same("+ /tmp/x")),
            ),
        ),
        j.GradedScenario("Dépannage", "gone", same("gone"), Text(fr="Réparé", en="Repaired"), None, ()),
    ),
    parts=(
        j.PartView(
            1,
            (
                _subject("1.3", _FIRST.title, checks=CHECKS, observations=OBSERVED, decision=DECIDED),
                _subject("1.4", same("1.4"), without=((world.DNS.title, "the lab is gone"),)),
                _subject("1.5", same("1.5"), worked=False),
            ),
            _subject("ccp-1", CCPS[0].title),
        ),
        j.PartView(2, (_subject("2.1", _SECOND.title),), _subject("ccp-2", CCPS[1].title)),
    ),
    award=_subject("title", Text(fr="Le titre", en="The title"), decision=replace(DECIDED, pending=True)),
    general=(*OBSERVED, j.ObservationView("Pourquoi ce redémarrage ?", "Paul Leroy", AT, question=True)),
    undecided=("1.4", "ccp-1"),
    evidence=(j.SealedFile("reseau", "Dépannage", 123456),),
    before="",
    after="C-02",
    questions=QUESTIONS,
    missing=MISSING,
)  # fmt: skip


class FakeDeliberation:
    """What the labd in memory knows of juries.

    Attributes:
        view: how far the jury is.
        sheet: every candidate's sheet.
    """

    def __init__(self, _labd: FakeLabd, refuse: Callable[..., Exception]) -> None:
        """Take the labd, and what makes its refusals."""
        self._refuse = refuse
        self.view = DELIBERATION
        self.sheet = SHEET

    @property
    def calls(self) -> Mapping[str, tuple[Call[Any, Any], Callable[..., Any]]]:
        """Each call with what answers it."""
        does: Mapping[str, Callable[..., Any]] = {
            "jury-sessions": self.sessions,
            "deliberation": self.one,
            "sheet": self.candidate,
            "observe": self.observe,
            "decide": self.decide,
            "sign-record": self.sign,
        }
        return {call.name: (call, does[call.name]) for call in j.DELIBERATION_CALLS}

    def require(self, who: FakePerson, session: str) -> None:
        """Refuse who is no member, and what is not there."""
        if "jury" not in who.roles:
            raise self._refuse("forbidden", "Ce n'est pas à vous de le faire.", "This is not for you to do.")
        if session != SESSION:
            raise self._refuse("missing", "Cette session n'existe pas.", "There is no such session.")

    def sessions(self, who: FakePerson, _asked: Nothing) -> tuple[j.JuryLine, ...]:
        """Return the sessions."""
        self.require(who, SESSION)
        lines = (j.JuryLine(SESSION, VIEW.title, VIEW.date, "sealed", 3, 2),)
        return (*lines, replace(lines[0], id="november-2026", stage="closed", undecided=0))

    def one(self, who: FakePerson, asked: OfSession) -> j.DeliberationView:
        """Return how far it is."""
        self.require(who, asked.session)
        return self.view

    def candidate(self, who: FakePerson, asked: j.OfCandidate) -> j.SheetView:
        """Return a candidate."""
        self.require(who, asked.session)
        if asked.number not in {one.number for one in CANDIDATES}:
            raise self._refuse("missing", "Pas de tel candidat.", "No such candidate.")
        return replace(self.sheet, number=asked.number)

    def observe(self, who: FakePerson, asked: j.RecordObservation) -> Nothing:
        """Record an observation."""
        self.candidate(who, j.OfCandidate(asked.session, asked.number))
        if not asked.text:
            raise self._refuse("wrong", "Dites-le.", "Say it.", "text")
        made = j.ObservationView(asked.text, who.name, AT, asked.question)
        if not asked.competence:
            self.sheet = replace(self.sheet, general=(*self.sheet.general, made))
        return Nothing()

    def decide(self, who: FakePerson, asked: j.Decide) -> Nothing:
        """Record a decision."""
        self.candidate(who, j.OfCandidate(asked.session, asked.number))
        if not asked.reason:
            raise self._refuse("wrong", "Dites-le.", "Say it.", "text")
        made = j.DecisionView(asked.verdict, same(asked.verdict), asked.reason, who.name, AT, False, False)

        def decided(one: j.SubjectView) -> j.SubjectView:
            return replace(one, decision=made) if one.subject == asked.subject else one

        parts = (
            replace(part, competences=tuple(map(decided, part.competences)), whole=decided(part.whole))
            for part in self.sheet.parts
        )
        self.sheet = replace(self.sheet, parts=tuple(parts))
        return Nothing()

    def sign(self, who: FakePerson, asked: j.SignRecord) -> Nothing:
        """Sign."""
        self.require(who, asked.session)
        if asked.digest != self.view.digest:
            raise self._refuse("wrong", "Tout a changé.", "All has changed.")
        if not asked.anyway:
            raise self._refuse("wrong", "Cochez.", "Tick it.", "anyway")
        if asked.password != PASSWORD:
            raise self._refuse("wrong", "Pas ce mot de passe.", "Not this password.", "password")
        members = tuple(replace(one, signed=one.signed or one.me) for one in self.view.members)
        self.view = replace(self.view, members=members, may_sign=False)
        return Nothing()
