"""What a session keeps of its candidates' codes and seats: hashes only, in a file of its folder.

A code is 80 random bits in characters that are not misread; it is kept as SHA-256 with the session's own salt, since
nobody finds it by trying. It lets nobody in by itself: who types it asks, and somebody of the room confirms. A browser
has a token of its own from then on, of which the hash is kept; one at a time holds the candidate's seat.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final, Literal

from orchestrator.assessment.session_folder import SessionFolder, write_whole
from orchestrator.core.errors import MachineError
from orchestrator.core.text import Text
from orchestrator.records.credentials import hash_of, new_secret
from orchestrator.records.join_codes import as_read, random_letters

_LENGTH: Final = 16
"""Characters of a code, of five bits each."""
_GROUP: Final = 4
_MOST_ASKING: Final = 4
"""How many browsers may wait for one seat at once: a new one takes the place of the oldest."""
_LONGEST_ADDRESS: Final = 64
_CODE: Final = re.compile(rf"[0-9A-HJKMNP-TV-Z]{{{_LENGTH}}}")
_LONGEST_TYPED: Final = 200

SeatState = Literal["asking", "seated"]
"""What a browser is at: it waits until somebody confirms who sits there; it has the candidate's seat."""


@dataclass(frozen=True)
class SeatRequest:
    """A browser in which a candidate's code was typed, and that waits.

    Attributes:
        id: by which it is answered; tells nothing of the code or the token.
        number: the candidate's number.
        token: the hash of the browser's token.
        at: when it asked, the session's time.
        address: where it is, as the portal knows it.
    """

    id: str
    number: str
    token: str
    at: int
    address: str


@dataclass(frozen=True)
class HeldSeat:
    """The browser that has a candidate's seat.

    Attributes:
        token: the hash of its token.
        at: since when, the session's time.
        address: where it is.
        changes: how many had the seat before.
    """

    token: str
    at: int
    address: str
    changes: int = 0


@dataclass(frozen=True)
class SeatBook:
    """Codes, requests and seats of one session.

    Attributes:
        plan: the seal of the plan that it belongs to: another plan of the same name has nothing of it.
        salt: what codes are hashed with.
        codes: candidate -> the hash of their code.
        asking: the browsers that wait, the oldest first.
        seats: candidate -> who has their seat.
        left: candidate -> how often their seat was taken from a browser.
    """

    plan: str
    salt: str = ""
    codes: Mapping[str, str] = field(default_factory=dict)
    asking: tuple[SeatRequest, ...] = ()
    seats: Mapping[str, HeldSeat] = field(default_factory=dict)
    left: Mapping[str, int] = field(default_factory=dict)

    def of_code(self, code: str) -> str | None:
        """Return whose a code is, as somebody types it; None where it is nobody's."""
        letters = as_read(code[:_LONGEST_TYPED])
        if not self.salt or not _CODE.fullmatch(letters):
            return None
        found = _hashed(self.salt, letters)
        return next((number for number, kept in self.codes.items() if secrets.compare_digest(kept, found)), None)

    def of_token(self, token: str) -> tuple[str, SeatState] | None:
        """Return whose a browser's token is, and what it is at; None where it is nobody's, or no longer."""
        found = hash_of(token)
        for number, seat in self.seats.items():
            if secrets.compare_digest(seat.token, found):
                return number, "seated"
        for one in self.asking:
            if secrets.compare_digest(one.token, found):
                return one.number, "asking"
        return None

    # What becomes of it -----------------------------------------------------------------------------------------

    def invited(self, numbers: Sequence[str]) -> tuple[SeatBook, Mapping[str, str]]:
        """Return it with new codes, and the codes as they are printed; the ones before hold no longer.

        Who has a seat keeps it; a browser that waits with a former code waits no longer.
        """
        salt = self.salt or secrets.token_hex(16)
        letters = {number: random_letters(_LENGTH) for number in numbers}
        codes = {**self.codes, **{number: _hashed(salt, code) for number, code in letters.items()}}
        waiting = tuple(one for one in self.asking if one.number not in letters)
        made = replace(self, salt=salt, codes=codes, asking=waiting)
        return made, {number: _grouped(code) for number, code in letters.items()}

    def asked(self, number: str, at: int, address: str) -> tuple[SeatBook, str]:
        """Return it with a browser that waits for a candidate's seat, and the token that the browser is given."""
        token = new_secret()
        request = SeatRequest(secrets.token_hex(8), number, hash_of(token), at, address[:_LONGEST_ADDRESS])
        mine = [one for one in self.asking if one.number == number][-_MOST_ASKING + 1 :]
        others = (one for one in self.asking if one.number != number or one in mine)
        return replace(self, asking=(*others, request)), token

    def confirmed(self, request: SeatRequest, at: int) -> SeatBook:
        """Return it with a browser that has the seat; the one before has it no longer, and no other waits for it."""
        number, seats = request.number, dict(self.seats)
        seats[number] = HeldSeat(request.token, at, request.address, self._changes(number))
        left = {key: count for key, count in self.left.items() if key != number}
        return replace(self, asking=self._without(number), seats=seats, left=left)

    def refused(self, request: SeatRequest) -> SeatBook:
        """Return it without a browser that waited."""
        return replace(self, asking=tuple(one for one in self.asking if one != request))

    def departed(self, token: str) -> SeatBook:
        """Return it without a browser that leaves, whether it waits or has the seat; who else waits goes on waiting."""
        found = self.of_token(token)
        if found is None:
            return self
        number, at = found
        if at == "asking":
            gone = hash_of(token)
            return replace(self, asking=tuple(one for one in self.asking if one.token != gone))
        return replace(self.ended(number), asking=self.asking)

    def ended(self, number: str) -> SeatBook:
        """Return it without a candidate's seat, and without who waits for it."""
        seats = {key: seat for key, seat in self.seats.items() if key != number}
        left = {**self.left, number: self._changes(number)}
        return replace(self, asking=self._without(number), seats=seats, left=left)

    def changes_seat(self, number: str) -> bool:
        """Return whether a candidate who is confirmed now had another seat before."""
        return self._changes(number) > 0

    def _changes(self, number: str) -> int:
        held = self.seats.get(number)
        return self.left.get(number, 0) if held is None else held.changes + 1

    def _without(self, number: str) -> tuple[SeatRequest, ...]:
        return tuple(one for one in self.asking if one.number != number)


