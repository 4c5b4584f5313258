"""Medians, ratios, targets, and how they are told."""

from __future__ import annotations

import json

import pytest

from orchestrator.core.text import Text, same
from tests.bench.bench_report import BenchReport
from tests.bench.machine_facts import MachineFacts
from tests.bench.samples import Comparison, Series, Target

pytestmark = pytest.mark.slow

MACHINE = MachineFacts(2, 24 << 30, 0.5, "6.1.0", "3.13.1", "26.1.5", "2.26.1-4", 2, "overlay2", apparmor=True)


def comparison(
    ours: tuple[float, ...], peer: tuple[float, ...] = (), target: Target | None = None, **more: object
) -> Comparison:
    fields: dict[str, object] = {"name": "ready", "told": Text(fr="8 machines prêtes", en="8 hosts ready"), "unit": "s"}
    peers = (Series("compose", same("docker-compose"), peer),) if peer else ()
    fields |= {"ours": Series("breakfix", same("Breakfix"), ours), "peers": peers, "target": target, **more}
    return Comparison(**fields)  # type: ignore[arg-type]


def report(*comparisons: Comparison) -> BenchReport:
    told = Text(fr="privilégiées", en="privileged")
    return BenchReport("2026-11-24T16:00:00Z", 61.5, 5, MACHINE, told, comparisons)


def test_the_ratio_is_that_of_the_medians() -> None:
    made = comparison((1.0, 9.0, 1.2, 1.1, 0.9), (3.3, 3.2, 30.0))
    assert made.ratio == pytest.approx(1.1 / 3.3)
    assert made.met is None
    assert comparison((1.0,)).ratio is None


@pytest.mark.parametrize(
    ("ours", "peer", "target", "met"),
    [
        (1.0, 2.0, Target(ratio=1 / 2), True),
        (1.01, 2.0, Target(ratio=1 / 2), False),
        (1.0, 15.0, Target(ratio=1 / 15), True),
        (15.0, 3.0, Target(limit=15.0), True),
        (15.1, 30.0, Target(limit=15.0), False),
    ],
)
def test_a_target_is_met_up_to_its_edge(ours: float, peer: float, target: Target, met: bool) -> None:
    made = comparison((ours,), (peer,), target)
    assert made.met is met
    assert report(made).met is met
    assert report(comparison((1.0,))).met


def test_json_holds_every_single_measurement() -> None:
    made = comparison((1.25, 1.5, 1.0), (3.0, 4.0, 3.5), Target(ratio=1 / 2), parts={"cgroup": 1.23456789})
    document = json.loads(json.dumps(report(made).to_document()))
    assert (document["schema"], document["runs"], document["met"]) == (1, 5, True)
    assert document["machine"] == {
        "cores": 2,
        "memory": 24 << 30,
        "load": 0.5,
        "kernel": "6.1.0",
        "python": "3.13.1",
        "docker": "26.1.5",
        "compose": "2.26.1-4",
        "cgroup_version": 2,
        "storage_driver": "overlay2",
        "apparmor": True,
    }
    (one,) = document["comparisons"]
    assert one["ours"]["samples"] == [1.25, 1.5, 1.0]
    assert one["peers"][0]["samples"] == [3.0, 4.0, 3.5]
    assert (one["ours"]["median"], one["peers"][0]["median"], one["ratio"]) == (1.25, 3.5, 0.3571)
    assert one["target"] == {"ratio": 0.5, "limit": None, "met": True}
    assert one["parts"] == {"cgroup": 1.2346}


def test_the_text_in_english() -> None:
    made = report(
        comparison((1.25, 1.5, 1.0), (3.0, 4.0, 3.5), Target(ratio=1 / 2)),
        comparison((18.04,), unit="MB", target=Target(limit=15.0), parts={"cgroup": 7.0, "shim": 11.04}),
        comparison((2.0,), (1.0,)),
    )
    assert made.to_text("en") == (
        "Benchmark: medians of 5 measurements, interleaved with the peers'\n"
        "2 cores, 24.0 GiB, Linux 6.1.0, Docker 26.1.5, docker-compose 2.26.1-4, cgroup v2\n"
        "The peer's privileges (systemd under docker-compose): privileged; our hosts have none of that\n"
        "\n"
        "8 hosts ready\n"
        "    Breakfix                              1.25 s  (1.00 – 1.50)    ratio 1/2.8, target ≤ 1/2: met\n"
        "    docker-compose                        3.50 s  (3.00 – 4.00)\n"
        "8 hosts ready\n"
        "    Breakfix                             18.0 MB  (18.0 – 18.0)    target ≤ 15.0 MB: MISSED\n"
        "    = cgroup 7.0 MB + shim 11.0 MB\n"
        "8 hosts ready\n"
        "    Breakfix                              2.00 s  (2.00 – 2.00)    ratio 2.00\n"
        "    docker-compose                        1.00 s  (1.00 – 1.00)\n"
    )


def test_the_text_in_french() -> None:
    made = report(
        comparison((1.25,), (3.5,), Target(ratio=1 / 2)), comparison((18.04,), unit="MB", target=Target(limit=15.0))
    )
    text = made.to_text("fr")
    assert "2 cœurs, 24,0 Gio" in text
    assert "8 machines prêtes\n" in text
    assert "1,25 s  (1,25 – 1,25)    rapport 1/2,8, objectif ≤ 1/2 : atteint\n" in text
    assert "18,0 Mo  (18,0 – 18,0)    objectif ≤ 15,0 Mo : MANQUÉ\n" in text
    assert "médianes de 5 mesures" in text
