"""The lab that is measured: eight plain hosts and eleven cables on four segments, two of the hosts between segments.

Built in code, so that the benchmark needs no content folder and measures the same thing for years. The addresses are
those that RFC 2544 sets aside for benchmarks: no user's network has them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from orchestrator.bench.boots import plan_of_hosts
from orchestrator.core.text import same
from orchestrator.model.image import ImageSpec
from orchestrator.model.lab import Host, Interface, Segment
from orchestrator.model.plan import Plan

IMAGE: Final = "host"
"""The image of every host, on both sides."""

_CABLES: Final[Mapping[str, tuple[int, ...]]] = {
    "core1": (1, 2, 3),
    "core2": (3, 4),
    "ws1": (1,),
    "ws2": (1,),
    "ws3": (2,),
    "ws4": (2,),
    "ws5": (3,),
    "ws6": (4,),
}
"""Each host's segments, one interface for each."""

_FIRST_ADDRESS: Final = 11


def bench_plan(images: Mapping[str, ImageSpec]) -> Plan:
    """Return the plan of the measured lab; ``images`` must hold at least ``IMAGE``."""
    segments = {f"lan{n}": Segment(title=same(f"LAN {n}"), subnet=f"198.18.{n}.0/24") for n in range(1, 5)}
    hosts = {
        name: Host(
            image=IMAGE,
            title=same(name),
            interfaces={
                f"eth{i}": Interface(segment=f"lan{lan}", address=f"198.18.{lan}.{number}")
                for i, lan in enumerate(lans)
            },
        )
        for number, (name, lans) in enumerate(_CABLES.items(), _FIRST_ADDRESS)
    }
    return plan_of_hosts("bench", segments, hosts, images)
