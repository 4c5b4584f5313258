"""A new jury session: its plan by fields or as text, from one to the other, each mistake at its field or line."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from orchestrator.core.text import Text
from orchestrator.labd.calls import STATUS, Nothing, Refusal
from orchestrator.labd.labd_client import RefusedError
from orchestrator.labd.plan_contract import (
    PLAN_CHOICES,
    READ_PLAN,
    WRITE_PLAN,
    PlanChoices,
    PlanRead,
    PlanText,
    ReadPlan,
    WritePlan,
)
from orchestrator.labd.plan_form_contract import MOST_CANDIDATES, PlanFields
from orchestrator.labd.session_contract import PLAN_SESSION, SESSIONS, PlanMistake, PlanOutcome, PlanSession
from orchestrator.portal import in_words, plan_words, session_words, trainer_words
from orchestrator.portal.pages import go_to, render, said_at_form, signed_in
from orchestrator.portal.plan_places import is_a_day, place_of
from orchestrator.portal.plan_rows import (
    MOST,
    RowsChanged,
    blank,
    changed,
    digest,
    file_name,
    merged,
    plan_fields,
    with_rows,
)
from orchestrator.portal.rehearsal_plan import SECONDS, rehearsal
from orchestrator.portal.visit import ask, visit_of
from orchestrator.portal.web_forms import fields_of

_TO_BE_CORRECTED: Final = 422
_SHOWN: Final = 160
"""Characters of a line that are shown beside what is wrong in it."""
_MOST_DIGITS: Final = 4


def routes() -> list[BaseRoute]:
    """Return the routes of these pages."""
    return [
        Route("/new-session", show_fields, methods=["GET"]),
        Route("/new-session", fill_in, methods=["POST"]),
        Route("/new-session/text", show_text, methods=["GET"]),
        Route("/new-session/text", plan_by_text, methods=["POST"]),
    ]


def _seconds(rehearsal: str) -> int | None:
    """Return how long a minute of the rehearsal lasts; None: it is none.

    Raises:
        ValueError: what was typed is no number.
    """
    if not rehearsal:
        return None
    if not (rehearsal.isascii() and rehearsal.isdigit() and len(rehearsal) <= _MOST_DIGITS):
        raise ValueError(rehearsal)
    return int(rehearsal)


async def _planned(request: Request, asked: PlanSession, rehearsal: str) -> PlanOutcome | Refusal:
    """Return what became of a plan, or what is said at its form."""
    try:
        return await ask(request, PLAN_SESSION, replace(asked, rehearsal=_seconds(rehearsal)))
    except ValueError:
        return session_words.WRONG_REHEARSAL
    except RefusedError as error:
        return said_at_form(error)


def _status(refusal: Refusal | None, mistakes: Sequence[PlanMistake]) -> int:
    return STATUS[refusal.kind] if refusal else _TO_BE_CORRECTED if mistakes else 200


# By fields ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class FilledIn:
    """What stands in the form of fields.

    Attributes:
        fields: the plan.
        rehearsal: what was typed there.
        listed: the list of candidates that was not put into rows yet.
    """

    fields: PlanFields
    rehearsal: str = ""
    listed: str = ""

    @property
    def digest(self) -> str:
        """What the agreement to a doubt holds for."""
        return digest(self.fields, self.rehearsal)


@dataclass(frozen=True)
class SaidOfPlan:
    """What is said on the form of fields.

    Attributes:
        refusal: what is wrong with it as a whole, or with the rehearsal.
        mistakes: what is wrong in fields, or in the list.
        doubts: what has to be agreed to.
        done: what was just done.
        focus: the field that the focus goes to; empty: none.
    """

    refusal: Refusal | None = None
    mistakes: tuple[PlanMistake, ...] = ()
    doubts: tuple[Text, ...] = ()
    done: str = ""
    focus: str = ""


@signed_in
async def show_fields(request: Request) -> Response:
    """Show the empty form; labd says whether it is for whoever asks."""
    choices = await ask(request, PLAN_CHOICES, Nothing())
    if "rehearse" not in request.query_params:
        return _fields_page(request, choices, FilledIn(blank(choices.referential)), fresh=True)
    language = visit_of(request).language
    made = rehearsal(choices, language, datetime.now(UTC))
    if made is None:
        said = SaidOfPlan(done=in_words.said(plan_words.NOTHING_PROVEN, language))
        return _fields_page(request, choices, FilledIn(blank(choices.referential)), said)
    said = SaidOfPlan(done=in_words.said(plan_words.REHEARSE_READY, language))
    return _fields_page(request, choices, FilledIn(made, SECONDS), said)


@signed_in
async def fill_in(request: Request) -> Response:
    """Check the plan and make the session; or add or take away a row, take a list in, or show the plan as text."""
    sent = fields_of(request.headers, await request.body())
    typed = FilledIn(plan_fields(sent), _one(sent, "rehearsal").strip(), _one(sent, "list").replace("\r\n", "\n"))
    act = _one(sent, "do")
    if act == "file":
        return await _as_file(request, typed)
    if act == "text":
        written = await ask(request, WRITE_PLAN, WritePlan(typed.fields))
        return _text_page(request, TypedPlan(written.plan, "", typed.rehearsal))
    choices: PlanChoices = await ask(request, PLAN_CHOICES, Nothing())
    if act == "list":
        return await _take_list(request, choices, typed)
    if act.startswith(("add-", "remove-")):
        return _change_rows(request, choices, typed, act)
    return await _plan(request, choices, typed, agreed=_one(sent, "anyway") == typed.digest)


def _change_rows(request: Request, choices: PlanChoices, typed: FilledIn, act: str) -> Response:
    row = changed(typed.fields, act) or RowsChanged(typed.fields, "", "")
    done = {"add": plan_words.ADDED, "remove": plan_words.REMOVED}.get(row.act)
    said = SaidOfPlan(done=in_words.said(done, visit_of(request).language) if done else "", focus=row.where)
    return _fields_page(request, choices, replace(typed, fields=row.fields), said)


async def _plan(request: Request, choices: PlanChoices, typed: FilledIn, *, agreed: bool) -> Response:
    outcome = await _planned(request, PlanSession(fields=typed.fields, anyway=agreed), typed.rehearsal)
    if isinstance(outcome, Refusal):
        return _fields_page(request, choices, typed, SaidOfPlan(refusal=outcome))
    if outcome.session:
        return go_to(f"/sessions/{outcome.session}?done=planned")
    return _fields_page(request, choices, typed, SaidOfPlan(mistakes=outcome.mistakes, doubts=outcome.doubts))


def _one(sent: Mapping[str, Sequence[str]], name: str) -> str:
    return sent.get(name, ("",))[0]


async def _as_file(request: Request, typed: FilledIn) -> Response:
    written: PlanText = await ask(request, WRITE_PLAN, WritePlan(typed.fields))
    headers = {
        "Content-Disposition": f'attachment; filename="{file_name(typed.fields)}"',
        "Cache-Control": "no-store",
    }
    return Response(written.plan, 200, headers, "application/yaml; charset=utf-8")


async def _take_list(request: Request, choices: PlanChoices, typed: FilledIn) -> Response:
    """Put a list of candidates into rows; with one mistake, none of them."""
    read: PlanRead = await ask(request, READ_PLAN, ReadPlan(candidates=typed.listed))
    if read.fields is None:
        return _fields_page(request, choices, typed, SaidOfPlan(mistakes=read.mistakes))
    rows = merged(typed.fields.candidates, read.fields.candidates)
    if len(rows) > MOST_CANDIDATES:
        many = PlanMistake("candidates", 0, "", plan_words.CANDIDATES_HINT)
        return _fields_page(request, choices, typed, SaidOfPlan(mistakes=(many,)))
    taken = FilledIn(with_rows(replace(typed.fields, candidates=rows), choices.referential), typed.rehearsal)
    said = in_words.said(plan_words.LISTED, visit_of(request).language, n=len(read.fields.candidates))
    return _fields_page(request, choices, taken, SaidOfPlan(done=said, focus="add-candidates"))


def _fields_page(
    request: Request, choices: PlanChoices, typed: FilledIn, said: SaidOfPlan | None = None, *, fresh: bool = False
) -> Response:
    said = said or SaidOfPlan()
    language = visit_of(request).language
    at: dict[str, list[PlanMistake]] = {}
    for one in said.mistakes:
        at.setdefault("list" if one.part == "candidates" else one.key, []).append(one)
    context = {
        "f": plan_words,
        "choices": choices,
        "typed": typed,
        "said": said,
        "at": at,
        "most": MOST,
        "places": {one.key: place_of(one.key, language) for one in said.mistakes},
        "fresh": fresh,
        "is_a_day": is_a_day(typed.fields.date),
        "lines": [one for one in _shown(said.mistakes, {"candidates": typed.listed}) if one.mistake.part != "form"],
    }
    return _page(request, "plan_fields.html.j2", context, _status(said.refusal, said.mistakes))


# By text ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class TypedPlan:
    """What stands in the form of a new session's text.

    Attributes:
        plan: the plan, character by character: the spaces at the start of a line mean something.
        candidates: the list.
        rehearsal: what was typed there.
    """

    plan: str = ""
    candidates: str = ""
    rehearsal: str = ""

    @property
    def digest(self) -> str:
        """What the agreement to a doubt holds for: this text, and no other."""
        return hashlib.sha256(f"{self.plan}\0{self.candidates}\0{self.rehearsal}".encode()).hexdigest()


@dataclass(frozen=True)
class ShownMistake:
    """A mistake with the line that it is on; ``line`` is empty where it is about the text as a whole."""

    mistake: PlanMistake
    line: str = field(default="")


@signed_in
async def show_text(request: Request) -> Response:
    """Show the empty form; labd says whether it is for whoever asks."""
    await ask(request, SESSIONS, Nothing())
    return _text_page(request, TypedPlan())


@signed_in
async def plan_by_text(request: Request) -> Response:
    """Make a session and lead to it, or show what is wrong or in doubt beside all that was typed; or go to fields."""
    sent = fields_of(request.headers, await request.body())
    plan, candidates = (_one(sent, name).replace("\r\n", "\n") for name in ("plan", "candidates"))
    typed = TypedPlan(plan, candidates, _one(sent, "rehearsal").strip())
    if _one(sent, "do") == "fields":
        return await _to_fields(request, typed)
    agreed = _one(sent, "anyway") == typed.digest
    outcome = await _planned(request, PlanSession(typed.plan, typed.candidates, anyway=agreed), typed.rehearsal)
    if isinstance(outcome, Refusal):
        return _text_page(request, typed, outcome)
    if outcome.session:
        return go_to(f"/sessions/{outcome.session}?done=planned")
    return _text_page(request, typed, outcome=outcome)


async def _to_fields(request: Request, typed: TypedPlan) -> Response:
    read: PlanRead = await ask(request, READ_PLAN, ReadPlan(typed.plan, typed.candidates))
    if read.fields is None:
        return _text_page(request, typed, outcome=PlanOutcome(mistakes=read.mistakes))
    choices: PlanChoices = await ask(request, PLAN_CHOICES, Nothing())
    filled = FilledIn(with_rows(read.fields, choices.referential), typed.rehearsal)
    done = in_words.said(plan_words.NO_COMMENTS, visit_of(request).language) if read.comments else ""
    return _fields_page(request, choices, filled, SaidOfPlan(done=done))


def _text_page(
    request: Request, typed: TypedPlan, refusal: Refusal | None = None, outcome: PlanOutcome | None = None
) -> Response:
    found = outcome or PlanOutcome()
    context = {
        "f": plan_words,
        "typed": typed,
        "refusal": refusal,
        "mistakes": _shown(found.mistakes, {"plan": typed.plan, "candidates": typed.candidates}),
        "wrong_parts": {mistake.part for mistake in found.mistakes},
        "doubts": found.doubts,
    }
    return _page(request, "session_new.html.j2", context, _status(refusal, found.mistakes))


def _shown(mistakes: Sequence[PlanMistake], texts: Mapping[str, str]) -> tuple[ShownMistake, ...]:
    lines = {part: text.split("\n") for part, text in texts.items()}
    return tuple(
        ShownMistake(one, lines[one.part][one.line - 1].strip()[:_SHOWN])
        if 0 < one.line <= len(lines.get(one.part, ()))
        else ShownMistake(one)
        for one in mistakes
    )


def _page(request: Request, template: str, context: Mapping[str, Any], status: int) -> Response:
    return render(request, template, {"s": session_words, "c": trainer_words, **context}, status)
