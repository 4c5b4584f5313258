"""A proof as server-sent events: labd is asked while somebody looks, and told on is only what has changed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from orchestrator.labd.calls import Nothing
from orchestrator.labd.labd_client import RefusedError
from orchestrator.labd.proof_contract import PROOF, LastProof, ProofRun
from orchestrator.portal import catalogue_words
from orchestrator.portal.browser_events import BEAT_SECONDS, PASSING, EventStream, frame
from orchestrator.portal.pages import rendered, signed_in
from orchestrator.portal.visit import ask

POLL_SECONDS = 1.0
"""How often labd is asked, for each page that is open: only administrators have one."""


@signed_in
async def events(request: Request) -> Response:
    """Answer with the proof as it is now, then as it goes on."""
    return EventStream(request, proof_frames(request))


async def proof_frames(request: Request) -> AsyncIterator[bytes]:
    """Yield frames until the proof is over, the browser leaves, or who looks may no longer."""
    yield b": \n\n"  # the browser knows that it is connected
    told: ProofRun | None = None
    silent = 0.0
    while True:
        try:
            last: LastProof = await ask(request, PROOF, Nothing())
        except RefusedError as error:
            if error.refusal.kind not in PASSING:
                yield frame({"kind": error.refusal.kind}, "event: end\n")
            return
        said = _news(request, told, last.run)
        told, silent = last.run, 0.0 if said else silent + POLL_SECONDS
        if silent >= BEAT_SECONDS:
            said, silent = b": \n\n", 0.0
        if said:
            yield said
        if told is None or told.phase == "over":
            yield frame({"kind": "over"}, "event: end\n")
            return
        await asyncio.sleep(POLL_SECONDS)


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
