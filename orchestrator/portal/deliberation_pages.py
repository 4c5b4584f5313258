"""A jury that deliberates in the browser: its sessions, how far it is, one candidate, signatures, documents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, cast, get_args
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from orchestrator.core.text import Text, same
from orchestrator.labd.calls import STATUS, Nothing, Refusal
from orchestrator.labd.deliberation_contract import (
    DECIDE,
    DELIBERATION,
    JURY_SESSIONS,
    OBSERVE,
    SHEET,
    SIGN_RECORD,
    Decide,
    DecisionVerdict,
    DeliberationView,
    OfCandidate,
    RecordObservation,
    SheetView,
    SignRecord,
)
from orchestrator.labd.labd_client import LabdClient, RefusedError
from orchestrator.labd.session_contract import OfSession
from orchestrator.portal import deliberation_words, in_words, session_words
from orchestrator.portal.page_files import zip_file
from orchestrator.portal.pages import form_of, go_to, render, said_at_form, signed_in
from orchestrator.portal.visit import ask, visit_of

_VERDICTS: Final = frozenset(get_args(DecisionVerdict))


def routes() -> list[BaseRoute]:
    """Return the routes of these pages."""
    candidate = "/jury/{session}/candidates/{number}"
    return [
        Route("/jury", show_sessions, methods=["GET"]),
        Route("/jury/{session}", show_deliberation, methods=["GET"]),
        Route("/jury/{session}/sign", sign, methods=["POST"]),
        Route("/jury/{session}/documents", send_documents, methods=["GET"]),
        Route(candidate, show_sheet, methods=["GET"]),
        Route(f"{candidate}/decide", decide, methods=["POST"]),
        Route(f"{candidate}/observe", observe, methods=["POST"]),
        Route(f"{candidate}/evidence/{{phase}}", send_evidence, methods=["GET"]),
    ]


@signed_in
async def show_sessions(request: Request) -> Response:
    """List the sessions of whose jury whoever visits is a member."""
    return _page(request, "jury.html.j2", {"sessions": await ask(request, JURY_SESSIONS, Nothing())})


# How far it is ------------------------------------------------------------------------------------------------


@signed_in
async def show_deliberation(request: Request) -> Response:
    """Show how far the jury is, and what was just done."""
    return await _deliberation(request)


@signed_in
async def sign(request: Request) -> Response:
    """Sign the record, or the corrections."""
    session, sent = request.path_params["session"], await form_of(request)
    asked = SignRecord(session, sent.get("password", ""), sent.get("digest", ""), anyway="anyway" in sent)
    try:
        await ask(request, SIGN_RECORD, asked)
    except RefusedError as error:
        return await _deliberation(request, said_at_form(error))
    return go_to(f"/jury/{quote(session)}?done=signed")


@signed_in
async def send_documents(request: Request) -> Response:
    """Send all documents of the session."""
    session = request.path_params["session"]
    return await _archive(request, f"session-documents/{quote(session, safe='')}", "documents.zip")


async def _deliberation(request: Request, refusal: Refusal | None = None) -> Response:
    view: DeliberationView = await ask(request, DELIBERATION, OfSession(request.path_params["session"]))
    done = deliberation_words.SIGNED if request.query_params.get("done") == "signed" and not refusal else None
    context = {"view": view, "refusal": refusal, "done": done}
    return _page(request, "deliberation.html.j2", context, STATUS[refusal.kind] if refusal else 200)


# A candidate --------------------------------------------------------------------------------------------------


@signed_in
async def show_sheet(request: Request) -> Response:
    """Show a candidate, with what was seen of them beside the decisions."""
    return await _sheet(request)


@signed_in
async def decide(request: Request) -> Response:
    """Record a decision, and lead back to where it stands."""
    session, number, sent = *_candidate_of(request), await form_of(request)
    subject, verdict, reason = (sent.get(name, "") for name in ("subject", "verdict", "reason"))
    typed = {"subject": subject, "verdict": verdict, "reason": reason}
    if verdict not in _VERDICTS:
        return await _sheet(request, Refusal("wrong", deliberation_words.CHOOSE, field="verdict"), typed)
    asked = Decide(session, number, subject, cast("DecisionVerdict", verdict), reason)
    try:
        await ask(request, DECIDE, asked)
    except RefusedError as error:
        return await _sheet(request, said_at_form(error), typed)
    return _back(session, number, "decided", subject)


@signed_in
async def observe(request: Request) -> Response:
    """Record an observation, and lead back to where it stands."""
    session, number, sent = *_candidate_of(request), await form_of(request)
    competence, text, question = sent.get("competence", ""), sent.get("text", ""), "question" in sent
    try:
        await ask(request, OBSERVE, RecordObservation(session, number, text, competence, question))
    except RefusedError as error:
        typed = {"competence": "question" if question else competence, "text": text}
        return await _sheet(request, said_at_form(error), typed)
    return _back(session, number, "observed", "questions" if question else competence or "general")


@signed_in
async def send_evidence(request: Request) -> Response:
    """Send a candidate's sealed evidence of a phase."""
    session, number, phase = *_candidate_of(request), request.path_params["phase"]
    path = "/".join(quote(one, safe="") for one in ("session-evidence", session, phase, number))
    return await _archive(request, path, "evidence.zip")


def _candidate_of(request: Request) -> tuple[str, str]:
    return request.path_params["session"], request.path_params["number"]


def _back(session: str, number: str, done: str, subject: str) -> Response:
    return go_to(f"/jury/{quote(session)}/candidates/{quote(number)}?done={done}#subject-{quote(subject)}")


async def _sheet(request: Request, refusal: Refusal | None = None, typed: Mapping[str, str] | None = None) -> Response:
    session, number = _candidate_of(request)
    view: SheetView = await ask(request, SHEET, OfCandidate(session, number))
    done = deliberation_words.DONE.get(request.query_params.get("done", "")) if refusal is None else None
    context = {"view": view, "refusal": refusal, "typed": typed or {}, "done": done}
    return _page(request, "candidate_sheet.html.j2", context, STATUS[refusal.kind] if refusal else 200)


def _called(subject: str) -> Text:
    """Return what a subject is called."""
    if subject == "title":
        return deliberation_words.TITLE
    code = subject.removeprefix("ccp-")
    return same(subject if code == subject else f"CCP {code}")


# What is common -----------------------------------------------------------------------------------------------


async def _archive(request: Request, path: str, name: str) -> Response:
    labd: LabdClient = request.app.state.labd
    if any(one in {"", ".", ".."} for one in request.path_params.values()):
        raise HTTPException(404)
    return await zip_file(labd.archive(path, visit_of(request).token or ""), name)


def _page(request: Request, template: str, context: Mapping[str, Any], status: int = 200) -> Response:
    language = visit_of(request).language
    known = {
        "s": session_words,
        "j": deliberation_words,
        "day": lambda iso: in_words.day(iso, language),
        "size": lambda count: in_words.size(count, language),
        "called": lambda subject: in_words.said(_called(subject), language),
        "hour": lambda iso: f"{in_words.day(iso[:10], language)} {iso[11:16]}",
    }
    return render(request, template, {**known, **context}, status)
