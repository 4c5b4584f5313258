"""The school's day on paper: who gets which node, who waits for what, and what becomes of labs whose node is lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest
from click.testing import CliRunner

from orchestrator.bench.lab_figures import LabFigure
from tests.bench.school_cluster import (
    BUSY_CLAIM_S,
    CLAIM_S,
    NOTICED_S,
    Cluster,
    ClusterRules,
    LabKind,
    PlacedLab,
    taken_by,
)
from tests.bench.school_day import MEASURED, School, SchoolDay, borne, lab_kinds, school_day, school_rules, sign_ins

if TYPE_CHECKING:
    from orchestrator.model.plan import Plan

SMALL = LabKind("small", 2, most=100, memory=10, seconds=10.0)
LARGE = LabKind("large", 8, most=300, memory=40, seconds=30.0)
SETTLED_S = 0.6
"""More than it takes from a wish to the node's beginning, where the manager has nothing else to do."""


def cluster(kinds: Sequence[LabKind] = (), **rules: float | None) -> Cluster:
    """Return three nodes with room for three small labs, or one large one, whose manager needs no time."""
    usual = ClusterRules(room=300, nodes=3, processors=4.0, starts_at_once=9, lab_load=0.0, placed_per_s=1e6)
    return Cluster(replace(usual, **rules), kinds)  # type: ignore[arg-type]


def ask(there: Cluster, *kinds: LabKind) -> list[PlacedLab]:
    """Want labs, one after the other, and wait until all are placed that can be."""
    labs = []
    for kind in kinds:
        labs.append(there.ask(kind, "bell"))
        there.clock.run(there.clock.now + SETTLED_S)
    return labs


def names(labs: Sequence[PlacedLab]) -> list[str | None]:
    return [lab.node.name if lab.node else None for lab in labs]


def rounded(there: Cluster, occasion: str = "bell") -> list[float]:
    """Return the waits at an occasion, to the second below: a decision takes half of one."""
    return [float(int(one)) for one in there.waits.get(occasion, [])]


# Places -------------------------------------------------------------------------------------------------------


def test_a_lab_goes_where_the_fewest_are_and_ties_go_by_name() -> None:
    there = cluster()
    labs = ask(there, SMALL, SMALL, SMALL, SMALL)
    assert names(labs) == ["node-1", "node-2", "node-3", "node-1"]
    there.stop(labs[1])
    assert names(ask(there, SMALL)) == ["node-2"]


def test_labs_are_counted_not_what_they_take() -> None:
    there = cluster(room=600)
    assert names(ask(there, LARGE, SMALL, SMALL, SMALL)) == ["node-1", "node-2", "node-3", "node-1"]


def test_the_node_with_the_fewest_is_passed_over_where_it_has_no_room() -> None:
    there = cluster(nodes=2)
    assert names(ask(there, LARGE, SMALL, SMALL)) == ["node-1", "node-2", "node-2"]


@pytest.mark.parametrize(("by_measure", "placed"), [(False, 9), (True, 12)])
def test_a_place_reserves_what_a_lab_may_take(by_measure: bool, placed: int) -> None:
    there = cluster(by_measure=by_measure, room=4 * taken_by(SMALL) if by_measure else 300)
    labs = ask(there, *[SMALL] * 12)
    assert sum(lab.node is not None for lab in labs) == placed
    assert len(there.pending) == 12 - placed


def test_the_kernel_bears_no_more_hosts() -> None:
    there = cluster(nodes=1, hosts=5)
    labs = ask(there, LARGE, SMALL, SMALL, SMALL)
    assert names(labs) == [None, "node-1", "node-1", None]


def test_what_waits_for_room_is_no_queue_and_a_small_lab_passes_a_large_one() -> None:
    there = cluster(nodes=1)
    first = ask(there, SMALL, SMALL, SMALL)[0]
    large, small = ask(there, LARGE, SMALL)
    there.stop(first)
    assert names([large, small]) == [None, "node-1"]
    assert there.pending == [large]


def test_who_waited_first_is_not_placed_first() -> None:
    there = cluster(nodes=1)
    first, second, third, *waiting = ask(there, *[SMALL] * 9)
    for lab in (first, second, third):
        there.stop(lab)
    placed = [lab.node is not None for lab in waiting]
    assert sum(placed) == 3
    assert placed != sorted(placed, reverse=True)


def test_who_gives_up_waiting_gets_no_place() -> None:
    there = cluster(nodes=1)
    first, *_, waits = ask(there, SMALL, SMALL, SMALL, SMALL)
    there.stop(waits)
    there.stop(first)
    undecided = there.ask(SMALL, "bell")
    there.stop(undecided)
    there.clock.run()
    assert names([waits, undecided]) == [None, None]
    assert not there.pending


def test_nobody_is_placed_while_the_manager_has_no_leader() -> None:
    there = cluster()
    undecided = there.ask(SMALL, "bell")
    there.lose_leader(40.0)
    (lab,) = ask(there, SMALL)
    assert names([undecided, lab]) == [None, None]
    there.clock.run()
    assert rounded(there) == [50.0, 50.0]


