"""What a mutant is: a wrong repair that was derived from an accepted one, and what came of playing it."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from shlex import quote
from typing import Final, Literal, TypeAlias

from orchestrator.core.text import Text
from orchestrator.model.plan import Plan, PlannedSolution
from orchestrator.model.scenario import Step

NOT_HERE: Final = 3
"""The exit status of a mutation's script that finds nothing to spoil in this lab."""


@dataclass(frozen=True, order=True)
class HostFile:
    """A file of a host."""

    host: str
    path: str


Saved: TypeAlias = Mapping[HostFile, bytes]
"""What files held in the broken lab; a file that was not there is missing."""


@dataclass(frozen=True)
class PlayedRepair:
    """An accepted repair, and what it did when it was played.

    Attributes:
        plan: the variant.
        solution: what was done.
        touched: the files that it changed, made or removed.
        left: what of the lab was not in its sound state afterwards, in the words of the variant.
        others: the reference repair of each other case of the faults, by a name for the case.
        has: of each host on which it acts, what operators by kind can spoil there: the operator, and the kind.
    """

    plan: Plan
    solution: PlannedSolution
    touched: tuple[HostFile, ...]
    left: frozenset[tuple[str, ...]] = frozenset()
    others: Mapping[str, PlannedSolution] = field(default_factory=dict)
    has: Mapping[str, frozenset[tuple[str, str]]] = field(default_factory=dict)

    @property
    def hosts(self) -> tuple[str, ...]:
        """Return the hosts on which it acts, in the order of its steps, then those whose files it changed."""
        acted = [action.host for action in (step.action for step in self.solution.steps) if action is not None]
        known = {host.name for host in self.plan.hosts}
        return tuple(host for host in dict.fromkeys([*acted, *(file.host for file in self.touched)]) if host in known)


def _nothing(_saved: Saved) -> tuple[Step, ...]:
    return ()


@dataclass(frozen=True)
class Mutant:
    """A wrong repair.

    Attributes:
        operator: the name of what derived it.
        subject: what of the repair it spoils; empty where there is only one way.
        solution: the accepted repair that it was derived from.
        summary: what is wrong about it, in one sentence.
        steps: what is done.
        reads: the files of the broken lab that it needs to know.
        then: returns what is done after the steps, from what those files held.
        omits: whether it only leaves something out of a repair, and so may be as good.
    """

    operator: str
    subject: str
    solution: str
    summary: Text
    steps: tuple[Step, ...]
    reads: tuple[HostFile, ...] = ()
    then: Callable[[Saved], tuple[Step, ...]] = _nothing
    omits: bool = False

    @property
    def name(self) -> str:
        """Return what tells it from the scenario's other mutants."""
        return name_of(self.operator, self.solution, self.subject)

    @property
    def digest(self) -> str:
        """Return the hash of what is known of it before it is played."""
        known = "\n".join([self.name, *(step.model_dump_json() for step in self.steps)])
        return hashlib.sha256(known.encode()).hexdigest()[:16]


def name_of(operator: str, solution: str, subject: str) -> str:
    """Return the name of a mutant: the same whatever else of the scenario changes."""
    words = re.sub(r"[^\w.]+", "-", subject).strip("-")
    return "-".join(filter(None, (operator, solution, words)))


Fate = Literal["refused", "flagged", "survived", "equivalent", "unjudged", "void"]
"""What comes of a mutant.

``refused``: a check is red, or a change is forbidden; ``flagged``: all is green, and a change is to be explained;
``survived``: it passes for a repair; ``equivalent``: so it does, it only left something out, and nothing tells the
lab, which was rebooted, from the one that an accepted repair leaves; ``unjudged``: a check could not judge; ``void``:
there was nothing to spoil.
"""


@dataclass(frozen=True)
class PlayedMutant:
    """A mutant and what came of it.

    Attributes:
        name: its name.
        operator: what derived it.
        digest: the mutant's.
        summary: what is wrong about it.
        lines: what was typed and done, for whoever judges a survivor.
        fate: what came of it.
        by: the check or change that decided; None where nothing did.
        same: of a survivor, whether it left the lab no farther from its sound state than an accepted repair does, as
            far as anything looks.
        lost: of a survivor, whether a check is red after a reboot.
        seconds: how long it took.
        solution: the accepted repair that it was derived from.
        subject: what of the repair it spoils.
    """

    name: str
    operator: str
    digest: str
    summary: Text
    lines: tuple[Text, ...]
    fate: Fate
    by: Text | None = None
    same: bool = False
    lost: bool = False
    seconds: float = 0.0
    solution: str = ""
    subject: str = ""


def typed(host: str, script: str, tell: Text) -> Step:
    """Return a step that types lines in a host's shell."""
    return Step.model_validate({"tell": tell, "shell": {"host": host, "script": script}})


def handed_in(steps: Iterable[Step]) -> tuple[Step, ...]:
    """Return the steps that hand something in or say something: a mutant of what is done keeps them."""
    return tuple(step for step in steps if step.action is None)


def repaired_then(
    repair: PlayedRepair, operator: str, host: str, script: str, summary: Text, subject: str = ""
) -> Mutant:
    """Return a repair behind which lines are typed on a host.

    Args:
        repair: what is done first, whole.
        operator: what derives the mutant.
        host: where the lines are typed.
        script: the lines; they exit with ``NOT_HERE`` where there is nothing to spoil.
        summary: what is wrong about it.
        subject: what it spoils, of several on one host; by default the host itself.
    """
    steps = (*repair.solution.steps, typed(host, script, summary))
    return Mutant(operator, subject or host, repair.solution.name, summary, steps)


def written(path: str, content: bytes | None) -> str:
    """Return lines that give a file a content, whoever owns it; None: that remove it."""
    if content is None:
        return f"rm -f {quote(path)}"
    return f"base64 -d > {quote(path)} <<'END'\n{encoded(content)}\nEND"


def encoded(content: bytes) -> str:
    """Return a content as base64(1) reads it."""
    return base64.encodebytes(content).decode().strip()
