"""From "start" to the first prompt: of a real lab by the portal, beside the same lab's start by the service layer."""

from __future__ import annotations

import asyncio
import json
import re
import statistics
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import httpx

from orchestrator.bench.figure_report import Figure
from orchestrator.bench.local_labd import SCENARIO, SEED
from orchestrator.bench.portal_lines import MeasuredTerminal, attached
from orchestrator.bench.portal_site import Guest, PortalSite, site_of_labs
from orchestrator.core import interrupts
from orchestrator.core.errors import BreakfixError, LabError
from orchestrator.core.paths import HOME, state_folder
from orchestrator.core.progress import Progress, Silent
from orchestrator.core.text import Text
from orchestrator.labd.event_log import EventLogs

if TYPE_CHECKING:
    from orchestrator.app import App

_BEYOND_START_S: Final = 0.3
_WITHIN_S: Final = 300.0
"""For a start on a machine that is busy with others."""
_PROMPT: Final = re.compile(rb"[#$%>] ")
_LAB: Final = re.compile(r"/labs/([a-z0-9-]+)")


@dataclass(frozen=True)
class StartPair:
    """One lab's start by the service layer, and its like by the portal.

    Attributes:
        start: the seconds of the first.
        prompt: the seconds from *start* to the first prompt of the other.
        around: those of them that were before and after labd's own start of it: what the portal adds, whatever else
            the machine has to do.
    """

    start: float
    prompt: float
    around: float


@dataclass(frozen=True)
class PortalStart:
    """A lab's start by the portal.

    Attributes:
        lab: its name.
        prompt: the seconds to its first prompt.
        around: those of them that labd did not need to start it.
    """

    lab: str
    prompt: float
    around: float


def starts(app: App, folder: Path, runs: int, progress: Progress) -> list[Figure]:
    """Return how long both take, and how much longer the portal does; every lab is removed again.

    Args:
        app: the program.
        folder: for all that is the measurement's own; its path is short.
        runs: how many pairs are measured; their median counts.
        progress: is told each start.

    Raises:
        MachineError: a process of the portal does not start.
        LabError: a lab does not come up.
    """
    plan = app.labs.plans.plan(SCENARIO, SEED)
    try:
        app.labs.lifecycle.prepare([plan])  # neither a build nor the fabric's start is what is measured
    except BreakfixError as error:
        return figures((), error.text)
    folder.mkdir(mode=0o700)
    with removed(app, folder), site_of_labs(folder, plan.hosts[0].name) as site:
        pairs = []
        for number in range(runs):
            _tell(progress, number + 1, runs)
            if number % 2:  # by turns, so that neither always comes first
                other = asyncio.run(by_portal(site, str(SEED)))
                pairs.append(StartPair(_by_service(app), other.prompt, other.around))
            else:
                start = _by_service(app)
                other = asyncio.run(by_portal(site, str(SEED)))
                pairs.append(StartPair(start, other.prompt, other.around))
        return figures(pairs)


def figures(pairs: Sequence[StartPair], why: Text | None = None) -> list[Figure]:
    """Return what pairs come to: medians, that of the differences beside its target; ``why`` there are none."""
    start = Text(fr="démarrage d'un lab, sans le portail", en="start of a lab, without the portal")
    prompt = Text(fr="du démarrage à la première invite, au portail", en="from start to first prompt, by the portal")
    beyond = Text(fr="  de plus que sans le portail", en="  more than without the portal")
    around = Text(fr="  avant et après son propre démarrage", en="  before and after its own start")

    def median(values: list[float]) -> float | None:
        return statistics.median(values) if values else None

    return [
        Figure("start", start, "s", median([one.start for one in pairs]), None, why),
        Figure("prompt", prompt, "s", median([one.prompt for one in pairs]), None, why),
        Figure("prompt-beyond", beyond, "s", median([one.prompt - one.start for one in pairs]), _BEYOND_START_S, why),
        Figure("prompt-around", around, "s", median([one.around for one in pairs]), None, why),
    ]


def _tell(progress: Progress, number: int, runs: int) -> None:
    progress.step(
        Text(
            fr=f"Mesure : du démarrage à la première invite, {number} sur {runs}",
            en=f"Measuring: from start to first prompt, {number} of {runs}",
        )
    )