def test_the_manager_places_one_after_the_other() -> None:
    there = cluster(placed_per_s=0.5)
    for _ in range(3):
        there.ask(SMALL, "bell")
    there.clock.run()
    assert rounded(there) == [12.0, 14.0, 16.0]


# Starts -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("at_once", "waits"), [(1, [10.0, 20.0, 30.0]), (2, [10.0, 10.0, 20.0]), (3, [10.0] * 3)])
def test_few_labs_start_at_once_on_a_node(at_once: int, waits: list[float]) -> None:
    there = cluster(nodes=1, starts_at_once=at_once)
    for _ in range(3):
        there.ask(SMALL, "bell")
    there.clock.run()
    assert rounded(there) == waits


@pytest.mark.parametrize(("processors", "waits"), [(2.0, [10.0, 10.0]), (1.0, [20.0, 20.0])])
def test_starts_that_share_processors_take_longer(processors: float, waits: list[float]) -> None:
    there = cluster(nodes=1, processors=processors)
    for _ in range(2):
        there.ask(SMALL, "bell")
    there.clock.run()
    assert rounded(there) == waits


def test_a_start_is_slower_only_while_another_goes_on() -> None:
    there = cluster(nodes=1, processors=1.0)
    there.clock.at(0.0, partial(there.ask, SMALL, "bell"))
    there.clock.at(5.0, partial(there.ask, SMALL, "bell"))
    there.clock.run()
    assert rounded(there) == [15.0, 15.0]


def test_a_node_grades_few_at_once() -> None:
    there = cluster(nodes=1)
    labs = ask(there, SMALL, SMALL, SMALL)
    there.grade(labs[0], 4.0, 2.0, "check")
    there.clock.run()
    assert not there.waits.get("check"), "a lab without a prompt was graded"
    for lab in labs:
        there.grade(lab, 4.0, 2.0, "check")
    there.clock.run()
    assert rounded(there, "check") == [4.0, 4.0, 8.0]


# Labs that stand ready ----------------------------------------------------------------------------------------


def test_a_lab_that_stands_ready_is_claimed() -> None:
    there = cluster([SMALL], pool=1)
    there.ask(SMALL, "bell")
    there.ask(LARGE, "bell")
    there.ask(SMALL, "cold", warm=False)
    there.clock.run(100.0)
    assert there.waits["bell"][0] == CLAIM_S
    assert int(there.waits["bell"][1]) == 30
    assert rounded(there, "cold") == [10.0]


def test_a_claim_takes_longer_where_a_lab_starts() -> None:
    there = cluster([SMALL], nodes=1, pool=1)
    there.ask(SMALL, "cold", warm=False)
    there.clock.run(SETTLED_S)
    there.ask(SMALL, "bell")
    there.clock.run()
    assert BUSY_CLAIM_S[0] <= there.waits["bell"][0] <= BUSY_CLAIM_S[1]


def test_part_of_the_room_stays_free_of_labs_that_stand_ready() -> None:
    there = cluster([SMALL], nodes=1, pool=9)
    assert [kind.name for kind in there.nodes[0].pooled] == ["small", "small"]


def test_what_stands_ready_is_given_up_where_a_start_needs_its_room() -> None:
    there = cluster([SMALL], nodes=1, pool=2)
    (large,) = ask(there, LARGE)
    assert large.node is there.nodes[0]
    assert there.nodes[0].pooled == []


def test_a_claimed_place_is_filled_once_the_node_is_quiet() -> None:
    there = cluster([SMALL], nodes=1, pool=1, room=600)
    node = there.nodes[0]
    there.ask(SMALL, "bell")
    slow = replace(SMALL, name="slow", seconds=60.0)
    there.ask(slow, "bell")
    there.clock.run(59.0)
    assert node.starting == 1
    assert (node.pooled, node.fills) == ([], False)
    there.clock.run()
    assert [kind.name for kind in node.pooled] == ["small"]
    assert there.clock.now > 70.0


# A node is lost -----------------------------------------------------------------------------------------------


def test_labs_of_a_lost_node_start_again_elsewhere_once_it_is_noticed() -> None:
    there = cluster()
    labs = ask(there, SMALL, SMALL, SMALL)
    there.clock.run(50.0)
    there.lose(there.nodes[0], "lost")
    assert names(labs) == [None, "node-2", "node-3"]
    there.clock.run(50.0 + NOTICED_S - 0.1)
    assert names(labs)[0] is None
    there.clock.run()
    assert names(labs) == ["node-2", "node-2", "node-3"]
    assert there.waits["lost"] == [pytest.approx(NOTICED_S + 10.5, abs=0.01)]
    assert len(there.waits["bell"]) == 3


