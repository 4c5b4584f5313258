"""The catalogue of scenarios for trainers, jury and administrators, and each scenario's page for them."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from orchestrator.labd.calls import STATUS, Nothing, Refusal
from orchestrator.labd.catalogue_contract import CATALOGUE, INSIDE, InsideView, LookInside
from orchestrator.labd.labd_client import RefusedError
from orchestrator.labd.proof_contract import PROVE, Prove
from orchestrator.portal import catalogue_words
from orchestrator.portal.catalogue_view import CatalogueSearch, catalogue_context
from orchestrator.portal.pages import form_of, go_to, render, said_at_form, signed_in
from orchestrator.portal.visit import ask, visit_of

_MOST_DIGITS = 18
"""Of a variant's number: what fits into 64 bits."""
_WRONG_SEED = Refusal("wrong", catalogue_words.WRONG_SEED, field="seed")
MOST_SEEDS = 4
"""Variants that one proof from the browser may have."""


def routes() -> list[BaseRoute]:
    """Return the routes of these pages."""
    return [
        Route("/catalogue", show_catalogue, methods=["GET"]),
        Route("/catalogue/{scenario}", show_inside, methods=["GET"]),
        Route("/catalogue/{scenario}/prove", prove, methods=["POST"]),
    ]


@signed_in
async def show_catalogue(request: Request) -> Response:
    """Show the scenarios that somebody looks for."""
    view = await ask(request, CATALOGUE, Nothing())
    context = catalogue_context(view, CatalogueSearch.of(request.query_params), visit_of(request).language)
    return render(request, "catalogue.html.j2", context)


@signed_in
async def show_inside(request: Request) -> Response:
    """Show a scenario with all that spoils it, in one of its variants."""
    seed = request.query_params.get("seed", "1").strip()
    if not _is_number(seed):
        return await _inside(request, "1", _WRONG_SEED, seed)
    return await _inside(request, seed)


@signed_in
async def prove(request: Request) -> Response:
    """Begin a proof, and lead to where it is told."""
    scenario, seeds = request.path_params["scenario"], (await form_of(request)).get("seeds", "")
    try:
        await ask(request, PROVE, Prove(scenario, int(seeds) if _is_number(seeds) else 0))
    except RefusedError as error:
        return await _inside(request, "1", said_at_form(error))
    return go_to("/proof")


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS


async def _inside(request: Request, seed: str, refusal: Refusal | None = None, typed: str = "") -> Response:
    view: InsideView = await ask(request, INSIDE, LookInside(request.path_params["scenario"], int(seed)))
    findings = view.matrix.findings if view.matrix else ()
    context = {
        "k": catalogue_words,
        "view": view,
        "one": view.scenario,
        "mistakes": [finding for finding in findings if not finding.remark],
        "remarks": [finding for finding in findings if finding.remark],
        "refusal": refusal,
        "typed": typed or view.seed,
        "most_seeds": MOST_SEEDS,
    }
    return render(request, "inside.html.j2", context, STATUS[refusal.kind] if refusal else 200)
