"""How long each image takes from nothing to ready, how long each lab does, and what memory they then take."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from orchestrator.bench.lab_figures import LabFigure, figures_file, keep_figures
from orchestrator.bench.memory import container_memory, settled
from orchestrator.core import interrupts
from orchestrator.core.errors import UsageError
from orchestrator.core.progress import Progress, Silent
from orchestrator.core.text import Language, Text, same
from orchestrator.instances.instance import Instance, StartContext
from orchestrator.model.base import CONTRACT
from orchestrator.model.image import ImageSpec
from orchestrator.model.lab import Host, Interface, Lab, LabDocument, Segment
from orchestrator.model.plan import Plan
from orchestrator.planning.planner import plan_lab

if TYPE_CHECKING:
    from orchestrator.app import App

_MB: Final = 1_000_000
_NAME_WIDTH: Final = 18
_HEADS: Final = (
    Text(fr="image ou lab", en="image or lab"),
    Text(fr="machines", en="hosts"),
    Text(fr="taille", en="size"),
    Text(fr="prêt", en="ready"),
    Text(fr="mémoire", en="memory"),
)


@dataclass(frozen=True)
class Boot:
    """What one image or lab takes.

    Attributes:
        name: the image's or the lab's.
        hosts: how many hosts were started; 1 for an image.
        size: the image's size in bytes with all its parents; None for a lab.
        seconds: from the request to ready, one for each run.
        memory: bytes of all its hosts' control groups once they settled, without file cache.
    """

    name: str
    hosts: int
    size: int | None
    seconds: tuple[float, ...]
    memory: int

    def to_document(self) -> dict[str, Any]:
        """Return the row as JSON's types."""
        return {
            "name": self.name,
            "hosts": self.hosts,
            "size": self.size,
            "ready": round(statistics.median(self.seconds), 3),
            "samples": [round(s, 3) for s in self.seconds],
            "memory": self.memory,
        }


@dataclass(frozen=True)
class BootReport:
    """The rows: images, then labs."""

    runs: int
    images: tuple[Boot, ...]
    labs: tuple[Boot, ...]

    def to_document(self) -> dict[str, Any]:
        """Return the report as JSON's types."""
        return {
            "runs": self.runs,
            "images": [boot.to_document() for boot in self.images],
            "labs": [boot.to_document() for boot in self.labs],
        }

    def to_text(self, language: Language) -> str:
        """Return the report as plain text: medians, with the least and the most."""
        head = Text(
            fr=f"Du néant à prêt, médianes de {self.runs} démarrages, à tour de rôle",
            en=f"From nothing to ready, medians of {self.runs} starts, by turns",
        )
        lines = [head.in_(language), _cells(*(h.in_(language) for h in _HEADS))]
        lines += [_row(boot, language) for boot in (*self.images, *self.labs)]
        return "\n".join(lines) + "\n"


def measure(app: App, *, runs: int, output: Path | None = None, progress: Progress) -> BootReport:
    """Start each image alone and each lab whole, by turns, and leave nothing behind.

    Args:
        app: the program.
        runs: how many times each is started.
        output: a file for the report as JSON; only written when everything was measured.
        progress: is told each start.

    Raises:
        UsageError: the report's folder does not exist.
        MachineError: an image cannot be built.
        LabError: a host or a lab does not come up.
    """
    require_folder(output)
    labs = {name: app.labs.plans.of_lab(name) for name in app.content.labs()}
    images = sorted({host.image for plan in labs.values() for host in plan.hosts})
    specs = {name: app.content.image(name) for name in images}
    around = StartContext(specs, app.build(images), ())
    app.fabric.ping()  # a helper that has to be started first is not what is measured
    plans = {name: _one_host_plan(specs, name) for name in images}
    sizes = {tag: image.size for image in app.engine.images({}) for tag in image.tags}
    measured: dict[str, Boot] = {}
    for number in range(1, runs + 1):
        for name, plan in plans.items():
            _tell(progress, name, number, runs)
            boot = _boot(app, plan, around, name)
            _add(measured, f"image {name}", replace(boot, size=sizes.get(around.references[name])))
        for name, plan in labs.items():
            _tell(progress, name, number, runs)
            _add(measured, f"lab {name}", _boot(app, plan, around, name))
    report = BootReport(
        runs,
        tuple(boot for key, boot in measured.items() if key.startswith("image ")),
        tuple(boot for key, boot in measured.items() if key.startswith("lab ")),
    )
    keep_figures({boot.name: _figure(boot, labs[boot.name]) for boot in report.labs}, figures_file())
    if output is not None:
        output.write_text(json.dumps(report.to_document(), indent=2) + "\n", encoding="utf-8")
    return report