def test_a_lost_node_finishes_nothing_and_gets_no_lab() -> None:
    there = cluster(nodes=2, room=600)
    graded, _, starts = ask(there, SMALL, SMALL, replace(SMALL, seconds=20.0))
    there.clock.run(15.0)
    there.grade(graded, 4.0, 2.0, "check")
    there.lose(there.nodes[0], "lost")
    there.clock.run(15.0 + NOTICED_S)
    assert not there.waits.get("check")
    assert not starts.ready
    assert names(ask(there, SMALL)) == ["node-2"]
    assert there.nodes[0].labs == []


# The day ------------------------------------------------------------------------------------------------------

KINDS = (SMALL, LARGE)
RULES = ClusterRules(room=6000, nodes=7)


def day(seed: int = 1, **rules: int) -> SchoolDay:
    return SchoolDay(replace(RULES, **rules), KINDS, 120, seed)  # type: ignore[arg-type]


def test_a_day_is_the_same_each_time_and_another_with_another_seed() -> None:
    assert day().bell().waits() == day().bell().waits()
    assert day().bell().waits() != day(2).bell().waits()


def test_at_the_second_bell_former_labs_make_room_or_are_in_the_way() -> None:
    assert len(day().bell().change(0.5).waits("change").seconds) == 60
    kept = day(room=4000).bell().change(0.5, keep=True)
    assert kept.waits("change").left > 0
    assert len(kept.waits().seconds) + kept.waits().left == 120


def test_a_class_that_is_launched_claims_nothing() -> None:
    alone, launched = day(pool=4).bell().waits(), day(pool=4).bell(launched=True).waits()
    assert sum(one < BUSY_CLAIM_S[1] for one in alone.seconds) > 20
    assert min(launched.seconds) >= 10.0


def test_all_labs_of_lost_nodes_come_back() -> None:
    lost = day().bell().lose_nodes(2).waits("lost")
    assert len(lost.seconds) > 20
    assert lost.left == 0


def test_sign_ins_wait_for_two_hashes_at_once_and_not_for_ever() -> None:
    assert sign_ins([0.0, 0.0, 0.0]).seconds == pytest.approx((0.2, 0.2, 0.4))
    many = sign_ins([0.0] * 300)
    assert many.left > 50
    assert max(many.seconds) <= 20.3


def test_bisection_finds_the_last_number_that_is_good() -> None:
    assert borne(lambda count: count <= 1234, step=50) == "1,200"
    assert borne(lambda count: count < 0) == "0"
    assert borne(lambda count: count > -1, most=1000) == "1,000 or more"


@pytest.mark.parametrize("table", ["labs", "cold", "assumed", "pools", "memory", "kernel", "later", "checks", "centre"])
def test_a_table_is_as_wide_as_its_head(table: str) -> None:
    school = School(KINDS, 4, 7)
    rows = getattr(school, table)()
    assert len(rows) > 1
    assert {len(row) for row in rows} == {len(rows[0])}


# What goes in -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Host:
    memory: int | None = 50


@dataclass(frozen=True)
class Hosts:
    """A plan, as far as it counts."""

    hosts: tuple[Host, ...]
    digest: str = "d"


PLANS = {
    "small-office": cast("Plan", Hosts((Host(),) * 6)),
    "two": cast("Plan", Hosts((Host(), Host(None)))),
    "three": cast("Plan", Hosts((Host(),) * 3)),
}


def figure(memory: int, seconds: float, digest: str = "d") -> LabFigure:
    return LabFigure(digest, 2, memory, seconds, "2026-12-02T10:00:00+00:00")


def test_a_lab_without_figures_has_the_mean_for_each_of_its_hosts() -> None:
    memory, seconds = MEASURED["small-office"]
    office, three, two = lab_kinds(PLANS, {"three": figure(1, 1.0, "of another plan")})
    assert (office.memory, office.seconds, office.measured, office.most) == (memory, seconds, True, 300)
    assert (two.memory, two.measured, two.most) == (memory / 3, False, 50)
    assert three.seconds == pytest.approx(seconds / 2)
    assert not three.measured


def test_figures_that_were_measured_since_count_more() -> None:
    office, three, two = lab_kinds(PLANS, {"small-office": figure(60, 6.0), "three": figure(48, 12.0)})
    assert (office.memory, office.seconds) == (60, 6.0)
    assert (three.memory, three.seconds, three.measured) == (48, 12.0, True)
    assert (two.memory, two.seconds, two.measured) == (24, 4.0, False)


def test_without_any_figure_nothing_is_made_up() -> None:
    with pytest.raises(ValueError, match="no lab was measured"):
        lab_kinds({"two": PLANS["two"]}, {})


def test_a_node_bears_what_the_portal_admits() -> None:
    rules = school_rules(32 << 30, inotify=128)
    assert (rules.room, rules.hosts) == (28 << 30, 32)
    assert school_rules().hosts == 256


def test_a_file_without_figures_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    file.write_text("{}")
    result = CliRunner().invoke(school_day, ["--figures", str(file)])
    assert result.exit_code == 2
    assert "holds no figures" in result.output
