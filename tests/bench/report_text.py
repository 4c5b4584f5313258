"""The benchmark's report as plain text, in French or English."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from orchestrator.bench.boots import figure
from orchestrator.core.text import Language, Text
from tests.bench.samples import Comparison, Series, Target, Unit

if TYPE_CHECKING:
    from tests.bench.bench_report import BenchReport

_MET: Final = Text(fr="atteint", en="met")
_MISSED: Final = Text(fr="MANQUÉ", en="MISSED")
_TARGET: Final = Text(fr="objectif", en="target")
_RATIO: Final = Text(fr="rapport", en="ratio")
_NAME_WIDTH: Final = 34
_GIB: Final = 1 << 30


def render_text(report: BenchReport, language: Language) -> str:
    """Return the report: the machine, then each comparison with its peers, ratio and target."""
    lines = [*_head(report, language), ""]
    for comparison in report.comparisons:
        lines += _comparison(comparison, language)
    return "\n".join(lines) + "\n"


def _head(report: BenchReport, language: Language) -> Iterator[str]:
    machine = report.machine
    memory = f"{machine.memory / _GIB:.1f} GiB"
    if language == "fr":
        memory = memory.replace(".", ",").replace("GiB", "Gio")
        yield f"Banc d'essai : médianes de {report.runs} mesures, alternées avec celles du point de comparaison"
        cores = f"{machine.cores} cœurs"
    else:
        yield f"Benchmark: medians of {report.runs} measurements, interleaved with the peers'"
        cores = f"{machine.cores} cores"
    yield (
        f"{cores}, {memory}, Linux {machine.kernel}, Docker {machine.docker}, "
        f"docker-compose {machine.compose}, cgroup v{machine.cgroup_version}"
    )
    needs = report.peer_privileges.in_(language)
    yield (
        f"Privilèges des machines sous docker-compose : {needs} ; des nôtres : aucun de ceux-là"
        if language == "fr"
        else f"The peer's privileges (systemd under docker-compose): {needs}; our hosts have none of that"
    )


def _comparison(comparison: Comparison, language: Language) -> Iterator[str]:
    yield comparison.told.in_(language)
    yield _line(comparison.ours, comparison.unit, language, _verdict(comparison, language))
    for peer in comparison.peers:
        yield _line(peer, comparison.unit, language, "")
    if comparison.parts:
        parts = (f"{name} {figure(value, comparison.unit, language)}" for name, value in comparison.parts.items())
        yield f"    = {' + '.join(parts)}"


def _line(series: Series, unit: Unit, language: Language, verdict: str) -> str:
    low, high = min(series.samples), max(series.samples)
    spread = f"({figure(low, unit, language).split(' ')[0]} – {figure(high, unit, language).split(' ')[0]})"
    row = f"    {series.told.in_(language):<{_NAME_WIDTH}}{figure(series.median, unit, language):>10}  {spread:<17}"
    return f"{row}{verdict}".rstrip()


def _verdict(comparison: Comparison, language: Language) -> str:
    words = []
    if comparison.ratio is not None:
        words.append(f"{_RATIO.in_(language)} {_fraction(comparison.ratio, language)}")
    if comparison.target is not None:
        aim = _aim(comparison.target, comparison.unit, language)
        met = (_MET if comparison.met else _MISSED).in_(language)
        words.append(f"{_TARGET.in_(language)} ≤ {aim}{' : ' if language == 'fr' else ': '}{met}")
    return ", ".join(words)


def _fraction(ratio: float, language: Language) -> str:
    """Return ``1/3.3`` for a ratio below one, else the ratio itself."""
    text = f"1/{1 / ratio:.1f}" if 0 < ratio < 1 else f"{ratio:.2f}"
    return text.replace(".", ",") if language == "fr" else text


def _aim(target: Target, unit: Unit, language: Language) -> str:
    if target.limit is not None:
        return figure(target.limit, unit, language)
    return f"1/{1 / (target.ratio or 1):.0f}"
