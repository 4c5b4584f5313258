"""What is kept about somebody, as a page of theirs: to see, to take along, and to have erased."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from orchestrator.core.text import Text
from orchestrator.labd.calls import STATUS, Nothing, Refusal
from orchestrator.labd.labd_client import LabdClient, RefusedError
from orchestrator.labd.privacy_contract import ASK_ERASURE, PRIVACY, WITHDRAW_ERASURE, AskErasure, PrivacyView
from orchestrator.portal import in_words, privacy_words
from orchestrator.portal.page_files import zip_file
from orchestrator.portal.pages import form_of, go_to, render, said_at_form, signed_in
from orchestrator.portal.visit import ask, visit_of

PAGE = "/account/privacy"
_DONE = {"asked": privacy_words.DONE_ASKED, "withdrawn": privacy_words.DONE_WITHDRAWN}


def routes() -> list[BaseRoute]:
    """Return the routes of this page."""
    return [
        Route(PAGE, show_privacy, methods=["GET"]),
        Route(f"{PAGE}/export", export, methods=["POST"]),
        Route(f"{PAGE}/erasure", ask_erasure, methods=["POST"]),
        Route(f"{PAGE}/erasure/withdraw", withdraw_erasure, methods=["POST"]),
    ]


@signed_in
async def show_privacy(request: Request) -> Response:
    """Show what is kept about whoever visits, and what was just done."""
    return await _page(request, done=_DONE.get(request.query_params.get("done", "")))


@signed_in
async def export(request: Request) -> Response:
    """Send all that is kept about whoever visits, as a zip file that is made while it is sent."""
    visit = visit_of(request)
    labd: LabdClient = request.app.state.labd
    handle = re.sub(r"[^a-z0-9._-]", "", visit.who.handle if visit.who else "")
    name = f"breakfix-{handle}-{datetime.now(UTC):%Y-%m-%d}.zip"
    try:
        return await zip_file(labd.my_data(visit.language, visit.token or ""), name)
    except RefusedError as error:
        return await _page(request, said_at_form(error))


@signed_in
async def ask_erasure(request: Request) -> Response:
    """Note that whoever visits asks to be forgotten."""
    try:
        await ask(request, ASK_ERASURE, AskErasure((await form_of(request)).get("password", "")))
    except RefusedError as error:
        return await _page(request, said_at_form(error))
    return go_to(f"{PAGE}?done=asked")


@signed_in
async def withdraw_erasure(request: Request) -> Response:
    """Note that whoever visits asks so no longer."""
    await ask(request, WITHDRAW_ERASURE, Nothing())
    return go_to(f"{PAGE}?done=withdrawn")


async def _page(request: Request, refusal: Refusal | None = None, done: Text | None = None) -> Response:
    view: PrivacyView = await ask(request, PRIVACY, Nothing())
    language = visit_of(request).language
    values = {
        "days": view.days,
        "until": in_words.day(view.until, language),
        "recordings_days": view.recordings_days,
        "sign_in_hours": view.sign_in_hours,
        "sign_in_days": view.sign_in_days,
    }
    context = {
        "p": privacy_words,
        "view": view,
        "values": values,
        "born": in_words.day(view.born, language) if view.born else "",
        "size": in_words.size(view.recorded_bytes, language),
        "refusal": refusal,
        "done": done,
    }
    return render(request, "privacy.html.j2", context, STATUS[refusal.kind] if refusal else 200)
