"""The contract between labd and who calls it, version 1: what a call is, and what every call may give.

Its calls, with what each takes and gives, are in the modules ``*_contract``; ``contract`` has them all.

A call is ``POST /v1/NAME`` with a JSON object, the fields of its request, and the header ``Authorization: Bearer
TOKEN`` where somebody is signed in. The token names the person: no caller can act for somebody who does not use it.
The answer is the JSON form of the response, with status 200; or a ``Refusal`` with a status that its ``kind`` decides.

What happens in a lab is read at ``GET /v1/events/LAB?after=N`` as lines of JSON, each a ``LabEvent``
(``event_contract``); a terminal is a WebSocket at ``/v1/terminal/LAB/ID``, a host's screen one at
``/v1/display/LAB/HOST`` that speaks RFB.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Generic, Literal, TypeVar

from orchestrator.core.language import Language
from orchestrator.core.text import Text

VERSION = 1
"""The contract's version: it stands in every address, and changes when a caller of the old one would misread."""
Q = TypeVar("Q")
R = TypeVar("R")


@dataclass(frozen=True)
class Call(Generic[Q, R]):
    """One call: its name in the address, what it takes and what it gives."""

    name: str
    request: type[Q]
    response: type[R]


ADDRESS: Final = "x-breakfix-address"
"""The header in which a candidate's browser's address stands, percent-encoded, as the portal knows it."""
RefusalKind = Literal["signed-out", "forbidden", "missing", "wrong", "busy", "too-often", "machine", "broken"]
"""Why a call was refused. What somebody may not see is ``missing``, so that nobody learns that it exists."""
STATUS: Mapping[RefusalKind, int] = {
    "signed-out": 401,
    "forbidden": 403,
    "missing": 404,
    "wrong": 422,
    "busy": 409,
    "too-often": 429,
    "machine": 503,
    "broken": 500,
}


@dataclass(frozen=True)
class Refusal:
    """Why a call was refused, for a person.

    Attributes:
        kind: by which a program goes.
        text: what happened.
        hint: what to do next; None where the text says it.
        field: the field of the request that is wrong; empty where none is.
        seconds: how long to wait before the next try; 0 where that does not help.
    """

    kind: RefusalKind
    text: Text
    hint: Text | None = None
    field: str = ""
    seconds: int = 0


@dataclass(frozen=True)
class Nothing:
    """A request without fields, or an answer that only says that it was done."""


RoleName = Literal["trainee", "trainer", "jury", "invigilator", "organiser", "administrator", "candidate"]


@dataclass(frozen=True)
class Who:
    """Somebody who is signed in.

    Attributes:
        ref: the store's reference, ``P-`` and twelve hexadecimal digits.
        handle: the short name.
        name: the name as it is read; the short name where none is known.
        roles: what they are.
        language: the language that they chose; None: none yet.
    """

    ref: str
    handle: str
    name: str
    roles: tuple[RoleName, ...]
    language: Language | None
