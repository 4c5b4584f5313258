"""What the labd in memory keeps of people: recordings of one attempt, wishes to be forgotten, an archive."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from orchestrator.core.text import Text, same
from orchestrator.labd import path_contract
from orchestrator.labd import privacy_contract as k
from orchestrator.labd.calls import Call, Nothing
from orchestrator.labd.talk_contract import ConversationView
from tests.fakes import labd_world as world
from tests.fakes.labd_world import FakePerson

if TYPE_CHECKING:
    from tests.fakes.labd import FakeLabd

ATTEMPT = 41
"""The attempt of the trainee's that was recorded; the one before it was not."""
LONG, SHORT = "00000000000000a1", "00000000000000b2"
BEGAN = "2026-11-27T14:00:30Z"
LATER = "2026-11-27T14:04:00Z"
Refuse = Callable[..., Exception]

MARKS = (
    k.MarkLine("2026-11-27T14:01:40Z", "red", Text(fr="Le site interne répond", en="The intranet answers")),
    k.MarkLine("2026-11-27T14:01:40Z", "green", Text(fr="pc2 a le réseau", en="pc2 has the network")),
    k.MarkLine("2026-11-27T14:02:30Z", "hint", same(""), 1),
    k.MarkLine("2026-11-27T14:05:10Z", "green", Text(fr="Le site interne répond", en="The intranet answers")),
    k.MarkLine(
        "2026-11-27T14:05:10Z",
        "change",
        Text(fr="srv1 : le fichier /etc/hosts a changé", en="srv1: the file /etc/hosts has changed"),
    ),
)


def cast(commands: Mapping[float, tuple[str, str]], rows: int = 24, columns: int = 80) -> str:
    """Return a recording in which commands are typed at some times: command and what it shows."""
    lines: list[object] = [{"version": 2, "width": columns, "height": rows, "timestamp": 0}]
    prompt = "\x1b[1;32mroot@srv1\x1b[0m:~# "
    lines.append([0.1, "o", prompt])
    for at, (command, shows) in commands.items():
        lines += [[round(at + 0.1 * n, 3), "o", sign] for n, sign in enumerate(command)]
        lines.append([round(at + 0.1 * len(command) + 0.2, 3), "o", f"\r\n{shows}{prompt}"])
    return "".join(json.dumps(line) + "\n" for line in lines)


CASTS = {
    LONG: cast(
        {
            3: ("systemctl status named", "\x1b[1;31m×\x1b[0m named.service - BIND Domain Name Server\r\n"),
            70: ("named-checkzone atelier.example /etc/bind/db.atelier", "zone atelier.example/IN: not loaded\r\n"),
            260: ("nano /etc/bind/db.atelier", "\r\n"),
            282: ("systemctl restart named", "\r\n"),
        }
    ),
    SHORT: cast({2: ("ping -c1 intranet", "ping: intranet: Name or service not known\r\n")}, 30, 120),
}


