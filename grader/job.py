"""The job that the grading process is given, and how it crosses to that process (JSON)."""

from __future__ import annotations

import importlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grader.facts import LabFacts
from orchestrator.core.documents import document_of, read_as
from orchestrator.model.seeds import shown_seed

if TYPE_CHECKING:
    from orchestrator.model.plan import Plan

DEFAULT_TIMEOUT = 60.0
"""Seconds that a check may take when it does not say otherwise."""

DEFAULT_WORKERS = max(6, min(8, 2 * (os.cpu_count() or 1)))
"""Checks wait more than they work; but each worker learns anew what the others know of a host."""


@dataclass(frozen=True)
class Factory:
    """An object to make in the grading process: ``module:name`` and JSON keyword arguments.

    By name, because the grader imports no concrete fabric, and because nothing but plain data crosses.
    """

    factory: str
    arguments: Mapping[str, Any] = field(default_factory=dict)

    def load(self) -> Any:  # noqa: ANN401 (whatever the name stands for)
        """Import what is to be called.

        Raises:
            ImportError: there is no such module.
            AttributeError: the module has no such name.
        """
        module, _, name = self.factory.partition(":")
        return getattr(importlib.import_module(module), name)

    def make(self) -> Any:  # noqa: ANN401 (whatever the name stands for)
        """Import and call it."""
        return self.load()(**self.arguments)


@dataclass(frozen=True)
class Selection:
    """Which checks a grading asks, and in which order; as it stands here: all of them, in theirs.

    A report of which a check was left out says so (``Report.whole``), and is never a pass.

    Attributes:
        only: the ids of the checks that are graded; None: all. One that is no check's is an error in the report.
        first: the ids of those that are asked before the others; one that is no check's is passed over.
        until_red: whether the grading ends at the first check that fails. What ``first`` names is asked alone then:
            the others begin when none of it failed. An error ends nothing, for it decides nothing.
    """

    only: tuple[str, ...] | None = None
    first: tuple[str, ...] = ()
    until_red: bool = False


EVERYTHING = Selection()
"""All checks."""


@dataclass(frozen=True)
class GradeRequest:
    """What to grade, and how to reach it.

    Attributes:
        facts: what the checks may know of the instance.
        scenario: the scenario's id, or None for a lab's own health.
        seed: the variant's seed, as it may be shown.
        digest: the plan's digest.
        files: the check files.
        fabric: makes the ``Fabric``, once in each worker; a path among its arguments must be absolute.
        device: makes the ``DeviceOpener``, or None where the lab has no network device.
        timeout: seconds for a check that does not state its own.
        workers: how many groups of checks run at once.
        tools: the lab's file that the check files may import as ``lab_tools``, or None.
        selection: which of the checks are asked.
    """

    facts: LabFacts
    scenario: str | None
    seed: int
    digest: str
    files: tuple[Path, ...]
    fabric: Factory
    device: Factory | None = None
    timeout: float = DEFAULT_TIMEOUT
    workers: int = DEFAULT_WORKERS
    tools: Path | None = None
    selection: Selection = EVERYTHING

    @classmethod
    def of(
        cls,
        plan: Plan,
        instance: str,
        *,
        fabric: Factory,
        device: Factory | None = None,
        files: Sequence[Path] | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        workers: int = DEFAULT_WORKERS,
    ) -> GradeRequest:
        """Return the request for an instance of a plan; ``files=plan.health`` asks for the lab's health."""
        return cls(
            facts=LabFacts.of(plan, instance),
            scenario=plan.scenario,
            seed=shown_seed(plan.seed),
            digest=plan.digest,
            files=tuple(plan.checks if files is None else files),
            fabric=fabric,
            device=device,
            timeout=timeout,
            workers=workers,
            tools=plan.tools,
        )

    def to_json(self) -> str:
        """Return the request as one line of JSON; its paths become absolute.

        Raises:
            TypeError: a value of the variant is of a kind that does not travel.
        """
        tools = None if self.tools is None else self.tools.absolute()
        files = tuple(Path(file).absolute() for file in self.files)
        sent = replace(self, facts=self.facts.sendable(), files=files, tools=tools)
        return json.dumps(document_of(sent, other=str))

    @classmethod
    def from_json(cls, text: str) -> GradeRequest:
        """Return the request that ``to_json`` wrote.

        Raises:
            ValueError: it is none.
        """
        sent = read_as(json.loads(text), cls, lambda kind, value: kind(value))
        return replace(sent, facts=sent.facts.received())
