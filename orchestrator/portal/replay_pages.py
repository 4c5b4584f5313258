"""The replay of an attempt: its page, and the pieces of its recordings, which the page's script plays."""

from __future__ import annotations

import re
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from orchestrator.core.language import Language
from orchestrator.labd.privacy_contract import (
    REPLAY,
    REPLAY_PIECE,
    MarkLine,
    OfAttempt,
    Piece,
    PieceOf,
    RecordingLine,
    ReplayView,
)
from orchestrator.portal import in_words, replay_words, talk_pages
from orchestrator.portal.pages import render, signed_in
from orchestrator.portal.visit import ask, visit_of

_NUMBER = re.compile(r"[0-9]{1,9}", re.ASCII)
_AT = re.compile(r"[0-9]{1,12}", re.ASCII)
_ID = re.compile(r"[0-9a-f]{1,64}")


def routes() -> list[BaseRoute]:
    """Return the routes of the replay."""
    return [
        Route("/attempts/{attempt}/replay", show_replay, methods=["GET"]),
        Route("/attempts/{attempt}/recordings/{recording}", piece, methods=["GET"]),
    ]


@signed_in
async def show_replay(request: Request) -> Response:
    """Show an attempt's recordings and marks."""
    view: ReplayView = await ask(request, REPLAY, OfAttempt(_attempt(request)))
    language = visit_of(request).language
    context = {
        "r": replay_words,
        "view": view,
        "said_mark": lambda mark: _said(mark, language),
        **talk_pages.context(language),
        "options": [_option(one, language) for one in view.recordings],
        "data": _data(view, language),
    }
    return render(request, "replay.html.j2", context)


@signed_in
async def piece(request: Request) -> Response:
    """Give a piece of a recording, and where the next one begins."""
    recording, at = request.path_params["recording"], request.query_params.get("at", "0")
    if not _ID.fullmatch(recording) or not _AT.fullmatch(at):
        raise HTTPException(404)
    found: Piece = await ask(request, REPLAY_PIECE, PieceOf(_attempt(request), recording, int(at)))
    said = {"lines": found.lines, "next": found.next, "end": found.end}
    return JSONResponse(said, headers={"Cache-Control": "no-store"})


def _option(one: RecordingLine, language: Language) -> str:
    at, length = in_words.moment(one.began, language), in_words.length(one.seconds)
    return in_words.said(replay_words.TERMINAL_AT, language, host=one.host, at=at, length=length)


def _attempt(request: Request) -> int:
    number: str = request.path_params["attempt"]
    if not _NUMBER.fullmatch(number):
        raise HTTPException(404)
    return int(number)


def _said(mark: MarkLine, language: Language) -> str:
    """Return a mark in words: what turned, and how."""
    kind = in_words.said(replay_words.KINDS[mark.kind], language, number=mark.number)
    turned = in_words.said(mark.text, language)
    return f"{turned} {in_words.said(replay_words.DASH, language)} {kind}" if turned else kind


def _data(view: ReplayView, language: Language) -> dict[str, Any]:
    """Return what the page's script needs to know."""
    return {
        "base": f"/attempts/{view.attempt}/recordings/",
        "recordings": [
            {
                "id": one.id,
                "began": one.began,
                "seconds": one.seconds,
                "rows": min(max(one.rows, 1), 500),
                "columns": min(max(one.columns, 1), 500),
                "label": one.host,
            }
            for one in view.recordings
        ],
        "marks": [{"at": mark.at, "kind": mark.kind, "text": _said(mark, language)} for mark in view.marks],
        "words": {name: in_words.said(text, language) for name, text in replay_words.SCRIPT_WORDS.items()},
    }
