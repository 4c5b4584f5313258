"""An appeal in the browser: a member of the jury has a sealed sitting graded again, and sees what differs."""

from __future__ import annotations

from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from orchestrator.core.elision import de
from orchestrator.labd.appeal_contract import APPEAL, GRADE_AGAIN, AppealView
from orchestrator.labd.calls import STATUS, Refusal
from orchestrator.labd.labd_client import RefusedError
from orchestrator.portal import appeal_words, deliberation_words, in_words
from orchestrator.portal.browser_events import EventStream, frame
from orchestrator.portal.evidence_pages import sitting_of
from orchestrator.portal.pages import go_to, render, said_at_form, signed_in
from orchestrator.portal.polled_frames import polled_frames
from orchestrator.portal.visit import ask, visit_of

POLL_SECONDS = 2.0
"""How often labd is asked whether it is still being graded."""


def routes() -> list[BaseRoute]:
    """Return the routes of these pages."""
    appeal = "/jury/{session}/candidates/{number}/phases/{phase}/appeal"
    return [
        Route(appeal, show_appeal, methods=["GET"]),
        Route(appeal, grade_again, methods=["POST"]),
        Route(f"{appeal}/events", events, methods=["GET"]),
    ]


@signed_in
async def show_appeal(request: Request) -> Response:
    """Show the appeals of a sitting."""
    return await _page(request)


@signed_in
async def grade_again(request: Request) -> Response:
    """Have it graded again."""
    try:
        await ask(request, GRADE_AGAIN, sitting_of(request))
    except RefusedError as error:
        return await _page(request, said_at_form(error))
    return go_to(request.url.path)


async def events(request: Request) -> Response:
    """Answer once it is graded."""
    return EventStream(request, appeal_frames(request))


def appeal_frames(request: Request) -> AsyncIterator[bytes]:
    """Return the frames: one, once it is graded; the stream ends there."""

    async def look() -> AppealView:
        view: AppealView = await ask(request, APPEAL, sitting_of(request))
        return view

    def news(_told: AppealView | None, view: AppealView) -> bytes:
        return b"" if view.running else frame({"graded": True})

    return polled_frames(look, news, POLL_SECONDS, lambda view: not view.running)


async def _page(request: Request, refusal: Refusal | None = None) -> Response:
    view: AppealView = await ask(request, APPEAL, sitting_of(request))
    language = visit_of(request).language
    context = {
        "a": appeal_words,
        "j": deliberation_words,
        "view": view,
        "refusal": refusal,
        "asked": lambda one: in_words.said(
            appeal_words.AT,
            language,
            at=f"{in_words.day(one.at[:10], language)} {one.at[11:16]}",
            de=de(one.by),
            name=one.by,
        ),
    }
    return render(request, "sitting_appeal.html.j2", context, STATUS[refusal.kind] if refusal else 200)
