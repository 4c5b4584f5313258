"""From "start" to the first prompt where a lab stands ready: by the portal, of real labs of its warm pool."""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from orchestrator.bench.figure_report import Figure
from orchestrator.bench.local_labd import SCENARIO, SEED
from orchestrator.bench.portal_site import site_of_labs
from orchestrator.bench.portal_start import PortalStart, by_portal, removed
from orchestrator.core.errors import BreakfixError
from orchestrator.core.paths import HOME, state_folder
from orchestrator.core.progress import Progress
from orchestrator.core.text import Text
from orchestrator.core.waiting import wait_until

if TYPE_CHECKING:
    from orchestrator.app import App

_TARGET_S: Final = 1.0
_WITHIN_S: Final = 600.0
"""For a lab that is filled when the machine has time for it."""
_BUSY: Final = Text(fr="machine occupée : aucun lab prêt", en="machine busy: no lab made ready")
_POOL: Final = (f"--pool={SCENARIO}=1", "--pool-reserve=512M")


def claims(app: App, folder: Path, runs: int, progress: Progress) -> list[Figure]:
    """Return how long it takes to get a lab that stands ready; every lab is removed again.

    Args:
        app: the program.
        folder: for all that is the measurement's own; its path is short.
        runs: how many are claimed; their median counts.
        progress: is told each.

    Raises:
        MachineError: a process of the portal does not start.
        LabError: a lab does not come up.
    """
    plan = app.labs.plans.plan(SCENARIO, SEED)
    try:
        app.labs.lifecycle.prepare([plan])
    except BreakfixError as error:
        return figures((), error.text)
    folder.mkdir(mode=0o700)
    found: list[PortalStart] = []
    with removed(app, folder), site_of_labs(folder, plan.hosts[0].name, *_POOL) as site:
        while len(found) < runs:
            progress.step(
                Text(
                    fr=f"Mesure : un lab déjà prêt, {len(found) + 1} sur {runs}",
                    en=f"Measuring: a lab that stands ready, {len(found) + 1} of {runs}",
                )
            )
            ready = _ready(app, folder)
            if not ready:
                return figures(found, _BUSY)
            started = asyncio.run(by_portal(site, ""))
            if started.lab in ready:  # else labd had not seen it yet
                found.append(started)
    return figures(found)


def figures(found: Sequence[PortalStart], why: Text | None = None) -> list[Figure]:
    """Return what the claims come to, beside the target; ``why`` there are none."""
    title = Text(fr="du démarrage à la première invite, lab déjà prêt", en="from start to first prompt, a lab ready")
    around = Text(fr="  avant et après sa remise en marche", en="  before and after labd had it go on")

    def median(values: list[float]) -> float | None:
        return statistics.median(values) if values else None

    return [
        Figure("claim", title, "s", median([one.prompt for one in found]), _TARGET_S, why),
        Figure("claim-around", around, "s", median([one.around for one in found]), None, why),
    ]


def _ready(app: App, folder: Path) -> frozenset[str]:
    """Return the labs of a folder's labd that stand ready, once there is one; none where time runs out."""
    records = state_folder({HOME: str(folder)}) / "instances"

    def standing() -> frozenset[str]:
        ours = app.labs.running.pooled() & {path.stem for path in records.glob("*.json")}
        return frozenset(
            one.name
            for one in app.labs.running.all()
            if one.name in ours and one.wholly_frozen and app.labs.running.instances.started(one.name)
        )

    return wait_until(standing, within=_WITHIN_S, every=0.5) or frozenset()
