"""Sealed evidence in the browser, for the members of a jury: the sitting on one time line, and what was seen of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from orchestrator.core.language import Language
from orchestrator.labd.calls import STATUS, Refusal
from orchestrator.labd.desktop_contract import SITTING_PICTURE, DesktopPicture, SealedPictureOf, SittingDesktop
from orchestrator.labd.evidence_contract import (
    SEALED_EVIDENCE,
    SEARCH_SITTING,
    SITTING_PIECE,
    SITTING_REPLAY,
    FoundInSitting,
    FoundLine,
    OfSitting,
    SealedEvidence,
    SealedPieceOf,
    SearchSitting,
    SittingReplay,
    SittingTerminal,
)
from orchestrator.labd.labd_client import RefusedError
from orchestrator.labd.privacy_contract import Piece
from orchestrator.portal import (
    deliberation_words,
    evidence_words,
    in_words,
    replay_words,
    terminal_words,
    unified_diff,
)
from orchestrator.portal.pages import render, said_at_form, signed_in
from orchestrator.portal.visit import ask, visit_of

_AT: Final = re.compile(r"[0-9]{1,12}", re.ASCII)
_NUMBER: Final = re.compile(r"[0-9]{1,6}", re.ASCII)


def routes() -> list[BaseRoute]:
    """Return the routes of these pages."""
    sitting = "/jury/{session}/candidates/{number}/phases/{phase}"
    return [
        Route(sitting, show_seen, methods=["GET"]),
        Route(f"{sitting}/replay", show_replay, methods=["GET"]),
        Route(f"{sitting}/recordings/{{recording}}", piece, methods=["GET"]),
        Route(f"{sitting}/desktops/{{desktop}}/{{picture}}", picture, methods=["GET"]),
    ]


@signed_in
async def show_seen(request: Request) -> Response:
    """Show what was seen of a sitting."""
    view: SealedEvidence = await ask(request, SEALED_EVIDENCE, sitting_of(request))
    side = request.query_params.get("view") == "side"
    context = {
        "view": view,
        "side": side,
        "last_picture": lambda one: clock_after(one.began, one.pictures[-1]),
        "pictures": f"{request.url.path}/desktops",
    }
    return _page(request, "sitting_evidence.html.j2", context)


@signed_in
async def show_replay(request: Request) -> Response:
    """Show a sitting on one time line, and what was searched for in it."""
    of, words = sitting_of(request), request.query_params.get("q", "")
    view: SittingReplay = await ask(request, SITTING_REPLAY, of)
    found, refusal = FoundInSitting((), more=False), None
    if words:
        try:
            found = await ask(request, SEARCH_SITTING, SearchSitting(of.session, of.phase, of.number, words))
        except RefusedError as error:
            refusal = said_at_form(error)
    language = visit_of(request).language
    labels = _labels(view, language)
    context = {
        "r": replay_words,
        "view": view,
        "words": words,
        "found": found,
        "searched": bool(words) and refusal is None,
        "refusal": refusal,
        "options": [_option(one, label, language) for one, label in zip(_recorded(view), labels, strict=True)],
        "cut_short": ", ".join(dict.fromkeys(one.host for one in view.terminals if not one.whole)),
        "host": lambda where: labels[where] if 0 <= where < len(labels) else "—",
        "data": _data(view, found.lines, request.url.path.removesuffix("replay"), language),
    }
    return _page(request, "sitting_replay.html.j2", context, refusal)


@signed_in
async def piece(request: Request) -> Response:
    """Give a piece of a sealed recording, and where the next one begins."""
    of, at = sitting_of(request), request.query_params.get("at", "0")
    recording = request.path_params["recording"]
    if not _NUMBER.fullmatch(recording) or not _AT.fullmatch(at):
        raise HTTPException(404)
    asked = SealedPieceOf(of.session, of.phase, of.number, int(recording), int(at))
    found: Piece = await ask(request, SITTING_PIECE, asked)
    said = {"lines": found.lines, "next": found.next, "end": found.end}
    return JSONResponse(said, headers={"Cache-Control": "no-store"})


@signed_in
async def picture(request: Request) -> Response:
    """Give a sealed picture of a desktop."""
    of, named = sitting_of(request), [request.path_params[name] for name in ("desktop", "picture")]
    if not all(map(_NUMBER.fullmatch, named)):
        raise HTTPException(404)
    asked = SealedPictureOf(of.session, of.phase, of.number, *map(int, named))
    found: DesktopPicture = await ask(request, SITTING_PICTURE, asked)
    return Response(found.png, media_type="image/png", headers={"Cache-Control": "no-store"})


def clock_after(began: str, seconds: float) -> str:
    """Return the hour so many seconds after a moment, in the time zone that this is told in."""
    return (datetime.fromisoformat(began) + timedelta(seconds=seconds)).strftime("%H:%M:%S")


def _recorded(view: SittingReplay) -> tuple[SittingTerminal | SittingDesktop, ...]:
    return (*view.terminals, *view.desktops)


def sitting_of(request: Request) -> OfSitting:
    """Return the sitting that an address names."""
    session, phase, number = (request.path_params[name] for name in ("session", "phase", "number"))
    return OfSitting(session, phase, number)


def _labels(view: SittingReplay, language: Language) -> tuple[str, ...]:
    """Return what each recording is called: its host, of several of a kind on one with which one it is."""
    terminals = [one.host for one in view.terminals]
    desktops = [in_words.said(terminal_words.DESKTOP, language, host=one.host) for one in view.desktops]
    return tuple(
        name if names.count(name) == 1 else f"{name} {names[: place + 1].count(name)}"
        for names in (terminals, desktops)
        for place, name in enumerate(names)
    )


def _option(one: SittingTerminal | SittingDesktop, label: str, language: Language) -> str:
    length = in_words.length(one.seconds)
    return in_words.said(replay_words.TERMINAL_AT, language, host=label, at=one.began[11:19], length=length)


def _of_terminal(one: SittingTerminal) -> dict[str, Any]:
    return {"rows": one.rows, "columns": one.columns, "typed": one.typed}


def _of_desktop(one: SittingDesktop, base: str) -> dict[str, Any]:
    return {
        "typed": one.used,
        "opened": one.opened,
        "pictures": one.pictures,
        "sizes": one.sizes,
        "address": f"{base}desktops/{one.id}",
    }


def _data(view: SittingReplay, found: tuple[FoundLine, ...], base: str, language: Language) -> dict[str, Any]:
    """Return what the page's script needs to know; marks in the order in which the page lists them."""
    said = [
        {"at": mark.at, "kind": mark.kind, "where": mark.where, "text": mark.text.in_(language)} for mark in view.marks
    ]
    lines = [{"at": one.at, "kind": "found", "where": one.where, "text": one.line} for one in found]
    return {
        "base": f"{base}recordings/",
        "line": {"began": view.began, "ended": view.ended, "pauses": view.pauses},
        "zone": view.zone,
        "recordings": [
            {
                "id": str(one.id),
                "began": one.began,
                "seconds": one.seconds,
                "label": label,
                "busy": one.busy,
                **(_of_desktop(one, base) if isinstance(one, SittingDesktop) else _of_terminal(one)),
            }
            for one, label in zip(_recorded(view), _labels(view, language), strict=True)
        ],
        "marks": [*said, *lines],
        "words": {name: in_words.said(text, language) for name, text in replay_words.SCRIPT_WORDS.items()},
    }


def _page(request: Request, template: str, context: Mapping[str, Any], refusal: Refusal | None = None) -> Response:
    language = visit_of(request).language

    def hour(iso: str) -> str:
        return f"{in_words.day(iso[:10], language)} {iso[11:19]}" if iso else "—"

    known = {
        "j": deliberation_words,
        "e": evidence_words,
        "hour": hour,
        "plain": lambda text: text.in_(language),
        "size": lambda count: in_words.size(count, language),
        "diff": unified_diff,
    }
    return render(request, template, {**known, **context}, STATUS[refusal.kind] if refusal else 200)
