"""How a trainer helps, in the labd in memory: consent to type, hints, attempts with comments, a new link."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from orchestrator.core.text import Text
from orchestrator.labd import account_contract, lab_contract
from orchestrator.labd import help_contract as h
from orchestrator.labd.calls import Call, Nothing
from orchestrator.labd.talk_contract import ConversationView
from tests.fakes import labd_world as world
from tests.fakes.labd_classes import UNTIL, FakeClasses
from tests.fakes.labd_world import FakePerson

if TYPE_CHECKING:
    from tests.fakes.labd import FakeLabd

SUMMARY = h.AttemptSummary(
    id=7,
    scenario=world.SCENARIO,
    title=world.MOVE.title,
    seed="7",
    started=world.EARLIER,
    running=True,
    solved=False,
    verdict="not_repaired",
    seconds=1800,
    minutes=25,
    hints=1,
    hints_offered=2,
    gradings=2,
    given=0,
    comments=0,
    typed=False,
)
SOLVED = replace(
    SUMMARY, id=3, scenario=world.DNS.id, title=world.DNS.title, seed="12", started="2026-11-27T14:00:00+00:00",
    running=False, solved=True, verdict="repaired", seconds=1260, minutes=40, hints=0, gradings=3, typed=True,
)  # fmt: skip
REPORT = lab_contract.ReportView(
    "Plus de réseau sur pc1.\nDepuis lundi.", "Câble débranché.", "Rebranché eth0.", "Ping vers srv1.", 20
)


class FakeHelp:
    """What the labd in memory knows of help.

    Attributes:
        attempts: the attempts of everybody, by their number, the newest first.
        notes: what trainers wrote, by attempt.
    """

    def __init__(self, labd: FakeLabd, classes: FakeClasses, refuse: Callable[..., Exception]) -> None:
        """Take the labd, its classes, and what makes its refusals."""
        self._labd = labd
        self._classes = classes
        self._refuse = refuse
        self.attempts: dict[int, h.AttemptSummary] = {SUMMARY.id: SUMMARY, SOLVED.id: SOLVED}
        self.notes: dict[int, list[lab_contract.TrainerNote]] = {SUMMARY.id: [], SOLVED.id: []}
        self.talks: tuple[ConversationView, ...] = ()
        """What was said in the attempt that runs."""
        self.refs: dict[str, str] = {}
        """Whose each question to type is, by its id."""

    @property
    def calls(self) -> Mapping[str, tuple[Call[Any, Any], Callable[..., Any]]]:
        """Each call with what answers it."""
        return {call.name: (call, getattr(self, call.name.replace("-", "_"))) for call in h.HELP_CALLS}

    def _typing(self, lab: str, consent: str) -> lab_contract.TypingView:
        for one in self._labd.labs[lab].typing:
            if one.id == consent:
                return one
        raise self._refuse("missing", "Cette demande n'est plus en cours.", "This question is no longer open.")

    def _now(self, lab: str, one: lab_contract.TypingView, state: h.TypingState) -> None:
        others = tuple(each for each in self._labd.labs[lab].typing if each.id != one.id)
        if state in {"asked", "allowed"}:
            others += (replace(one, state="allowed" if state == "allowed" else "asked"),)
        self._labd.change(lab, typing=others)
        body = {"id": one.id, "terminal": one.terminal, "by": one.by, "state": state, "bytes": 0}
        self._labd.emit("typing", body, lab)

    def seen_by(self, who: FakePerson, lab: lab_contract.LabView) -> lab_contract.LabView:
        """Return a lab as somebody sees what is asked in it."""
        return replace(lab, typing=tuple(replace(one, yours=self.refs[one.id] == who.ref) for one in lab.typing))

    def may_type(self, who: FakePerson, lab: str, terminal: str) -> bool:
        """Return whether somebody may type in a terminal of another's lab."""
        return any(
            one.terminal == terminal and one.state == "allowed" and self.refs[one.id] == who.ref
            for one in self._labd.labs[lab].typing
        )

    def ask_to_type(self, who: FakePerson, asked: h.AskToType) -> Nothing:
        """Ask to type."""
        self._labd.own(who, asked.lab)
        terminal = self._labd.terminals.get((asked.lab, asked.terminal))
        if terminal is None:
            raise self._refuse("missing", "Ce terminal n'existe pas.", "There is no such terminal.")
        made = secrets.token_hex(8)
        self.refs[made] = who.ref
        host = terminal.view.host
        self._now(
            asked.lab, lab_contract.TypingView(made, asked.terminal, host, who.name, "asked", yours=False), "asked"
        )
        return Nothing()

    def answer_typing(self, who: FakePerson, asked: h.AnswerTyping) -> Nothing:
        """Allow or refuse it."""
        self._labd.own(who, asked.lab)
        self._now(asked.lab, self._typing(asked.lab, asked.id), "allowed" if asked.allow else "refused")
        return Nothing()

    def end_typing(self, who: FakePerson, asked: h.EndTyping) -> Nothing:
        """End it."""
        self._labd.own(who, asked.lab)
        self._now(asked.lab, self._typing(asked.lab, asked.id), "ended")
        return Nothing()

    def give_hint(self, who: FakePerson, asked: h.GiveHint) -> Nothing:
        """Give a hint."""
        lab = self._labd.own(who, asked.lab)
        if not asked.text:
            raise self._refuse("wrong", "Il faut un texte.", "A text is needed.", "text")
        note = lab_contract.TrainerNote("hint", who.name, world.NOW, asked.text, new=True)
        self._labd.change(asked.lab, notes=(*lab.notes, note))
        self._labd.emit("trainer-hint", {"by": who.name, "text": asked.text}, asked.lab)
        return Nothing()

    def give_class_hint(self, who: FakePerson, asked: h.GiveClassHint) -> h.HintsGiven:
        """Give a hint to the class, where one lab runs."""
        self._classes.own(who, asked.name)
        self.give_hint(who, h.GiveHint(world.LAB, asked.text))
        return h.HintsGiven(1)

    def _trainee(self, who: FakePerson, name: str, handle: str) -> FakePerson:
        if handle not in self._classes.own(who, name).members:
            raise self._refuse("missing", "Cette personne n'en est pas.", "This person is not in it.")
        return self._labd.people[handle]

    def _summary(self, number: int) -> h.AttemptSummary:
        if number not in self.attempts:
            raise self._refuse("missing", "Cet essai n'existe pas.", "There is no such attempt.")
        kinds = [note.kind for note in self.notes[number]]
        return replace(self.attempts[number], given=kinds.count("hint"), comments=kinds.count("comment"))

    def member_attempts(self, who: FakePerson, asked: h.OfMember) -> h.MemberAttempts:
        """Return a trainee's attempts; only Léa has some."""
        person = self._trainee(who, asked.name, asked.handle)
        mine = tuple(map(self._summary, self.attempts)) if person.handle == "lea" else ()
        return h.MemberAttempts(person.handle, person.name, mine)

    def member_attempt(self, who: FakePerson, asked: h.OfMemberAttempt) -> h.AttemptView:
        """Return one of them."""
        person, summary = self._trainee(who, asked.name, asked.handle), self._summary(asked.attempt)
        lab = world.lab()
        given = ("eth0", "1", "Dear all, it works.")
        answered = tuple(replace(one, answer=answer) for one, answer in zip(lab.questions, given, strict=True))
        return h.AttemptView(
            handle=person.handle,
            name=person.name,
            summary=summary,
            lab=world.LAB if summary.running else "",
            grading=replace(world.GRADING, checks=(*world.CHECKS, replace(world.CHECKS[1], id="another"))),
            questions=answered if summary.running else (),
            report=REPORT if summary.running else None,
            notes=tuple(self.notes[asked.attempt]),
            talks=self.talks if summary.running else (),
            trouble=None if summary.running else Text(fr="Les réponses sont parties.", en="The answers are gone."),
        )

    def comment(self, who: FakePerson, asked: h.Comment) -> Nothing:
        """Comment on an attempt."""
        self.member_attempt(who, h.OfMemberAttempt(asked.name, asked.handle, asked.attempt))
        if not asked.text:
            raise self._refuse("wrong", "Il faut un texte.", "A text is needed.", "text")
        number = 1 + sum(map(len, self.notes.values()))
        note = lab_contract.TrainerNote("comment", who.name, world.NOW, asked.text, new=True, id=number, yours=True)
        self.notes[asked.attempt].append(note)
        return Nothing()

    def _own(self, who: FakePerson, asked: h.OfComment | h.ChangeComment) -> lab_contract.TrainerNote:
        self.member_attempt(who, h.OfMemberAttempt(asked.name, asked.handle, asked.attempt))
        for note in self.notes[asked.attempt]:
            if note.id == asked.note and note.kind == "comment":
                return note
        raise self._refuse("missing", "Ce commentaire n'existe pas.", "There is no such comment.")

    def _put(self, attempt: int, note: lab_contract.TrainerNote) -> Nothing:
        self.notes[attempt] = [note if one.id == note.id else one for one in self.notes[attempt]]
        return Nothing()

    def change_comment(self, who: FakePerson, asked: h.ChangeComment) -> Nothing:
        """Change a comment."""
        note = self._own(who, asked)
        if not asked.text:
            raise self._refuse("wrong", "Il faut un texte.", "A text is needed.", "text")
        return self._put(asked.attempt, replace(note, text=asked.text, changed=world.NOW, new=True))

    def withdraw_comment(self, who: FakePerson, asked: h.OfComment) -> Nothing:
        """Withdraw a comment."""
        note = self._own(who, asked)
        return self._put(asked.attempt, replace(note, text="", withdrawn=world.NOW, new=False, yours=False))

    def renew_link(self, who: FakePerson, asked: h.OfMember) -> account_contract.NewLink:
        """Make a trainee a new link; not for one who is more than a trainee."""
        person = self._trainee(who, asked.name, asked.handle)
        if person.roles != ("trainee",):
            raise self._refuse("wrong", "Pas seulement votre stagiaire.", "Not only your trainee.")
        return account_contract.NewLink(asked.handle, secrets.token_urlsafe(24), UNTIL)

    def comment_news(self, who: FakePerson, _asked: Nothing) -> tuple[h.CommentNews, ...]:
        """Return the comments that were not read yet."""
        if who.handle != "lea":
            return ()
        return tuple(
            h.CommentNews(one.scenario, one.title, one.started, note.by)
            for one in self.attempts.values()
            for note in self.notes[one.id]
            if note.new and note.kind == "comment"
        )

    def read_notes(self, who: FakePerson, asked: h.OfScenario) -> tuple[h.AttemptNotes, ...]:
        """Return what trainers wrote."""
        if who.handle != "lea":
            return ()
        mine = [one for one in self.attempts.values() if one.scenario == asked.scenario and self.notes[one.id]]
        found = tuple(h.AttemptNotes(one.seed, one.started, tuple(self.notes[one.id])) for one in mine)
        for one in mine:
            self.notes[one.id] = [replace(note, new=False) for note in self.notes[one.id]]
        return found
