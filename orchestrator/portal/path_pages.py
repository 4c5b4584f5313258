"""The path, and a scenario's card with its start."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from orchestrator.labd.calls import STATUS, Nothing, Refusal
from orchestrator.labd.help_contract import COMMENT_NEWS, READ_NOTES, OfScenario
from orchestrator.labd.lab_contract import START, Started, StartLab
from orchestrator.labd.labd_client import RefusedError
from orchestrator.labd.path_contract import PATH, SCENARIO, LookAtScenario, PathView
from orchestrator.labd.privacy_contract import RECORDED_ATTEMPTS
from orchestrator.portal import help_words, replay_words, words
from orchestrator.portal.pages import form_of, go_to, render, said_at_form, signed_in
from orchestrator.portal.visit import ask

_MOST_DIGITS = 18
"""Of a variant's number: what fits into 64 bits."""
_WRONG_SEED = Refusal("wrong", words.SEED_WRONG, field="seed")


def routes() -> list[BaseRoute]:
    """Return the routes of these pages."""
    return [
        Route("/", show_path, methods=["GET"]),
        Route("/scenarios/{scenario}", show_scenario, methods=["GET"]),
        Route("/scenarios/{scenario}", start, methods=["POST"]),
    ]


@signed_in
async def show_path(request: Request) -> Response:
    """Show what runs, what to do next, and everything by CCP and competence."""
    view: PathView = await ask(request, PATH, Nothing())
    news = await ask(request, COMMENT_NEWS, Nothing())
    return render(request, "path.html.j2", {"view": view, "news": news, "h": help_words})


@signed_in
async def show_scenario(request: Request) -> Response:
    """Show a scenario's card."""
    return await _card(request)


@signed_in
async def start(request: Request) -> Response:
    """Start a scenario, and lead to its lab; where it runs already, to the one that runs."""
    seed = (await form_of(request)).get("seed", "")
    if seed and not (seed.isascii() and seed.isdigit() and len(seed) <= _MOST_DIGITS):
        return await _card(request, _WRONG_SEED, seed)
    asked = StartLab(request.path_params["scenario"], int(seed) if seed else None)
    try:
        started: Started = await ask(request, START, asked)
    except RefusedError as error:
        return await _card(request, said_at_form(error), seed)
    return go_to(f"/labs/{started.lab}")


async def _card(request: Request, refusal: Refusal | None = None, seed: str = "") -> Response:
    card = await ask(request, SCENARIO, LookAtScenario(request.path_params["scenario"]))
    recorded = await ask(request, RECORDED_ATTEMPTS, LookAtScenario(card.scenario.id)) if card.attempts else ()
    said = await ask(request, READ_NOTES, OfScenario(card.scenario.id))
    context = {
        "card": card,
        "refusal": refusal,
        "seed": seed,
        "r": replay_words,
        "recorded": recorded,
        "said": said,
        "h": help_words,
    }
    return render(request, "scenario.html.j2", context, STATUS[refusal.kind] if refusal else 200)
