"""The part of the contract (``calls``) that is about writing a session's plan: choices, and from text to fields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from orchestrator.core.text import Text
from orchestrator.labd.calls import Call, Nothing
from orchestrator.labd.plan_form_contract import PlanFields
from orchestrator.labd.session_contract import PlanMistake


@dataclass(frozen=True)
class CcpChoice:
    """A CCP of the certification."""

    number: int
    title: Text


@dataclass(frozen=True)
class CompetenceChoice:
    """A competence with scenarios to draw: how many are proven here, and how many by their authors or here."""

    code: str
    title: Text
    here: int
    recorded: int


@dataclass(frozen=True)
class ScenarioChoice:
    """A scenario that a jury may rely on, by each rule."""

    id: str
    title: Text
    difficulty: int
    here: bool
    recorded: bool


@dataclass(frozen=True)
class AccountChoice:
    """Somebody of the portal who may be of a jury."""

    handle: str
    name: str


@dataclass(frozen=True)
class PlanChoices:
    """What a plan may name.

    Attributes:
        referential: the certification's identifier.
        title: its title.
        ccps: its CCP.
        competences: those of which a scenario is proven.
        scenarios: those that are proven.
        members: the accounts with the role of a jury member.
    """

    referential: str
    title: Text
    ccps: tuple[CcpChoice, ...]
    competences: tuple[CompetenceChoice, ...]
    scenarios: tuple[ScenarioChoice, ...]
    members: tuple[AccountChoice, ...]


@dataclass(frozen=True)
class ReadPlan:
    """Ask what of a plan's text stands in fields.

    Attributes:
        plan: ``session.yaml``; empty: nothing was written yet.
        candidates: the candidates as CSV; empty: the plan has them.
    """

    plan: str = ""
    candidates: str = ""


@dataclass(frozen=True)
class PlanRead:
    """A plan's text as fields.

    Attributes:
        fields: the fields; None: something in the text has no field.
        mistakes: what that is.
        comments: whether the text has comments, which no field has.
    """

    fields: PlanFields | None = None
    mistakes: tuple[PlanMistake, ...] = ()
    comments: bool = False


@dataclass(frozen=True)
class WritePlan:
    """Ask for the text of a plan that was filled in, finished or not."""

    fields: PlanFields


@dataclass(frozen=True)
class PlanText:
    """A plan as ``session.yaml``."""

    plan: str


PLAN_CHOICES = Call("plan-choices", Nothing, PlanChoices)
"""Return what a plan may name: CCP, competences and scenarios that are proven, accounts of jury members."""
READ_PLAN = Call("read-plan", ReadPlan, PlanRead)
"""Return a plan's text as fields; nothing is checked but that each value has a field, and nothing is made."""
WRITE_PLAN = Call("write-plan", WritePlan, PlanText)
"""Return fields as a plan's text; nothing is checked, and nothing is made."""

PLAN_CALLS: tuple[Call[Any, Any], ...] = (PLAN_CHOICES, READ_PLAN, WRITE_PLAN)
"""Every call of this part."""
