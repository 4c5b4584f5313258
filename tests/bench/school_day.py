"""A school's day on paper: 2,000 trainees, 60 nodes, a bell at 9:00. What they wait for, and which walls come first.

``python -m tests.bench.school_day``, from the top of a checkout, prints the tables of ``docs/scale.md``, in English as
that page is. It reads content and starts nothing. The rules are ``school_cluster``'s; what goes into them stands here,
with where it was measured, or that it is assumed. There is no cluster in the product yet.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING, Final

import click

from orchestrator.app import App
from orchestrator.bench.lab_figures import LabFigure, kept_figures
from orchestrator.doctor.machine import INOTIFY_PER_HOST
from orchestrator.model.serve_settings import usual_memory
from tests.bench.school_cluster import Cluster, ClusterRules, LabKind, PlacedLab

if TYPE_CHECKING:
    from orchestrator.model.plan import Plan

GIB: Final = 1 << 30
MEASURED: Final[Mapping[str, tuple[int, float]]] = {"small-office": (87_000_000, 8.5), "ad-domain": (313_000_000, 11.8)}
"""Lab -> bytes of its control groups, and seconds of a start alone: measured on a machine with two processors."""

INOTIFY: Final = 1024
"""The kernel's limit of inotify instances as the launcher sets it (docs/administrators.md)."""
CLASS: Final = 30
PRESSED_S: Final = 120.0
"""Assumed: all press *start* within these seconds, most of them in the middle, at the bell itself."""
MINUTE: Final = 60.0
LEADER_S: Final = 40.0
"""Until labs are placed again after the manager's leader was killed: measured, three nodes on one machine."""
VERDICT: Final = (3.1, 2.5)
"""Seconds of a verdict, and of a processor in it: measured (docs/architecture.md), of two scenarios."""
LONG_VERDICT: Final = (6.0, 6.0)
"""What a verdict takes at most where it was measured: six seconds of a processor."""
PORTAL_PROCESSOR, PORTAL_PEOPLE = 0.15, 30
"""The budget of portal, labd and keeper (docs/architecture.md): a target that ``bench --portal`` measures against."""
HASH_S, HASHES_AT_ONCE, HASH_PATIENCE_S = 0.2, 2, 20.0
"""Seconds of a processor to try a password: measured; and how labd takes them (``account_passwords.py``)."""
IMAGES: Final = 4_114_000_000
"""Bytes of all 54 images on a node's disk, shared layers once: measured."""
LINE_BYTES_S: Final = 125_000_000
"""Assumed: one gigabit a second to each machine."""
SCROLLED_BYTES_S: Final = 20 * 80
"""Bytes a second of a terminal that scrolls: 20 lines, as ``bench --portal`` has them, of 80 characters."""


# What goes in -------------------------------------------------------------------------------------------------


def lab_kinds(plans: Mapping[str, Plan], figures: Mapping[str, LabFigure]) -> tuple[LabKind, ...]:
    """Return what is known of each lab, by name.

    A lab of which nothing is measured has the mean of those that were, for each of its hosts.

    Args:
        plans: lab -> its plan, healthy.
        figures: lab -> what was measured of it; of another plan than today's it does not count.

    Raises:
        ValueError: no lab among them was measured.
    """
    known = {name: MEASURED[name] for name in plans if name in MEASURED}
    valid = {name: one for name, one in figures.items() if name in plans and one.digest == plans[name].digest}
    known.update({name: (one.memory, one.seconds) for name, one in valid.items()})
    hosts = sum(len(plans[name].hosts) for name in known)
    if not hosts:
        raise ValueError("no lab was measured")
    per_host = (
        sum(memory for memory, _ in known.values()) / hosts,
        sum(seconds for _, seconds in known.values()) / hosts,
    )
    return tuple(_kind(name, plan, known.get(name), per_host) for name, plan in sorted(plans.items()))


def _kind(name: str, plan: Plan, known: tuple[int, float] | None, per_host: tuple[float, float]) -> LabKind:
    hosts = len(plan.hosts)
    memory, seconds = known or (round(per_host[0] * hosts), per_host[1] * hosts)
    return LabKind(name, hosts, sum(host.memory or 0 for host in plan.hosts), memory, seconds, known is not None)


