"""The part of the contract (``calls``) that is about what can be practised: the path, and a scenario's card."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from orchestrator.core.text import Text
from orchestrator.labd.calls import Call, Nothing


@dataclass(frozen=True)
class ScenarioLine:
    """A scenario in the path.

    Attributes:
        id: its name.
        title: what the user would call the trouble.
        kind: ``fault`` or ``task``.
        lab: the lab it runs on.
        difficulty: from 1 to 4.
        minutes: the time that a trainee should need.
        proven: whether a proof holds for it.
        state: how far this trainee is: ``new``, ``running``, ``tried``, ``hinted`` (solved with hints) or ``solved``.
        running: their lab of it that runs; empty where none does.
    """

    id: str
    title: Text
    kind: Literal["fault", "task"]
    lab: str
    difficulty: int
    minutes: int
    proven: bool
    state: Literal["new", "running", "tried", "hinted", "solved"]
    running: str = ""


@dataclass(frozen=True)
class CompetenceView:
    """One competence of the path with its scenarios, and how many of them are solved."""

    code: str
    title: Text
    scenarios: tuple[ScenarioLine, ...]
    solved: int


@dataclass(frozen=True)
class CcpView:
    """One CCP of the path."""

    code: str
    title: Text
    competences: tuple[CompetenceView, ...]


@dataclass(frozen=True)
class NextView:
    """A scenario to do next, and why."""

    scenario: ScenarioLine
    competence: str
    why: Text


@dataclass(frozen=True)
class LabLine:
    """A lab of this trainee's that runs; ``since``: ISO 8601, empty where the store does not know."""

    name: str
    scenario: str
    title: Text
    state: str
    since: str


@dataclass(frozen=True)
class PathView:
    """The path: what runs, what to do next, and everything by CCP and competence."""

    running: tuple[LabLine, ...]
    next: tuple[NextView, ...]
    ccps: tuple[CcpView, ...]


@dataclass(frozen=True)
class LookAtScenario:
    """Ask for a scenario's card."""

    scenario: str


@dataclass(frozen=True)
class AttemptLine:
    """One attempt of this trainee's at a scenario; ``seconds`` until it was solved, else until it ended."""

    seed: str
    started: str
    solved: bool
    running: bool
    hints: int
    gradings: int
    seconds: int
    number: int = 0


@dataclass(frozen=True)
class ScenarioCard:
    """A scenario before it is started: nothing that its ticket or its faults would tell.

    Attributes:
        scenario: what the path says of it.
        competences: what it exercises.
        about: the lab's page, Markdown: hosts, accounts, services.
        hosts: the names of the lab's machines.
        attempts: this trainee's attempts, the newest first.
    """

    scenario: ScenarioLine
    competences: tuple[tuple[str, Text], ...]
    about: Text
    hosts: tuple[str, ...]
    attempts: tuple[AttemptLine, ...]


PATH = Call("path", Nothing, PathView)
SCENARIO = Call("scenario", LookAtScenario, ScenarioCard)

PATH_CALLS: tuple[Call[Any, Any], ...] = (PATH, SCENARIO)
"""Every call of this part."""
