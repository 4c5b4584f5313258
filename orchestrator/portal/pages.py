"""What every page is made with: the templates, what they may call, and the answers that are no page of their own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import cache, wraps
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from orchestrator.core.language import Language
from orchestrator.core.text import Text
from orchestrator.labd.calls import STATUS, Refusal
from orchestrator.labd.labd_client import RefusedError
from orchestrator.portal import in_words, markup, words
from orchestrator.portal.browser_wording import for_browser
from orchestrator.portal.static_files import static
from orchestrator.portal.visit import SEAT_PATH, is_at_seat, visit_of
from orchestrator.portal.web_forms import fields_of

_TO_A_FORM = frozenset({"wrong", "too-often", "missing", "busy"})
"""Refusals that are said at the form that was sent; the others are about the portal or about who asks."""

Page = Callable[[Request], Awaitable[Response]]
"""What answers a request."""


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render(request: Request, template: str, context: Mapping[str, Any], status: int = 200) -> Response:
    """Return a page.

    Templates know ``visit``, the phrases ``w``, ``t(text, …)`` (a Text in the visit's language, with values for its
    braces), ``markdown(text, below)`` (HTML, its headings below a level; with a third value, marked as being in that
    language only), ``for_browser(text)`` (content, without what is for the command line), ``lang(language)`` (the
    attribute of an element in a language, nothing where it is the visit's or None), ``moment(iso)``, ``minutes(n)``,
    ``number(n)``, ``ago(iso, now)``, ``static(name)`` and ``path``, besides what the context gives.
    """
    page = rendered(request, template, context)
    return Response(page, status, {"Cache-Control": "no-store"}, "text/html; charset=utf-8")


def rendered(request: Request, template: str, context: Mapping[str, Any]) -> str:
    """Return a page, or a part of one, as text; ``render`` says what templates know."""
    return _environment().get_template(template).render({**_known(request), **context})


def _known(request: Request) -> dict[str, Any]:
    visit = visit_of(request)

    def t(text: Text, **values: object) -> str:
        return in_words.said(text, visit.language, **values)

    def lang(language: Language | None) -> str:
        return "" if language in {None, visit.language} else f' lang="{language}"'

    def markdown(text: Text, below: int, only: Language | None = None) -> str:
        made = markup.html(text.in_(only or visit.language), only or visit.language, below)
        return f"<div{lang(only)}>\n{made}</div>\n" if lang(only) else made

    return {
        "visit": visit,
        "w": words,
        "t": t,
        "lang": lang,
        "markdown": markdown,
        "for_browser": for_browser,
        "moment": lambda iso: in_words.moment(iso, visit.language),
        "ago": lambda iso, now: in_words.ago(iso, visit.language, now),
        "minutes": in_words.minutes,
        "number": lambda amount: in_words.number(amount, visit.language),
        "static": static,
        "path": request.url.path,
    }


def local_path(path: str | None) -> str:
    """Return a path of the portal's own as it was given; its beginning where it leads anywhere else."""
    if path is None or not path.isascii() or not path.isprintable() or "\\" in path:
        return "/"
    return path if path.startswith("/") and not path.startswith("//") else "/"


def go_to(path: str) -> RedirectResponse:
    """Return an answer that has the browser ask for a page of the portal."""
    return RedirectResponse(local_path(path), 303, {"Cache-Control": "no-store"})


async def form_of(request: Request) -> dict[str, str]:
    """Return the fields of a form, without the spaces around what was typed; a password's are its own."""
    sent = fields_of(request.headers, await request.body())
    return {name: values[0] if "password" in name else values[0].strip() for name, values in sent.items()}


def said_at_form(error: RefusedError) -> Refusal:
    """Return what labd said of what was typed.

    Raises:
        RefusedError: it said nothing of that; another page says it.
    """
    if error.refusal.kind not in _TO_A_FORM:
        raise error
    return error.refusal


def signed_in(page: Page) -> Page:
    """Have a page be for somebody who is signed in: others are led to the sign-in, or told what is wrong."""

    @wraps(page)
    async def guarded(request: Request) -> Response:
        visit = visit_of(request)
        if visit.who is None:
            raise RefusedError(visit.trouble or words.SIGNED_OUT)
        return await page(request)

    return guarded


def wants_json(request: Request) -> bool:
    """Return whether a script of ours asks, not a person."""
    return "application/json" in request.headers.get("accept", "")


def refused(request: Request, refusal: Refusal) -> Response:
    """Return the answer for what labd refused: the way to the sign-in, a page, or JSON where a script asked."""
    visit = visit_of(request)
    if wants_json(request):
        said = {
            "kind": refusal.kind,
            "text": refusal.text.in_(visit.language),
            "hint": refusal.hint.in_(visit.language) if refusal.hint else "",
            "field": refusal.field,
            "seconds": refusal.seconds,
        }
        return JSONResponse(said, STATUS[refusal.kind], {"Cache-Control": "no-store"})
    if refusal.kind == "signed-out" and is_at_seat(request.url.path):
        return go_to(SEAT_PATH)
    if refusal.kind == "signed-out":
        here = request.url.path if request.method == "GET" else "/"
        return go_to(f"/sign-in?next={quote(here)}" if here != "/" else "/sign-in")
    return _error_page(request, refusal, STATUS[refusal.kind])


async def on_refused(request: Request, error: Exception) -> Response:
    """Answer when a route let labd's refusal through."""
    return refused(request, error.refusal) if isinstance(error, RefusedError) else await on_http(request, error)


async def on_http(request: Request, error: Exception) -> Response:
    """Answer when a route, or none, gave a bare status."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    return _error_page(request, words.NOT_FOUND if status in {404, 405} else words.BROKEN, status)


def _error_page(request: Request, refusal: Refusal, status: int) -> Response:
    retry = request.url.path if request.method == "GET" else "/"
    back = "/sign-in" if visit_of(request).who is None else retry
    where = {"retry": retry, "back": back}
    if is_at_seat(request.url.path):
        where = dict.fromkeys(("retry", "back", "home"), SEAT_PATH)
    return render(request, "error.html.j2", {"refusal": refusal, **where}, status)
