"""The proof that runs, or the last one: its page for administrators, and its end."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from orchestrator.labd.calls import STATUS, Nothing, Refusal
from orchestrator.labd.labd_client import RefusedError
from orchestrator.labd.proof_contract import CANCEL_PROOF, PROOF, CancelProof, LastProof
from orchestrator.portal.pages import form_of, go_to, render, said_at_form, signed_in
from orchestrator.portal.proof_stream import events, proof_context
from orchestrator.portal.visit import ask

_MOST_DIGITS = 9


def routes() -> list[BaseRoute]:
    """Return the routes of this page."""
    return [
        Route("/proof", show_proof, methods=["GET"]),
        Route("/proof/events", events, methods=["GET"]),
        Route("/proof/cancel", cancel, methods=["POST"]),
    ]


@signed_in
async def show_proof(request: Request) -> Response:
    """Show how far the proof is."""
    return await _page(request)


@signed_in
async def cancel(request: Request) -> Response:
    """Have the proof end, and lead back to it."""
    number = (await form_of(request)).get("number", "")
    known = number.isascii() and number.isdigit() and len(number) <= _MOST_DIGITS
    try:
        await ask(request, CANCEL_PROOF, CancelProof(int(number) if known else 0))
    except RefusedError as error:
        return await _page(request, said_at_form(error))
    return go_to("/proof")


async def _page(request: Request, refusal: Refusal | None = None) -> Response:
    last: LastProof = await ask(request, PROOF, Nothing())
    context = {**proof_context(last.run), "refusal": refusal}
    return render(request, "proof.html.j2", context, STATUS[refusal.kind] if refusal else 200)
