"""A proof as server-sent events: labd is asked while somebody looks, and told on is only what has changed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from orchestrator.labd.calls import Nothing
from orchestrator.labd.proof_contract import PROOF, LastProof, ProofRun
from orchestrator.portal import catalogue_words
from orchestrator.portal.browser_events import EventStream, frame
from orchestrator.portal.pages import rendered, signed_in
from orchestrator.portal.polled_frames import polled_frames
from orchestrator.portal.visit import ask

POLL_SECONDS = 1.0
"""How often labd is asked, for each page that is open: only administrators have one."""


@signed_in
async def events(request: Request) -> Response:
    """Answer with the proof as it is now, then as it goes on."""
    return EventStream(request, proof_frames(request))


def proof_frames(request: Request) -> AsyncIterator[bytes]:
    """Return the frames: each holds the whole proof; the last one says that it is over."""

    async def look() -> ProofRun | None:
        last: LastProof = await ask(request, PROOF, Nothing())
        return last.run

    return polled_frames(look, partial(_news, request), POLL_SECONDS, lambda run: run is None or run.phase == "over")


def _news(request: Request, told: ProofRun | None, run: ProofRun | None) -> bytes:
    """Return the frame for what has changed; nothing where nothing has."""
    if run is None or run == told:
        return b""
    return frame({"html": rendered(request, "proof_run.html.j2", proof_context(run)), "number": run.number})


def proof_context(run: ProofRun | None) -> Mapping[str, Any]:
    """Return what a proof's templates know."""
    stages = () if run is None else run.stages
    return {
        "k": catalogue_words,
        "run": run,
        "seeds": tuple(dict.fromkeys(one.seed for one in stages)),
        "done": sum(one.state != "waiting" for one in stages),
    }
