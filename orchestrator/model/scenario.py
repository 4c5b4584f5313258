"""One training or assessment case on a lab."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, StringConstraints, Tag

from orchestrator.model.base import AbsolutePath, ContractDocument, Document, FileMode, InterfaceName, Slug
from orchestrator.model.lab import Lab, Subnet
from orchestrator.model.referential import CompetenceCode
from orchestrator.text import Text

VariableName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]

Template = str
"""A Jinja2 expression text rendered with the variant's values."""


class ChoiceVariable(Document):
    """Draws one of the given values."""

    draw: Literal["choice"]
    of: tuple[str, ...] = Field(min_length=2)


class IntegerVariable(Document):
    """Draws a whole number; both bounds are included."""

    draw: Literal["integer"]
    low: int
    high: int


class AddressVariable(Document):
    """Draws a host address inside a subnet, between two positions counted from the network address."""

    draw: Literal["address"]
    subnet: Subnet
    first: int = Field(ge=1)
    last: int = Field(ge=1)


class PersonVariable(Document):
    """Draws a person: ``first``, ``last``, ``full``, ``login`` and ``feminine`` (a boolean)."""

    draw: Literal["person"]


class PasswordVariable(Document):
    """Draws a password that a user could have chosen."""

    draw: Literal["password"]


Variable = Annotated[
    ChoiceVariable | IntegerVariable | AddressVariable | PersonVariable | PasswordVariable,
    Field(discriminator="draw"),
]


class FaultSpec(Document):
    """One fault as the scenario states it: its name in the library and its parameters."""

    fault: str = Field(description="The fault's name in the library, such as ``link-unplugged``.")
    parameters: dict[str, Any] = Field(
        default_factory=dict, description="The fault's own parameters; texts are Jinja2 templates."
    )


class FaultChoice(Document):
    """Draws which faults are injected: the variable ``as`` gets the name of the drawn case."""

    one_of: dict[Slug, tuple[FaultSpec, ...]] = Field(min_length=2)
    as_: VariableName = Field(default="cause", alias="as")


def _kind_of_fault(value: object) -> str:
    """Tell which of the two an entry of ``faults`` is, so that an error speaks of that one only."""
    drawn = "one_of" in value if isinstance(value, dict) else isinstance(value, FaultChoice)
    return "FaultChoice" if drawn else "FaultSpec"


FaultEntry = Annotated[
    Annotated[FaultSpec, Tag("FaultSpec")] | Annotated[FaultChoice, Tag("FaultChoice")],
    Discriminator(_kind_of_fault),
]
"""A fault, or a draw among faults."""


class CableStep(Document):
    """A physical action: plug a cable, or move it to another segment."""

    host: Template
    interface: InterfaceName
    plug: bool | None = Field(default=None, description="true: plug it in; false: pull it out.")
    segment: Template | None = Field(default=None, description="The segment to cable it to.")


class ScriptStep(Document):
    """Lines that a trainee types as root in a shell on a host."""

    host: Template
    script: Template


class DeviceStep(Document):
    """Configuration lines that a trainee types on a network device over SSH."""

    host: Template
    lines: tuple[Template, ...] = Field(min_length=1)
    save: bool = True


class FileStep(Document):
    """A file that a trainee puts in place on a host."""

    host: Template
    path: AbsolutePath
    content: Template
    mode: FileMode = "0644"


class RebootStep(Document):
    """A host that a trainee reboots."""

    host: Template


class Step(Document):
    """One action of a solution or shortcut; exactly one of the action keys is set."""

    tell: Text = Field(description="What the action does, for the demo and the debrief.")
    when: str | None = Field(default=None, description="A Jinja2 expression; the step is left out where it is false.")
    cable: CableStep | None = None
    shell: ScriptStep | None = None
    device: DeviceStep | None = None
    file: FileStep | None = None
    reboot: RebootStep | None = None

    @property
    def action(self) -> CableStep | ScriptStep | DeviceStep | FileStep | RebootStep:
        """Return the action that is set.

        Raises:
            ValueError: none is; the loader refuses such a step.
        """
        for action in (self.cable, self.shell, self.device, self.file, self.reboot):
            if action is not None:
                return action
        message = "a step without an action"
        raise ValueError(message)


ACTIONS = ("cable", "shell", "device", "file", "reboot")
"""The action keys of a step."""


class SolutionDocument(ContractDocument):
    """``solutions/*.yaml`` or ``shortcuts/*.yaml``: what a trainee could do."""

    summary: Text = Field(description="One sentence: what the solution or shortcut stands for.")
    reference: bool = Field(default=False, description="Whether this is the reference solution.")
    when: str | None = Field(
        default=None, description="A Jinja2 expression: the variants that it applies to; by default all."
    )
    steps: tuple[Step, ...] = Field(min_length=1)


class ScenarioDocument(ContractDocument):
    """``scenario.yaml``."""

    id: Slug
    title: Text
    competences: tuple[CompetenceCode, ...] = Field(min_length=1)
    lab: Slug
    kind: Literal["fault", "task"]
    difficulty: int = Field(ge=1, le=4)
    minutes: int = Field(ge=1, le=480, description="The time that a trainee should need.")
    variables: dict[VariableName, Variable] = Field(default_factory=dict)
    faults: tuple[FaultEntry, ...] = ()
    hints: tuple[Text, ...] = Field(min_length=1, description="From a nudge to nearly the answer; templates.")


@dataclass(frozen=True)
class Solution:
    """A solution or shortcut file as loaded."""

    name: str
    document: SolutionDocument
    source: Path


@dataclass(frozen=True)
class Scenario:
    """A scenario as loaded, with its lab and all its files.

    Attributes:
        document: the parsed ``scenario.yaml``.
        folder: the scenario's folder.
        lab: the lab that it runs on.
        ticket: the ticket's Jinja2 source in both languages.
        debrief: the debrief's Jinja2 source in both languages.
        solutions: the reference solution first.
        shortcuts: the wrong repairs that must be refused.
        checks: the check files, sorted.
        digest: SHA-256 over every file of the scenario's and the lab's folder.
    """

    document: ScenarioDocument
    folder: Path
    lab: Lab
    ticket: Text
    debrief: Text
    solutions: tuple[Solution, ...]
    shortcuts: tuple[Solution, ...]
    checks: tuple[Path, ...]
    digest: str

    @property
    def id(self) -> str:
        """Return the scenario's identifier."""
        return self.document.id