def school_rules(memory: int = 32 * GIB, *, inotify: int = INOTIFY) -> ClusterRules:
    """Return the rules of a school's nodes.

    Args:
        memory: bytes of a node; its labs may take what a machine of that size leaves them by default.
        inotify: the kernel's limit of inotify instances.
    """
    return ClusterRules(usual_memory(memory), hosts=inotify // INOTIFY_PER_HOST)


# The day ------------------------------------------------------------------------------------------------------


class SchoolDay:
    """A day of trainees in classes, each class on one lab; all labs are played as often.

    Attributes:
        cluster: where their labs are.
        labs: the lab of each trainee who has pressed *start*.
    """

    def __init__(self, rules: ClusterRules, kinds: Sequence[LabKind], trainees: int, seed: int = 1) -> None:
        """Take the cluster's rules, the labs, how many trainees there are, and the seed of all that is drawn."""
        self.cluster = Cluster(rules, kinds, seed)
        self.labs: list[PlacedLab] = []
        self._kinds = kinds
        self._trainees = trainees
        self._draw = random.Random(seed)

    def bell(self, *, known: float = 1.0, launched: bool = False) -> SchoolDay:
        """Have everybody press *start* around the bell, and wait until all have what they get.

        Args:
            known: the share of trainees who want a scenario of which labs stand ready.
            launched: whether trainers launch their classes, each all labs at once: these start cold.
        """
        clock = self.cluster.clock
        together = [self._moment() for _ in range(0, self._trainees, CLASS)]
        for trainee in range(self._trainees):
            kind = self._kinds[trainee // CLASS % len(self._kinds)]
            warm = not launched and self._draw.random() < known
            time = together[trainee // CLASS] if launched else self._moment()
            clock.at(time, partial(self._ask, kind, "bell", warm=warm))
        clock.run()
        return self

    def change(self, share: float, *, keep: bool = False) -> SchoolDay:
        """Have a share of the trainees change their lab at the second bell, after an hour and a half.

        Args:
            share: which part of them.
            keep: whether they keep the lab that they had, as two labs for each person allow.
        """
        clock = self.cluster.clock
        begins = clock.now + 90 * MINUTE
        for lab in self._draw.sample(self.labs, round(share * len(self.labs))):
            kind = self._kinds[(self._kinds.index(lab.kind) + 1) % len(self._kinds)]
            time = begins + self._moment()
            if not keep:
                clock.at(time, partial(self.cluster.stop, lab))
            clock.at(time, partial(self._ask, kind, "change"))
        clock.run()
        return self

    def lose_nodes(self, count: int) -> SchoolDay:
        """Lose nodes five minutes after the bell, and wait until their labs are ready elsewhere."""
        self.cluster.clock.run(5 * MINUTE + PRESSED_S / 2)
        for node in self.cluster.nodes[:count]:
            self.cluster.lose(node, "lost")
        self.cluster.clock.run()
        return self

    def check(self, verdict: tuple[float, float]) -> SchoolDay:
        """Have everybody ask for a verdict within a minute."""
        clock = self.cluster.clock
        for lab in self.labs:
            time = clock.now + self._draw.uniform(0, MINUTE)
            clock.at(time, partial(self.cluster.grade, lab, *verdict, "check"))
        clock.run()
        return self

    def _ask(self, kind: LabKind, occasion: str, *, warm: bool = True) -> None:
        self.labs.append(self.cluster.ask(kind, occasion, warm=warm))

    def _moment(self) -> float:
        return self._draw.triangular(0.0, PRESSED_S)

    def waits(self, occasion: str = "bell") -> Waits:
        """Return how long was waited at an occasion, and how many got nothing."""
        left = sum(lab.occasion == occasion for lab in self.cluster.pending)
        return Waits(tuple(self.cluster.waits.get(occasion, ())), left)


@dataclass(frozen=True)
class Waits:
    """Seconds from the wish to what was wanted, and how many never got it."""

    seconds: tuple[float, ...]
    left: int = 0

    def share(self, percent: int) -> float:
        """Return what so many percent of those who got something waited at most."""
        if len(self.seconds) < 2:
            return max(self.seconds, default=0.0)
        return quantiles(self.seconds, n=100, method="inclusive")[percent - 1]

    @property
    def cells(self) -> tuple[str, ...]:
        """Return the cells of a table: median, 95th percentile, worst; how many got nothing."""
        if not self.seconds:
            return "-", "-", "-", f"{self.left:,}"
        found = median(self.seconds), self.share(95), max(self.seconds)
        return (*(f"{one:.1f} s" if one < 10 else f"{one:.0f} s" for one in found), f"{self.left:,}")


def sign_ins(times: Iterable[float]) -> Waits:
    """Return how long each sign-in takes where one labd hashes all passwords; who has waited too long is refused."""
    free = [0.0] * HASHES_AT_ONCE
    seconds, refused = [], 0
    for time in sorted(times):
        begins = max(time, free[0])
        if begins - time > HASH_PATIENCE_S:
            refused += 1
        else:
            heapq.heapreplace(free, begins + HASH_S)
            seconds.append(begins + HASH_S - time)
    return Waits(tuple(seconds), refused)


def borne(good: Callable[[int], bool], most: int = 4000, step: int = 50) -> str:
    """Return up to how many trainees it is good, by bisection; ``good`` is asked with a number of trainees."""
    low, high = 0, most // step
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if good(middle * step) else (low, middle - 1)
    return f"{low * step:,}" + (" or more" if low == most // step else "")


# What comes out -----------------------------------------------------------------------------------------------

_WAITS: Final = ("median", "95 %", "worst", "no place")
_Rows = list[tuple[str, ...]]


@dataclass(frozen=True)
class School:
    """The cases that are looked at, for a number of trainees on a number of nodes; each returns a table's rows."""

    kinds: Sequence[LabKind]
    trainees: int
    nodes: int
    seed: int = 1

    def rules(self, memory: int = 32 * GIB, *, inotify: int = INOTIFY) -> ClusterRules:
        """Return the rules of this school's nodes, as ``school_rules``."""
        return replace(school_rules(memory, inotify=inotify), nodes=self.nodes)

    def day(self, rules: ClusterRules, trainees: int | None = None) -> SchoolDay:
        """Return a day that has not begun."""
        return SchoolDay(rules, self.kinds, self.trainees if trainees is None else trainees, self.seed)

    def cold(self) -> _Rows:
        """Return the waits at the bell where every lab is started."""
        rows: _Rows = []
        for processors, at_once in ((8, 2), (8, 4), (8, 8), (2, 2), (2, 4)):
            rules = replace(self.rules(), processors=processors, starts_at_once=at_once)
            for launched in (False, True):
                who = "trainers, by class" if launched else "trainees"
                waits = self.day(rules).bell(launched=launched).waits()
                rows.append((f"{processors}", f"{at_once}", who, *waits.cells))
        return rows

    def assumed(self) -> _Rows:
        """Return the waits at the bell where what is assumed is otherwise; eight labs start at once on a node."""
        eight = replace(self.rules(), starts_at_once=8)
        cases = {
            "as above": eight,
            "a start keeps half a processor busy": replace(eight, start_load=0.5),
            "a start keeps two processors busy": replace(eight, start_load=2.0),
            "a lab keeps a tenth of a processor busy": replace(eight, lab_load=0.1),
            "the manager places 100 labs a second": replace(eight, placed_per_s=100.0),
            "the manager places 5 labs a second": replace(eight, placed_per_s=5.0),
            "the manager's leader is killed at 9:00 (40 s)": eight,
        }
        rows: _Rows = []
        for name, rules in cases.items():
            day = self.day(rules)
            if "killed" in name:
                day.cluster.clock.at(PRESSED_S / 2, partial(day.cluster.lose_leader, LEADER_S))
            rows.append((name, *day.bell().waits().cells))
        return rows

    def pools(self) -> _Rows:
        """Return the waits at the bell by how many labs shall stand ready on each node."""
        rows: _Rows = []
        for memory, pool, known in (
            (32, 0, 1.0), (32, 8, 1.0), (32, 16, 1.0), (32, 24, 1.0), (32, 36, 1.0), (32, 24, 0.5), (64, 36, 1.0)
        ):  # fmt: skip
            day = self.day(replace(self.rules(memory * GIB), pool=pool))
            stood = sum(len(node.pooled) for node in day.cluster.nodes)
            waits = day.bell(known=known).waits()
            claimed = sum(one < 1.5 for one in waits.seconds)
            rows.append((f"{memory} GiB", f"{pool}", f"{stood:,}", f"{known:.0%}", f"{claimed:,}", *waits.cells))
        return rows

    def memory(self) -> _Rows:
        """Return what is reserved and taken on the fullest node, by a node's memory and what a place reserves."""
        rows: _Rows = []
        for memory, by_measure in ((16, False), (32, False), (64, False), (16, True)):
            rules = replace(self.rules(memory * GIB), by_measure=by_measure, starts_at_once=8)
            day = self.day(rules).bell()
            nodes = day.cluster.nodes
            counts = [len(node.labs) for node in nodes]
            rows.append(
                (
                    f"{memory} GiB", "measured" if by_measure else "at most", f"{min(counts)} to {max(counts)}",
                    f"{max(node.reserved for node in nodes) / GIB:.1f} of {rules.room / GIB:.1f} GiB",
                    f"{max(node.taken for node in nodes) / GIB:.1f} GiB", f"{len(day.cluster.pending):,}",
                )
            )  # fmt: skip
        return rows

    def kernel(self) -> _Rows:
        """Return how many labs run, by the kernel's limit of inotify instances."""
        rows: _Rows = []
        for instances in (128, 512, INOTIFY):
            rules = replace(self.rules(inotify=instances), starts_at_once=8)
            day = self.day(rules).bell()
            most = max(node.hosts for node in day.cluster.nodes)
            rows.append((f"{instances:,}", f"{rules.hosts}", f"{most}", f"{len(day.waits().seconds):,}",
                f"{len(day.cluster.pending):,}"))  # fmt: skip
        return rows

    def later(self) -> _Rows:
        """Return the waits after the bell: nodes lost at 9:05, and half of the trainees on another lab at 10:30."""
        rows: _Rows = []
        for memory, count in ((32, 1), (32, 3), (32, 6), (64, 6)):
            day = self.day(self.rules(memory * GIB)).bell().lose_nodes(count)
            rows.append((f"{memory} GiB", f"{count} of {self.nodes} nodes lost", *day.waits("lost").cells))
        for memory, keep, pool, inotify in (
            (32, False, 0, INOTIFY), (32, False, 24, INOTIFY), (32, True, 0, INOTIFY), (64, True, 0, INOTIFY),
            (64, True, 0, 4 * INOTIFY), (64, True, 24, 4 * INOTIFY),
        ):  # fmt: skip
            day = self.day(replace(self.rules(memory * GIB, inotify=inotify), pool=pool)).bell()
            what = "half change, and keep the former lab" if keep else "half change"
            what += f", pool of {pool}" if pool else ""
            what += f", {inotify:,} inotify instances" if inotify != INOTIFY else ""
            rows.append((f"{memory} GiB", what, *day.change(0.5, keep=keep).waits("change").cells))
        return rows

    def checks(self) -> _Rows:
        """Return the waits for a verdict where all ask within a minute."""
        rows: _Rows = []
        for processors, at_once in ((8, 2), (8, 8), (2, 2), (2, 8)):
            for verdict in (VERDICT, LONG_VERDICT):
                rules = replace(self.rules(), processors=processors, gradings_at_once=at_once)
                waits = self.day(rules).bell().check(verdict).waits("check")
                rows.append((f"{processors}", f"{at_once}", f"{verdict[1]} s", *waits.cells[:3]))
        return rows

    def walls(self) -> _Rows:
        """Return up to how many trainees each limit bears, all others being moved out of the way."""
        free = replace(self.rules(1024 * GIB), hosts=None, processors=64.0, starts_at_once=64, placed_per_s=1000.0)
        eight = replace(free, processors=8.0)
        cases = {
            "128 inotify instances, as Debian has them": replace(free, hosts=128 // INOTIFY_PER_HOST),
            "512 inotify instances, where `doctor` is content": replace(free, hosts=512 // INOTIFY_PER_HOST),
            "1,024 inotify instances, as the launcher sets them": replace(free, hosts=INOTIFY // INOTIFY_PER_HOST),
            "two starts at once on a node": replace(eight, starts_at_once=2),
            "four starts at once": replace(eight, starts_at_once=4),
            "eight starts at once on eight processors": replace(eight, starts_at_once=8),
            "eight starts at once on two processors": replace(free, processors=2.0, starts_at_once=8),
            "memory at most, 16 GiB": replace(free, room=usual_memory(16 * GIB)),
            "memory at most, 32 GiB": replace(free, room=usual_memory(32 * GIB)),
            "memory as measured, 32 GiB": replace(free, room=usual_memory(32 * GIB), by_measure=True),
            "a manager that places 5 labs a second": replace(free, placed_per_s=5.0),
            "a manager that places 20 labs a second": replace(free, placed_per_s=20.0),
        }

        def good(rules: ClusterRules, trainees: int) -> bool:
            waits = self.day(rules, trainees).bell().waits()
            return not waits.left and waits.share(95) <= MINUTE

        rows: _Rows = [
            ("one portal within its budget", f"{PORTAL_PEOPLE / PORTAL_PROCESSOR:,.0f}"),
            ("one labd that signs all in within two minutes", borne(lambda count: not self.signing(count, 2).left)),
            ("the same, within ten minutes", borne(lambda count: not self.signing(count, 10).left)),
        ]
        return rows + [(name, borne(partial(good, rules))) for name, rules in cases.items()]

    def signing(self, people: int, minutes: float) -> Waits:
        """Return the waits of people who sign in within some minutes, most of them in the middle."""
        draw = random.Random(self.seed)
        return sign_ins(draw.triangular(0.0, minutes * MINUTE) for _ in range(people))

    def centre(self) -> _Rows:
        """Return what the one machine in the middle has to do, by arithmetic."""
        portal = self.trainees / PORTAL_PEOPLE * PORTAL_PROCESSOR
        everything = self.nodes * IMAGES / LINE_BYTES_S / MINUTE
        scrolled = 2 * self.trainees * SCROLLED_BYTES_S
        two, ten = self.signing(self.trainees, 2), self.signing(self.trainees, 10)
        return [
            ("portal, labd and keeper at their budget", f"{portal:.1f} processors; one process has one"),
            ("sign-ins within two minutes", f"worst {max(two.seconds):.0f} s; {two.left:,} refused"),
            ("sign-ins within ten minutes", f"worst {max(ten.seconds):.1f} s; {ten.left:,} refused"),
            ("attempts that the store begins in the busiest second", f"{2 * self.trainees / PRESSED_S:.0f}"),
            ("images, one node joins", f"{IMAGES / LINE_BYTES_S:.0f} s"),
            ("images, all nodes join, one registry", f"{everything:.0f} minutes"),
            ("recordings, two terminals each that scroll without end",
             f"{scrolled / 1e6:.1f} MB/s of {LINE_BYTES_S / 1e6:.0f}; {scrolled * 3600 / 1e9:.0f} GB in an hour"),
        ]  # fmt: skip

    def labs(self) -> _Rows:
        """Return what goes in of each lab."""
        return [
            (f"`{one.name}`", f"{one.hosts}", f"{one.most >> 20:,} MiB", f"{one.memory / 1e6:.0f} MB",
             f"{one.seconds:.1f} s", "measured" if one.measured else "by hosts")
            for one in self.kinds
        ]  # fmt: skip

    def tables(self) -> Iterable[tuple[str, tuple[str, ...], _Rows]]:
        """Yield each table: its title, the heads of its columns, its rows."""
        yield "Labs", ("lab", "hosts", "at most", "takes", "start", "takes and start are"), self.labs()
        yield "The bell, cold", ("processors", "starts at once", "who starts", *_WAITS), self.cold()
        yield "The same, assumed otherwise", ("case", *_WAITS), self.assumed()
        head: tuple[str, ...] = ("memory", "pool of a node", "stand ready", "known", "claimed", *_WAITS)
        yield "The bell, with labs that stand ready", head, self.pools()
        head = ("memory", "a place reserves", "labs of a node", "reserved, fullest", "taken, fullest", "no place")
        yield "Memory", head, self.memory()
        yield "The kernel", ("inotify instances", "hosts of a node", "fullest", "labs", "no place"), self.kernel()
        yield "Later", ("memory", "what happens", *_WAITS), self.later()
        yield "Verdicts", ("processors", "gradings at once", "processor time of each", *_WAITS[:3]), self.checks()
        yield "The middle", ("work", "what it comes to"), self.centre()
        yield "Walls", ("what limits", "trainees"), self.walls()


@click.command(help="Simulate a school's day on a cluster, and print its tables.")
@click.option(
    "--figures",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="What was measured of labs, as bench keeps it.",
)
@click.option("--trainees", type=click.IntRange(min=1), default=2000, metavar="N", help="How many; default 2000.")
@click.option("--nodes", type=click.IntRange(min=7), default=60, metavar="N", help="How many; default 60.")
@click.option("--seed", type=int, default=1, metavar="N", help="Of all that is drawn; default 1.")
def school_day(figures: Path | None, trainees: int, nodes: int, seed: int) -> None:
    """Print the tables; see the module."""
    known = kept_figures(figures) if figures else {}
    if figures and not known:
        raise click.UsageError(f"{figures} holds no figures.")
    app = App()
    try:
        plans = app.labs.plans
        kinds = lab_kinds({lab: plans.of_lab(lab) for lab in plans.content.labs()}, known)
    finally:
        app.close()
    measured = ", ".join(one.name for one in kinds if one.measured)
    click.echo(f"{trainees:,} trainees, {nodes} nodes, seed {seed}. Measured labs: {measured}.")
    if not all(one.measured for one in kinds):
        click.echo("The others take, and start in, the mean of these for each of their hosts.")
    for title, head, rows in School(kinds, trainees, nodes, seed).tables():
        lines = (head, ("---",) * len(head), *rows)
        click.echo("\n".join((f"\n**{title}**\n", *(f"| {' | '.join(cells)} |" for cells in lines))))


if __name__ == "__main__":
    school_day(prog_name="python -m tests.bench.school_day")