def measure_labs(app: App, plans: Mapping[str, Plan], *, progress: Progress) -> tuple[Boot, ...]:
    """Start some labs whole, once each, leave nothing of them, and keep what was measured.

    Args:
        app: the program.
        plans: lab -> its plan, healthy.
        progress: is told each start.

    Raises:
        MachineError: an image cannot be built.
        LabError: a lab does not come up.
    """
    images = sorted({host.image for plan in plans.values() for host in plan.hosts})
    around = StartContext({name: app.content.image(name) for name in images}, app.build(images), ())
    app.fabric.ping()
    found: list[Boot] = []
    for name, plan in plans.items():
        _tell(progress, name, 1, 1)
        found.append(_boot(app, plan, around, name))
        keep_figures({name: _figure(found[-1], plan)}, figures_file())
    return tuple(found)


def _figure(boot: Boot, plan: Plan) -> LabFigure:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return LabFigure(plan.digest, boot.hosts, boot.memory, statistics.median(boot.seconds), now)


def _boot(app: App, plan: Plan, around: StartContext, name: str) -> Boot:
    begun = time.perf_counter()
    instance = app.instances.start(plan, around, Silent())  # its own steps would hide which measurement it is
    try:
        return Boot(name, len(plan.hosts), None, (time.perf_counter() - begun,), _memory(instance))
    finally:
        with interrupts.shielded():
            app.instances.remove(instance.name)


def _memory(instance: Instance) -> int:
    return settled(lambda: sum(container_memory(host.container) for host in instance.hosts), int)


def _add(measured: dict[str, Boot], key: str, boot: Boot) -> None:
    before = measured.get(key)
    measured[key] = boot if before is None else replace(boot, seconds=(*before.seconds, *boot.seconds))


def _tell(progress: Progress, name: str, number: int, runs: int) -> None:
    progress.step(Text(fr=f"{name}, mesure {number} sur {runs}", en=f"{name}, measurement {number} of {runs}"))


def _row(boot: Boot, language: Language) -> str:
    median = figure(statistics.median(boot.seconds), "s", language)
    spread = " – ".join(figure(s, "s", language).partition(" ")[0] for s in (min(boot.seconds), max(boot.seconds)))
    size = "" if boot.size is None else figure(boot.size / _MB, "MB", language)
    return f"{_cells(boot.name, str(boot.hosts), size, median, figure(boot.memory / _MB, 'MB', language))}  ({spread})"


def _cells(name: str, *others: str) -> str:
    return f"  {name:<{_NAME_WIDTH}}" + "".join(f"{cell:>12}" for cell in others)


def figure(value: float, unit: str, language: Language) -> str:
    """Return a number with its unit (``s``, ``ms`` or ``MB``), as the language writes it."""
    digits = 2 if unit == "s" else 1
    text = f"{value:.{digits}f} {unit}"
    if language == "fr":
        return text.replace(".", ",").replace("MB", "Mo")
    return text


def require_folder(output: Path | None) -> None:
    """Refuse, before anything is measured, a report in a folder that does not exist.

    Raises:
        UsageError: there is no such folder.
    """
    if output is not None and not output.absolute().parent.is_dir():
        raise UsageError(
            Text(fr=f"{output} : ce dossier n'existe pas.", en=f"{output}: there is no such folder."),
        )


# The lab of one image -------------------------------------------------------------------------------------


def _one_host_plan(images: Mapping[str, ImageSpec], name: str) -> Plan:
    """Return the plan of a lab with one host of an image, on a segment that nothing else is on."""
    segments = {"lan1": Segment(title=same("LAN 1"), subnet="198.18.1.0/24")}
    cable = Interface(segment="lan1", address="198.18.1.11")
    host = Host(image=name, title=same(name), interfaces={"eth0": cable})
    return plan_of_hosts("boot", segments, {"one": host}, images)


def plan_of_hosts(
    name: str, segments: Mapping[str, Segment], hosts: Mapping[str, Host], images: Mapping[str, ImageSpec]
) -> Plan:
    """Return the plan of a lab that is made in code and has no content folder.

    Args:
        name: the lab's name.
        segments: its segments; RFC 2544 sets 198.18.0.0/15 aside for benchmarks: no user's network has it.
        hosts: its hosts.
        images: their images.
    """
    document = LabDocument(
        contract=CONTRACT,
        name=name,
        title=same(name),
        summary=same(name),
        domain=f"{name}.test",
        segments=dict(segments),
        hosts=dict(hosts),
    )
    return plan_lab(Lab(document, folder=Path("/"), files=(), checks=(), digest=name), 0, images)
