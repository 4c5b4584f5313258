"""How fast the portal is and what it takes: real processes of its own, whose terminals are programs of this machine."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from orchestrator.bench import page_paint, peer_shells, portal_claims, portal_lines, portal_start, process_costs
from orchestrator.bench.boots import require_folder
from orchestrator.bench.figure_report import Figure, FigureReport, percentile
from orchestrator.bench.peer_shells import NoPeerError
from orchestrator.bench.portal_lines import Echo, MeasuredTerminal
from orchestrator.bench.portal_site import CLASS, PEOPLE, PortalSite, portal_site
from orchestrator.core.progress import Progress
from orchestrator.core.text import Text

if TYPE_CHECKING:
    from orchestrator.app import App

EACH: Final = 2
"""Terminals of each trainee."""
_BEYOND_SSH_MS: Final = 3.0
_LINES_MS: Final = 100.0
_PAGE_KB: Final = 250.0
_PAINTED_MS: Final = 500.0
_MEMORY_MB: Final = 250.0
_PROCESSOR_PERCENT: Final = 15.0
_AT_ONCE: Final = 10
"""Reconnections at a time."""
_KB, _MB = 1_000, 1_000_000


_HEAD: Final = Text(
    fr="Le portail, ses terminaux étant des programmes de cette machine",
    en="The portal, its terminals being programs of this machine",
)


@dataclass(frozen=True)
class PortalAmounts:
    """How much of everything is measured; a test takes little.

    Attributes:
        keys: keys that are typed into each terminal.
        seconds: for how long lines are written, and how long nobody types.
        reconnects: lines to terminals that come and go.
        starts: pairs of real labs that are started; none: neither Docker nor a lab is needed.
    """

    keys: int = 300
    seconds: float = 10.0
    reconnects: int = 1000
    starts: int = 5


def measure_portal(
    app: App, *, output: Path | None = None, progress: Progress, amounts: PortalAmounts | None = None
) -> FigureReport:
    """Measure the portal, and leave nothing behind.

    Args:
        app: the program; its content is used, and its engine for the real labs, which are started last.
        output: a file for the report as JSON; only written when everything was measured.
        progress: is told each measurement.
        amounts: how much is measured.

    Raises:
        UsageError: the report's folder does not exist.
        MachineError: a process of the portal does not start.
        LabError: a real lab does not come up.
    """
    require_folder(output)
    amounts = amounts or PortalAmounts()
    with tempfile.TemporaryDirectory(prefix="bench-") as made:
        with portal_site(app, Path(made)) as site:
            found = asyncio.run(_Measurement(site, Path(made), progress, amounts).figures())
        if amounts.starts:
            found += portal_start.starts(app, Path(made) / "starts", amounts.starts, progress)
            found += portal_claims.claims(app, Path(made) / "claims", amounts.starts, progress)
    report = FigureReport(_HEAD, tuple(found))
    if output is not None:
        output.write_text(json.dumps(report.to_document(), indent=2) + "\n", encoding="utf-8")
    return report


class _Measurement:
    def __init__(self, site: PortalSite, folder: Path, progress: Progress, amounts: PortalAmounts) -> None:
        self._site = site
        self._folder = folder
        self._progress = progress
        self._amounts = amounts

    async def figures(self) -> list[Figure]:
        """Return all figures."""
        self._tell("la page du lab", "the lab page")
        found = await self._page()
        terminals = await portal_lines.open_terminals(self._site, EACH)
        self._tell("la frappe", "keys")
        found += await self._echo(terminals[0])
        self._tell("des terminaux qui défilent", "terminals that scroll")
        found += await self._busy(terminals)
        self._tell("un instant où personne ne tape", "a while in which nobody types")
        found += await self._idle(terminals)
        self._tell("des reconnexions", "reconnections")
        return found + await self._reconnects(terminals)

    def _tell(self, fr: str, en: str) -> None:
        self._progress.step(Text(fr=f"Mesure : {fr}", en=f"Measuring: {en}"))

    async def _page(self) -> list[Figure]:
        painted = Text(fr="page du lab : premier affichage", en="lab page: first content painted")
        weight = Text(fr="page du lab : poids avant les terminaux", en="lab page: weight before terminals")
        try:
            paint = await page_paint.lab_page(self._site, self._folder)
        except NoPeerError as error:
            return [
                Figure("painted", painted, "ms", None, _PAINTED_MS, error.why),
                Figure("weight", weight, "kB", None, _PAGE_KB, error.why),
            ]
        return [
            Figure("painted", painted, "ms", paint.painted, _PAINTED_MS),
            Figure("weight", weight, "kB", paint.bytes / _KB, _PAGE_KB),
        ]

    async def _echo(self, terminal: MeasuredTerminal) -> list[Figure]:
        titles = {
            "ssh": Text(fr="touche à l'écran par SSH, p95", en="key to echo by SSH, p95"),
            "ttyd": Text(fr="touche à l'écran par ttyd, p95", en="key to echo by ttyd, p95"),
        }
        echoes: dict[str, Echo] = {}
        absent: dict[str, Text] = {}
        async with AsyncExitStack() as opened:
            line = await opened.enter_async_context(portal_lines.attached(self._site, terminal))
            echoes["portal"] = portal_lines.echo_of(line)
            for name, shell in (("ssh", peer_shells.ssh_shell(self._folder)), ("ttyd", peer_shells.ttyd_shell())):
                try:
                    echoes[name] = await opened.enter_async_context(shell)
                except NoPeerError as error:
                    absent[name] = error.why
            times = await portal_lines.keys([*echoes.values()], self._amounts.keys)
        found = {name: percentile(own, 95) for name, own in zip(echoes, times, strict=True)}
        target = found["ssh"] + _BEYOND_SSH_MS if "ssh" in found else None
        title = Text(fr="touche à l'écran par le portail, p95", en="key to echo by the portal, p95")
        peers = [Figure(name, title, "ms", found.get(name), None, absent.get(name)) for name, title in titles.items()]
        return [Figure("echo", title, "ms", found["portal"], target), *peers]

    async def _busy(self, terminals: tuple[MeasuredTerminal, ...]) -> list[Figure]:
        _, labd, _ = self._site.pids
        places = process_costs.terminals_below(labd)
        times = await portal_lines.lines_beside(self._site, terminals, places, self._amounts.seconds)
        count, rate = len(terminals), portal_lines.LINES_A_SECOND
        title = Text(
            fr=f"ligne à l'écran, {count} terminaux à {rate} lignes/s, p99",
            en=f"line to screen, {count} terminals at {rate} lines/s, p99",
        )
        return [Figure("lines", title, "ms", percentile(times, 99), _LINES_MS)]

    async def _idle(self, terminals: tuple[MeasuredTerminal, ...]) -> list[Figure]:
        async with AsyncExitStack() as opened:
            await opened.enter_async_context(portal_lines.streams(self._site, CLASS))
            for one in terminals:
                await opened.enter_async_context(portal_lines.attached(self._site, one))
            await asyncio.sleep(2)  # what has just been opened is told first
            before = self._processor()
            await asyncio.sleep(self._amounts.seconds)
            share = (self._processor() - before) / self._amounts.seconds * 100
            parts = [process_costs.shared_memory(pid) / _MB for pid in self._site.pids]
        memory = Text(
            fr=f"mémoire avec {PEOPLE} stagiaires et un tableau (PSS)",
            en=f"memory with {PEOPLE} trainees and a board (PSS)",
        )
        names = (("portail", "portal"), ("labd", "labd"), ("gardien", "keeper"))
        each = [
            Figure(f"memory-{en}", Text(fr=f"  dont {fr}", en=f"  of it {en}"), "MB", part)
            for (fr, en), part in zip(names, parts, strict=True)
        ]
        processor = Text(fr="part d'un processeur, personne ne tape", en="share of one processor, nobody types")
        return [
            Figure("memory", memory, "MB", sum(parts), _MEMORY_MB),
            *each,
            Figure("processor", processor, "%", share, _PROCESSOR_PERCENT),
        ]

    def _processor(self) -> float:
        return sum(process_costs.processor_seconds(pid) for pid in self._site.pids)

    async def _reconnects(self, terminals: tuple[MeasuredTerminal, ...]) -> list[Figure]:
        titles = {
            "terminals": Text(fr="terminaux restés", en="terminals left"),
            "descriptors": Text(fr="descripteurs restés", en="descriptors left"),
            "processes": Text(fr="processus restés", en="processes left"),
        }
        # Before, as many at once as never below: what is made when it is first needed, such as the store's connections.
        await portal_lines.reconnect(self._site, terminals, 4 * len(terminals), at_once=4 * _AT_ONCE)
        await portal_lines.rest(self._site)
        before = self._counts()
        await portal_lines.reconnect(self._site, terminals, self._amounts.reconnects, at_once=_AT_ONCE)
        await portal_lines.rest(self._site)
        after = await self._settled(before)
        count = self._amounts.reconnects
        return [
            Figure(
                name,
                Text(fr=f"{count} reconnexions : {title.fr}", en=f"{count} reconnections: {title.en}"),
                "",
                float(max(0, late - early)),
                0.0,
            )
            for (name, title), early, late in zip(titles.items(), before, after, strict=True)
        ]

    async def _settled(self, wanted: tuple[int, ...]) -> tuple[int, ...]:
        """Return terminals, descriptors and processes, once there are no more than wanted, or in the end."""
        for _ in range(20):
            if _within(self._counts(), wanted):
                break
            await asyncio.sleep(0.5)
        return self._counts()

    def _counts(self) -> tuple[int, ...]:
        pids = self._site.pids
        return (
            sum(process_costs.masters(pid) for pid in pids),
            sum(process_costs.descriptors(pid) for pid in pids),
            len(process_costs.descendants(pids)),
        )


def _within(found: Iterable[int], wanted: Iterable[int]) -> bool:
    return all(one <= most for one, most in zip(found, wanted, strict=True))
