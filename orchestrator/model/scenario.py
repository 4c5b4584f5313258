"""One training or assessment case on a lab."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, StringConstraints, Tag

from orchestrator.core.language import Language
from orchestrator.core.text import Text
from orchestrator.model.afterwards import LaterAction
from orchestrator.model.base import (
    AbsolutePath,
    ContractDocument,
    Document,
    FileMode,
    HostName,
    InterfaceName,
    Slug,
    Template,
    Title,
)
from orchestrator.model.deliverables import Deliverables, QuestionName, ReportStep
from orchestrator.model.lab import FileSettings, Lab, LabFile, Subnet
from orchestrator.model.mutant_verdicts import MutantVerdict
from orchestrator.model.persona import Persona, TalkStep
from orchestrator.model.referential import CompetenceCode

VariableName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]

_UNLIKE = Field(
    default=(), description="Variables of the same kind, higher up in the file, whose values this one does not take."
)


class ChoiceVariable(Document):
    """Draws one of the given values."""

    draw: Literal["choice"] = Field(description="The kind of variable.")
    of: tuple[str, ...] = Field(min_length=2, description="The values to draw from; each occurs at some seed.")
    unlike: tuple[VariableName, ...] = _UNLIKE


class HostVariable(Document):
    """Draws one of the given hosts of the lab, by its name."""

    draw: Literal["host"] = Field(description="The kind of variable.")
    of: tuple[HostName, ...] = Field(min_length=2, description="The hosts to draw from.")
    unlike: tuple[VariableName, ...] = _UNLIKE


class IntegerVariable(Document):
    """Draws a whole number; both bounds are included."""

    draw: Literal["integer"] = Field(description="The kind of variable.")
    low: int = Field(description="The smallest number that may be drawn.")
    high: int = Field(description="The greatest number that may be drawn.")
    unlike: tuple[VariableName, ...] = _UNLIKE


class AddressVariable(Document):
    """Draws a host address inside a subnet, between two positions counted from the network address."""

    draw: Literal["address"] = Field(description="The kind of variable.")
    subnet: Subnet = Field(description="The subnet that the address is drawn in.")
    first: int = Field(ge=1, description="The first position: 1 is the first host address of the subnet.")
    last: int = Field(ge=1, description="The last position.")


class PersonVariable(Document):
    """Draws a person: ``first``, ``last``, ``full``, ``login`` and ``feminine`` (a boolean)."""

    draw: Literal["person"] = Field(description="The kind of variable.")


class LoginVariable(Document):
    """Draws a login that no person of the variant has."""

    draw: Literal["login"] = Field(description="The kind of variable.")


class PasswordVariable(Document):
    """Draws a password that a user could have chosen."""

    draw: Literal["password"] = Field(description="The kind of variable.")


Variable = Annotated[
    ChoiceVariable
    | HostVariable
    | IntegerVariable
    | AddressVariable
    | PersonVariable
    | LoginVariable
    | PasswordVariable,
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

    one_of: dict[Slug, tuple[FaultSpec, ...]] = Field(
        min_length=2, description="The cases by name, each with the faults that are injected together."
    )
    as_: VariableName = Field(
        default="cause", alias="as", description="The variable that holds the name of the drawn case in templates."
    )


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
    """A physical action: plug a cable, move it to another segment, or replace it."""

    host: Template = Field(description="The host; a template.")
    interface: InterfaceName = Field(description="The host's interface, such as ``eth0``.")
    plug: bool | None = Field(default=None, description="true: plug it in; false: pull it out.")
    segment: Template | None = Field(default=None, description="The segment to cable it to; a template.")
    replace: Literal[True] | None = Field(default=None, description="true: put a new cable in its place.")


class ScriptStep(Document):
    """Lines that a trainee types as root in a shell on a host."""

    host: Template = Field(description="The host; a template.")
    script: Template = Field(description="The lines, as typed; a template.")
    answers: tuple[QuestionName, ...] = Field(
        default=(),
        description="Questions that what it prints answers, each on a line such as ``share: 83.3``: what was worked "
        "out in the lab is handed in.",
    )


class DeviceStep(Document):
    """Configuration lines that a trainee types on a network device over SSH."""

    host: Template = Field(description="The network device; a template.")
    lines: tuple[Template, ...] = Field(min_length=1, description="The lines, as typed in configuration mode.")
    save: bool = Field(default=True, description="Whether the configuration is then saved, to survive a reboot.")


class FileStep(Document):
    """A file that a trainee puts in place on a host."""

    host: Template = Field(description="The host; a template.")
    path: AbsolutePath = Field(description="Where the file is put.")
    content: Template = Field(description="The whole content of the file; a template.")
    mode: FileMode = Field(default="0644", description='Octal, quoted: ``"0640"``.')


class RebootStep(Document):
    """A host that a trainee reboots."""

    host: Template = Field(description="The host; a template.")


class Step(Document):
    """One action of a solution or shortcut; exactly one of the action keys is set."""

    tell: Text = Field(description="What the action does, for the demo and the debrief; templates.")
    when: str | None = Field(default=None, description="A Jinja2 expression; the step is left out where it is false.")
    cable: CableStep | None = Field(default=None, description="Plug, unplug, move or replace a cable.")
    shell: ScriptStep | None = Field(default=None, description="Type lines in a host's shell, as root.")
    device: DeviceStep | None = Field(default=None, description="Type configuration lines on a network device.")
    file: FileStep | None = Field(default=None, description="Put a file in place on a host.")
    reboot: RebootStep | None = Field(default=None, description="Reboot a host.")
    answers: dict[QuestionName, Template] | None = Field(
        default=None,
        min_length=1,
        description='Answers to the scenario\'s questions, as a trainee types them; the items of a list as "a, b".',
    )
    report: ReportStep | None = Field(default=None, description="The intervention report that is written.")
    talk: TalkStep | None = Field(default=None, description="What is said to somebody of the scenario.")

    @property
    def action(self) -> CableStep | ScriptStep | DeviceStep | FileStep | RebootStep | None:
        """Return what is done to a host, or None for what is handed in or said (``answers``, ``report``, ``talk``)."""
        return self.cable or self.shell or self.device or self.file or self.reboot


ACTIONS = ("cable", "shell", "device", "file", "reboot", "answers", "report", "talk")
"""The action keys of a step."""


class SolutionDocument(ContractDocument):
    """``solutions/*.yaml`` or ``shortcuts/*.yaml``: what a trainee could do."""

    summary: Text = Field(description="One sentence: what the solution or shortcut stands for.")
    reference: bool = Field(default=False, description="Whether this is the reference solution.")
    when: str | None = Field(
        default=None, description="A Jinja2 expression: the variants that it applies to; by default all."
    )
    steps: tuple[Step, ...] = Field(min_length=1, description="What the trainee does, in order.")


class MayChange(Document):
    """What a task is about: it may differ from the sound state in whatever way. Either a path or an entry."""

    host: Template = Field(description="The host; a template.")
    path: Template = Field(default="", description="A path, with all below it; a template. ``*`` stands for any name.")
    entry: Template = Field(
        default="",
        description="The name of an entry in the host's directory (OpenLDAP, Samba), with all below it; a template.",
        examples=["ou=people,dc=valbocage,dc=internal"],
    )


Unexplained = Literal["ask", "red"]
"""What a difference that nobody has explained comes to: a question to the one who repaired, or no repair."""


class ScenarioDocument(ContractDocument):
    """``scenario.yaml``: one training or assessment case on a lab."""

    id: Slug = Field(description="The scenario's name: that of its folder.")
    former_ids: tuple[Slug, ...] = Field(
        default=(),
        description="Names that it had, the first one first: records made under them are its own, and a seed draws "
        "what it drew under the first.",
    )
    title: Title = Field(description="What the user would call the trouble; it must not give the cause away.")
    ticket_language: Language | None = Field(
        default=None,
        description="The one language of the ticket, whichever its reader has chosen: a foreign colleague's is "
        "written in English (``en``), and ``ticket.en.md`` is its only file.",
    )
    competences: tuple[CompetenceCode, ...] = Field(
        min_length=1, description='The codes of the competences that the case exercises, quoted: ``["1.3"]``.'
    )
    lab: Slug = Field(description="The lab that it runs on: a folder of ``labs/``.")
    kind: Literal["fault", "task"] = Field(
        description="``fault``: something is broken and is to be repaired; ``task``: something is to be made."
    )
    difficulty: int = Field(ge=1, le=4, description="From 1, easy, to 4, hard.")
    minutes: int = Field(ge=1, le=480, description="The time that a trainee should need.")
    variables: dict[VariableName, Variable] = Field(
        default_factory=dict, description="What a seed draws, by the name that templates use."
    )
    faults: tuple[FaultEntry, ...] = Field(
        default=(), description="What is broken; each entry is a fault, or a draw among faults. None in a task."
    )
    afterwards: tuple[LaterAction, ...] = Field(
        default=(),
        description="What people did after the fault, as the ticket tells it, in order: messages sent, orders tried.",
    )
    files: dict[str, dict[AbsolutePath, FileSettings]] = Field(
        default_factory=dict,
        description="Owner and mode of files placed from the scenario's own ``files/``: a host, or the name of a "
        "variable that draws one, then the file's path.",
    )
    guards: tuple[Slug, ...] = Field(
        default=(),
        description="The lab's guards that count in this scenario as well: ``dhcp-service`` is the lab's "
        "``checks/guards/test_dhcp_service.py``.",
    )
    hints: tuple[Text, ...] = Field(min_length=1, description="From a nudge to nearly the answer; templates.")
    may_change: tuple[MayChange, ...] = Field(
        default=(), description="What a task is about, and may differ from the sound state in whatever way."
    )
    out_of_reach: tuple[Template, ...] = Field(
        default=(),
        description="Hosts that the trainee cannot go to: how their cables really are, the map does not show; "
        "templates.",
    )
    unexplained: Unexplained = Field(
        default="ask",
        description="What a change that no solution explains comes to: ``ask``: a question; ``red``: not repaired.",
    )
    deliverables: Deliverables = Field(
        default_factory=Deliverables, description="What the trainee hands in: answers and an intervention report."
    )


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
        ticket: the ticket's Jinja2 source in both languages; twice the same where it has one language only.
        debrief: the debrief's Jinja2 source in both languages.
        solutions: the reference solution first.
        shortcuts: the wrong repairs that must be refused.
        checks: the check files, its own and then those that it takes over from the lab.
        files: what is placed in hosts besides the lab's own files; ``host`` may be a variable that draws one.
        digest: SHA-256 over every file of the scenario's and the lab's folder.
        personas: the people who answer.
        mutants: what the author says of mutants that pass for a repair.
    """

    document: ScenarioDocument
    folder: Path
    lab: Lab
    ticket: Text
    debrief: Text
    solutions: tuple[Solution, ...]
    shortcuts: tuple[Solution, ...]
    checks: tuple[Path, ...]
    files: tuple[LabFile, ...]
    digest: str
    personas: tuple[Persona, ...] = ()
    mutants: tuple[MutantVerdict, ...] = ()

    @property
    def id(self) -> str:
        """Return the scenario's identifier."""
        return self.document.id

    @property
    def first_id(self) -> str:
        """Return the name that it had first: what a seed draws hangs on it, and outlives another name."""
        return next(iter(self.document.former_ids), self.id)