class FakePrivacy:
    """What the labd in memory keeps of people.

    Attributes:
        asked: who asks to be forgotten: short name → since when.
        erased: the short names of those who were.
        running: labs that have to be stopped before.
        archives: how many were made.
        talks: what was said in the attempts.
    """

    def __init__(self, labd: FakeLabd, refuse: Refuse) -> None:
        """Take the labd whose people these are, and what makes its refusals."""
        self._labd = labd
        self._refuse = refuse
        self.asked: dict[str, str] = {}
        self.erased: list[str] = []
        self.running: tuple[str, ...] = ()
        self.archives = 0
        self.talks: tuple[ConversationView, ...] = ()

    @property
    def calls(self) -> Mapping[str, tuple[Call[Any, Any], Callable[..., Any]]]:
        """Each call with what answers it."""
        return {call.name: (call, getattr(self, call.name.replace("-", "_"))) for call in k.PRIVACY_CALLS}

    def _administrator(self, who: FakePerson) -> None:
        if "administrator" not in who.roles:
            raise self._refuse("forbidden", "Ce n'est pas à vous de le faire.", "This is not for you to do.")

    def privacy(self, who: FakePerson, _asked: Nothing) -> k.PrivacyView:
        """Return what is kept about somebody."""
        trainee = "trainee" in who.roles
        return k.PrivacyView(
            email=f"{who.handle}@ecole.example" if trainee else "",
            born="2004-05-17" if trainee else "",
            organisation="",
            candidate_number="C-77" if trainee else "",
            account="",
            classes=("tssr-2026",) if trainee else (),
            trainers=("Théo Bernard",) if trainee else (),
            attempts=2 if trainee else 0,
            recordings=len(CASTS) if trainee else 0,
            recorded_bytes=1_234_567 if trainee else 0,
            looks=(k.LookLine(world.NOW, "Théo Bernard", world.DNS.title),) if trainee else (),
            days=400,
            until="2028-01-01",
            keeps_number=True,
            recordings_days=45,
            sign_in_hours=12,
            sign_in_days=30,
            asked=self.asked.get(who.handle, ""),
            running=self.running,
        )

    def archive(self, who: FakePerson, language: str) -> bytes:
        """Return what would be a zip file; there are two at most."""
        if self.archives == 2:
            raise self._refuse("too-often", "C'est trop souvent.", "That is too often.")
        self.archives += 1
        return f"PK {who.handle} {language}".encode()

    def ask_erasure(self, who: FakePerson, asked: k.AskErasure) -> Nothing:
        """Note a wish."""
        if asked.password != who.password:
            raise self._refuse("wrong", "Ce n'est pas votre mot de passe.", "This is not your password.", "password")
        self.asked[who.handle] = world.NOW
        return Nothing()

    def withdraw_erasure(self, who: FakePerson, _asked: Nothing) -> Nothing:
        """Forget a wish."""
        self.asked.pop(who.handle, None)
        return Nothing()

    def erasure_requests(self, who: FakePerson, _asked: Nothing) -> tuple[k.ErasureRequestLine, ...]:
        """Return the wishes."""
        self._administrator(who)
        people = self._labd.people
        return tuple(k.ErasureRequestLine(handle, people[handle].name, at) for handle, at in self.asked.items())

    def look_at_erasure(self, who: FakePerson, asked: k.OfPerson) -> k.ErasureView:
        """Return what would be gone."""
        self._administrator(who)
        if asked.handle not in self.asked:
            raise self._refuse("missing", "Personne ne le demande.", "Nobody asks for it.")
        name = self._labd.people[asked.handle].name
        sessions = ("session:3",) if self.running else ()
        at = self.asked[asked.handle]
        return k.ErasureView(asked.handle, name, at, ("tssr-2026",), 2, 2, 1_234_567, sessions, self.running)

    def erase_person(self, who: FakePerson, asked: k.OfPerson) -> k.Erased:
        """Forget somebody."""
        self.look_at_erasure(who, asked)
        if self.running:
            raise self._refuse("busy", "Des labs sont en marche.", "Labs run.")
        del self.asked[asked.handle]
        self.erased.append(asked.handle)
        return k.Erased("P-000000000001", 2)

    def recorded_attempts(self, _who: FakePerson, _asked: path_contract.LookAtScenario) -> tuple[int, ...]:
        """Return which attempts were recorded."""
        return (ATTEMPT,)

    def _attempt(self, who: FakePerson, number: int) -> None:
        looks = who.handle in {"lea", "theo"} or "administrator" in who.roles
        if number not in {ATTEMPT, ATTEMPT - 1} or not looks:
            raise self._refuse("missing", "Cet essai n'existe pas.", "There is no such attempt.")

    def replay(self, who: FakePerson, asked: k.OfAttempt) -> k.ReplayView:
        """Return an attempt's replay."""
        self._attempt(who, asked.attempt)
        recorded = asked.attempt == ATTEMPT
        first, second = CASTS[LONG], CASTS[SHORT]
        return k.ReplayView(
            attempt=asked.attempt,
            scenario=world.DNS.id,
            title=world.DNS.title,
            seed="12",
            started="2026-11-27T14:00:00Z",
            solved="2026-11-27T14:05:10Z" if recorded else "",
            yours=who.handle == "lea",
            name="Léa Martin",
            recordings=(
                k.RecordingLine(LONG, "srv1", BEGAN, 284.5, len(first), 24, 80),
                k.RecordingLine(SHORT, "pc1", LATER, 3.9, len(second), 30, 120),
            )
            if recorded
            else (),
            marks=MARKS if recorded else (),
            recordings_days=45,
            talks=self.talks,
        )

    def replay_piece(self, who: FakePerson, asked: k.PieceOf) -> k.Piece:
        """Return a piece of a recording: three lines at most."""
        self._attempt(who, asked.attempt)
        if asked.recording not in CASTS or asked.at > len(CASTS[asked.recording]):
            raise self._refuse("missing", "Cet enregistrement n'existe plus.", "This recording is gone.")
        rest = CASTS[asked.recording][asked.at :]
        lines = "".join(rest.splitlines(keepends=True)[:40])
        return k.Piece(lines, asked.at + len(lines), len(lines) == len(rest))
