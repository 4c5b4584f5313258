"""The classes of the labd in memory: their calls, and a board that whoever tests may change."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from orchestrator.core.text import Text
from orchestrator.labd import account_contract
from orchestrator.labd import class_contract as k
from orchestrator.labd.calls import Call, Nothing
from tests.fakes import labd_world as world
from tests.fakes.labd_world import FakePerson

if TYPE_CHECKING:
    from tests.fakes.labd import FakeLabd

CLASS = "tssr-2026"
UNTIL = "2026-11-28T18:00:00+00:00"
CODE = "KIWI-4821"
Refuse = Callable[..., Exception]

CHECKS = (
    k.BoardCheck("address", Text(fr="pc1 a une adresse du réseau", en="pc1 has an address of the network")),
    k.BoardCheck("server", Text(fr="pc1 joint le serveur", en="pc1 reaches the server")),
    k.BoardCheck("others", Text(fr="pc2 joint toujours le serveur", en="pc2 still reaches the server")),
)


@dataclass
class FakeClass:
    """A class: short names of its members and trainers, its code, its launches, and what was announced."""

    members: list[str]
    trainers: list[str]
    code: k.JoinCode | None = None
    launches: list[k.LaunchLine] = field(default_factory=list)
    announced: list[str] = field(default_factory=list)
    limits: k.ClassLimitsView = field(default_factory=k.ClassLimitsView)


MOST = k.ClassLimitsView(12, 24 * 1024, 2.0)
"""What a trainer may set for a class."""


def row(handle: str, name: str, **fields: Any) -> k.BoardRow:  # noqa: ANN401 - a row's
    """Return the row of somebody who works at the scenario and was graded once."""
    usual: dict[str, Any] = {
        "scenario": world.SCENARIO,
        "lab": f"{handle}-lab",
        "state": "running",
        "colours": ("fail", "fail", "pass"),
        "graded": world.NOW,
        "seconds": 754,
        "minutes": 25,
        "hints": 1,
        "gradings": 2,
        "active": world.NOW,
        "looked": world.NOW,
        "stuck": False,
        "trouble": None,
    }
    return k.BoardRow(handle, name, **{**usual, **fields})


class FakeClasses:
    """What the labd in memory knows of classes.

    Attributes:
        classes: the classes by name.
        rows: the rows of every board; those who have none work at nothing.
        launching: how many labs are still to be started.
    """

    def __init__(self, labd: FakeLabd, refuse: Refuse) -> None:
        """Take the labd whose classes these are, and what makes its refusals."""
        self._labd = labd
        self._refuse = refuse
        self.classes: dict[str, FakeClass] = {CLASS: FakeClass(["lea", "nour"], ["theo"])}
        self.rows: dict[str, k.BoardRow] = {"lea": row("lea", "Léa Martin", lab=world.LAB)}
        self.launching = 0

    @property
    def calls(self) -> Mapping[str, tuple[Call[Any, Any], Callable[..., Any]]]:
        """Each call with what answers it."""
        names = {"class": "class_", "classes": "list_classes"}
        return {
            call.name: (call, getattr(self, names.get(call.name, call.name.replace("-", "_"))))
            for call in k.CLASS_CALLS
        }

    def _trainer(self, who: FakePerson) -> None:
        if not {"trainer", "administrator"} & set(who.roles):
            raise self._refuse("forbidden", "Ce n'est pas à vous de le faire.", "This is not for you to do.")

    def _own(self, who: FakePerson, name: str) -> FakeClass:
        one = self.classes.get(name)
        if one is None or (who.handle not in one.trainers and "administrator" not in who.roles):
            raise self._refuse("missing", "Cette classe n'existe pas.", "There is no such class.")
        return one

    def own(self, who: FakePerson, name: str) -> FakeClass:
        """Return a class to who trains it."""
        return self._own(who, name)

    def _views(self, one: FakeClass) -> tuple[k.MemberView, ...]:
        people = [self._labd.people[handle] for handle in (*one.members, *one.trainers)]
        return tuple(
            k.MemberView(person.handle, person.name, person.handle in one.trainers, person.password is not None)
            for person in people
        )

    def list_classes(self, who: FakePerson, _asked: Nothing) -> tuple[k.ClassLine, ...]:
        """Return somebody's classes."""
        self._trainer(who)
        own = {n: one for n, one in self.classes.items() if who.handle in one.trainers or "administrator" in who.roles}
        return tuple(k.ClassLine(name, len(one.members), len(self.rows)) for name, one in own.items())

    def add_class(self, who: FakePerson, asked: k.OfClass) -> Nothing:
        """Make a class."""
        self._trainer(who)
        if asked.name in self.classes or " " in asked.name or not asked.name:
            raise self._refuse("wrong", "Ce nom ne va pas.", "This name will not do.", "name")
        self.classes[asked.name] = FakeClass([], [who.handle])
        return Nothing()

    def class_(self, who: FakePerson, asked: k.OfClass) -> k.ClassView:
        """Return a class."""
        one = self._own(who, asked.name)
        return k.ClassView(asked.name, self._views(one), tuple(reversed(one.launches)), one.code, one.limits, MOST)

    def add_members(self, who: FakePerson, asked: k.AddMembers) -> tuple[account_contract.NewLink, ...]:
        """Add the people of a list, whose lines are ``handle,name``."""
        one = self._own(who, asked.name)
        header, *lines = asked.people.splitlines() or [""]
        if not header.startswith("handle"):
            raise self._refuse("wrong", "La colonne « handle » manque.", 'The column "handle" is missing.', "people")
        links = []
        for line in lines:
            handle, _, name = line.partition(",")
            if handle not in self._labd.people:
                ref = f"P-{len(self._labd.people) + 1:012x}"
                self._labd.people[handle] = FakePerson(ref, handle, name, ("trainee",), password=None)
                links.append(account_contract.NewLink(handle, secrets.token_urlsafe(24), UNTIL))
            one.members.append(handle)
        return tuple(links)

    def remove_member(self, who: FakePerson, asked: k.RemoveMember) -> Nothing:
        """Take somebody out."""
        one = self._own(who, asked.name)
        if asked.handle not in one.members:
            raise self._refuse("missing", "Cette personne n'en est pas.", "This person is not in it.")
        one.members.remove(asked.handle)
        return Nothing()

    def make_code(self, who: FakePerson, asked: k.OfClass) -> k.JoinCode:
        """Make a code."""
        one = self._own(who, asked.name)
        one.code = k.JoinCode(CODE if one.code is None else f"{CODE}-2", UNTIL)
        return one.code

    def end_code(self, who: FakePerson, asked: k.OfClass) -> Nothing:
        """End the code."""
        self._own(who, asked.name).code = None
        return Nothing()

    def limit_class(self, who: FakePerson, asked: k.LimitClass) -> Nothing:
        """Set the limits."""
        one = self._own(who, asked.name)
        for name in ("labs", "memory", "processors"):
            if (getattr(asked, name) or 0) > getattr(MOST, name):
                raise self._refuse("wrong", "C'est trop.", "That is too much.", name)
        one.limits = k.ClassLimitsView(asked.labs, asked.memory, asked.processors)
        return Nothing()

    def look_at_code(self, asked: k.LookAtCode) -> k.CodeView:
        """Return whose a code is."""
        for name, one in self.classes.items():
            if one.code is not None and one.code.code == asked.code:
                return k.CodeView(name)
        raise self._refuse("missing", "Ce code ne vaut pas.", "This code does not hold.", "code")

    def join(self, asked: k.Join) -> account_contract.SignedIn:
        """Join as somebody new."""
        one = self.classes[self.look_at_code(k.LookAtCode(asked.code)).name]
        if asked.handle in self._labd.people:
            raise self._refuse("wrong", "Ce nom court est pris.", "This short name is taken.", "handle")
        person = FakePerson(
            f"P-{len(self._labd.people) + 1:012x}",
            asked.handle,
            f"{asked.given_name} {asked.family_name}",
            ("trainee",),
            asked.password,
        )
        self._labd.people[asked.handle] = person
        one.members.append(asked.handle)
        return self._labd.signed_in_as(asked.handle)

    def launch(self, who: FakePerson, asked: k.LaunchForClass) -> Nothing:
        """Launch a scenario."""
        one = self._own(who, asked.name)
        card = world.card(asked.scenario)
        if card is None:
            raise self._refuse("missing", "Ce scénario n'existe pas.", "There is no such scenario.", "scenarios")
        one.launches.append(k.LaunchLine(asked.scenario, card.scenario.title, world.NOW))
        return Nothing()

    def stop_class(self, who: FakePerson, asked: k.OfClass) -> Nothing:
        """Stop all labs."""
        self._own(who, asked.name)
        self.rows = {handle: replace(one, state="ended", lab="") for handle, one in self.rows.items()}
        return Nothing()

    def board(self, who: FakePerson, asked: k.OfClass) -> k.BoardView:
        """Return the board."""
        one = self._own(who, asked.name)
        nothing: dict[str, Any] = {
            "scenario": "",
            "lab": "",
            "state": "none",
            "colours": (),
            "graded": "",
            "seconds": 0,
        }
        nothing |= {"minutes": 0, "hints": 0, "gradings": 0, "active": "", "looked": ""}
        people = [self._labd.people[handle] for handle in one.members]
        rows = tuple(self.rows.get(p.handle) or row(p.handle, p.name, **nothing) for p in people)
        return k.BoardView(asked.name, world.SCENARIO, world.MOVE.title, CHECKS, rows, self.launching)

    def announce(self, who: FakePerson, asked: k.Announce) -> Nothing:
        """Say something."""
        one = self._own(who, asked.name)
        if not asked.text:
            raise self._refuse("wrong", "L'annonce est vide.", "The announcement is empty.", "text")
        one.announced.append(asked.text)
        self._labd.emit("announced", {"text": asked.text, "by": who.name})
        return Nothing()

    def export(self, who: FakePerson, asked: k.OfClass) -> k.Export:
        """Return the results."""
        self._own(who, asked.name)
        return k.Export("scenario,person\r\nno-network-after-move,Léa\r\n")