class KeptSeats:
    """The book of one session, as its folder keeps it."""

    def __init__(self, folder: SessionFolder) -> None:
        """Take the session's folder."""
        self._folder = folder

    def read(self, plan: str = "") -> SeatBook:
        """Return what is kept.

        Args:
            plan: the seal of the session's plan: of another one there is nothing; empty: whichever is there.

        Raises:
            MachineError: the file cannot be read.
        """
        try:
            book = _book(json.loads(self._folder.seats.read_bytes()))
        except FileNotFoundError:
            return SeatBook(plan)
        except (OSError, ValueError, TypeError, LookupError, AttributeError) as error:
            raise MachineError(
                Text(
                    fr="Les codes et les places de la session ne se lisent plus.",
                    en="The session's codes and seats cannot be read any more.",
                ),
                Text(
                    fr=f"Retirez {self._folder.seats} et faites de nouveaux codes.",
                    en=f"Remove {self._folder.seats} and make new codes.",
                ),
            ) from error
        return book if not plan or book.plan == plan else SeatBook(plan)

    @contextmanager
    def changing(self, plan: str) -> Iterator[SeatBook]:
        """Give what is kept, which nobody else changes within the block; ``keep`` is for within it."""
        with self._folder.changing_seats():
            yield self.read(plan)

    def keep(self, book: SeatBook) -> None:
        """Keep a book, whole or not at all."""
        write_whole(self._folder.seats, json.dumps(asdict(book)).encode("ascii"))
        self._folder.seats.chmod(0o600)


def _book(document: Mapping[str, Any]) -> SeatBook:
    return SeatBook(
        plan=document["plan"],
        salt=document["salt"],
        codes=dict(document["codes"]),
        asking=tuple(SeatRequest(**one) for one in document["asking"]),
        seats={number: HeldSeat(**seat) for number, seat in document["seats"].items()},
        left=dict(document["left"]),
    )


def _hashed(salt: str, letters: str) -> str:
    return hashlib.sha256(f"{salt}\n{letters}".encode()).hexdigest()


def _grouped(letters: str) -> str:
    return "-".join(letters[at : at + _GROUP] for at in range(0, _LENGTH, _GROUP))