def _by_service(app: App) -> float:
    """Start a lab by the service layer, and return the seconds; the lab is removed again."""
    plan = app.labs.plans.plan(SCENARIO, SEED)
    begun = time.perf_counter()
    running = app.labs.lifecycle.start(plan, Silent())
    try:
        return time.perf_counter() - begun
    finally:
        with interrupts.shielded():
            app.labs.lifecycle.discard(running.instance)


@contextmanager
def removed(app: App, folder: Path) -> Iterator[None]:
    """Remove in the end what the labd of a folder has begun and not stopped: its log or its record of each says so."""
    try:
        yield
    finally:
        with interrupts.shielded():
            state = state_folder({HOME: str(folder)})
            begun = {name for name, _ in EventLogs(state / "labd").noted()}
            for name in sorted(begun | {path.stem for path in (state / "instances").glob("*.json")}):
                with suppress(BreakfixError):
                    app.labs.lifecycle.discard(app.labs.running.find(name))


async def by_portal(site: PortalSite, seed: str) -> PortalStart:
    """Start a lab as somebody does in a browser, and stop it; ``seed``: its variant; empty: any."""
    guest = site.trainees[0]
    timeout = httpx.Timeout(_WITHIN_S)
    headers = {**guest.headers, "Origin": site.origin, "Sec-Fetch-Site": "same-origin"}
    async with httpx.AsyncClient(base_url=site.origin, headers=headers, timeout=timeout, trust_env=False) as browser:
        begun = time.perf_counter()
        led = await browser.post(f"/scenarios/{SCENARIO}", data={**_key(guest), "seed": seed})
        found = _LAB.fullmatch(led.headers.get("location", ""))
        if found is None:
            raise _refused("start", led)
        lab = f"/labs/{found[1]}"
        (await browser.get(lab)).raise_for_status()
        own = await _ended(browser, lab, "start")
        (await browser.get(lab)).raise_for_status()  # the page loads again, now with its buttons of terminals
        opened = await browser.post(
            f"{lab}/terminals", data={**_key(guest), "host": site.host}, headers={"Accept": "application/json"}
        )
        if opened.status_code != httpx.codes.OK:
            raise _refused("terminals", opened)
        await _prompt(site, MeasuredTerminal(replace(guest, lab=found[1]), opened.json()["id"]))
        seconds = time.perf_counter() - begun
        done = await browser.post(f"{lab}/stop", data=_key(guest), headers={"Accept": "application/json"})
        if done.is_error:
            raise _refused("stop", done)
        await _ended(browser, lab, "stop")
    return PortalStart(found[1], seconds, seconds - own)


def _key(guest: Guest) -> dict[str, str]:
    return {"form_key": guest.form_key}


async def _prompt(site: PortalSite, terminal: MeasuredTerminal) -> None:
    """Look at a terminal until it shows a prompt."""
    shown = b""
    async with asyncio.timeout(_WITHIN_S), attached(site, terminal) as line:
        while not _PROMPT.search(shown):
            said = await line.recv()
            shown += said if isinstance(said, bytes) else b""


async def _ended(browser: httpx.AsyncClient, lab: str, act: str) -> float:
    """Hear the events of a lab, as its page does, until something that is done with it has ended, or it is gone.

    Returns:
        The seconds that it took, as labd tells them.

    Raises:
        LabError: it has ended badly.
    """
    async with asyncio.timeout(_WITHIN_S), browser.stream("GET", f"{lab}/events") as answer:
        begun = 0.0
        async for event in _events(answer):
            if event.get("body", {}).get("act") != act:
                continue
            at = datetime.fromisoformat(event["at"]).timestamp()
            if event["kind"] == "began":
                begun = at
            elif event["kind"] == "ended":
                if event["body"].get("refusal") is not None:
                    raise LabError(Text(fr=f"{lab} : {event['body']}", en=f"{lab}: {event['body']}"))
                return at - begun
    return 0.0


async def _events(answer: httpx.Response) -> AsyncIterator[dict[str, Any]]:
    async for line in answer.aiter_lines():
        if line.startswith("data: "):
            yield json.loads(line.removeprefix("data: "))


def _refused(what: str, answer: httpx.Response) -> LabError:
    return LabError(
        Text(
            fr=f"Le portail a répondu {answer.status_code} ({what}).",
            en=f"The portal answered {answer.status_code} ({what}).",
        )
    )
