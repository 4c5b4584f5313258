"""Somebody who answers a trainee: who they are, what they know and can do, and what makes them lose patience."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, StringConstraints

from orchestrator.core.text import Text
from orchestrator.model.base import ContractDocument, Document, InterfaceName, Template

IntentName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=32)]
"""What somebody may want with a sentence, such as ``ask_error``."""

FactName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=32)]
"""What may have come about in a conversation, such as ``identity``."""

Temper: TypeAlias = Literal["calm", "hurried", "vague", "worried", "cross"]
"""In what mood somebody is: it colours what they say where a persona gives no words of its own."""


class OwnIntent(Document):
    """What a technician may want besides the common intents."""

    wants: Text = Field(description="What the technician wants with it, in a few words.")
    fr: tuple[str, ...] = Field(min_length=2, description="Phrases in French by which it is known; ``(a|b)``: either.")
    en: tuple[str, ...] = Field(min_length=2, description="Phrases in English by which it is known.")


class CableAct(Document):
    """A cable that the persona unplugs or plugs in."""

    host: Template | None = Field(default=None, description="The host; by default the persona's.")
    interface: InterfaceName = Field(description="The host's interface, such as ``eth0``.")
    plug: bool | None = Field(default=None, description="true: plug it in; false: pull it out.")
    segment: Template | None = Field(default=None, description="The segment to cable it to; a template.")
    replace: Literal[True] | None = Field(default=None, description="true: put a new cable in its place.")


class ShellAct(Document):
    """Lines that are run on a host for what the persona does by hand."""

    host: Template | None = Field(default=None, description="The host; by default the persona's.")
    script: Template = Field(description="Lines for a shell of root there (``runuser -u NAME --``); a template.")


class RebootAct(Document):
    """A host that the persona restarts."""

    host: Template | None = Field(default=None, description="The host; by default the persona's.")


class TypeAct(Document):
    """What the technician dictates is typed in a terminal of the persona's own account."""

    host: Template | None = Field(default=None, description="The host; by default the persona's.")
    text: Template | None = Field(
        default=None,
        description="What is typed, ``{command}`` in it being what was dictated; by default that alone.",
    )


class ActStep(Document):
    """One thing that the persona does in the lab; exactly one key is set."""

    cable: CableAct | None = Field(default=None, description="Plug, unplug, move or replace a cable.")
    shell: ShellAct | None = Field(default=None, description="Run lines that stand for what is done by hand.")
    reboot: RebootAct | None = Field(default=None, description="Restart a host.")
    types: TypeAct | None = Field(default=None, description="Type what is dictated, under the persona's account.")

    @property
    def all(self) -> tuple[CableAct | ShellAct | RebootAct | TypeAct, ...]:
        """Return what is stated; there should be one."""
        return tuple(act for act in (self.cable, self.shell, self.reboot, self.types) if act is not None)


class PersonaLook(Document):
    """What the persona looks at: a command, whose output stands for ``{seen}`` in what is said."""

    host: Template | None = Field(default=None, description="The host; by default the persona's.")
    run: tuple[Template, ...] = Field(min_length=1, description="The command, one argument per item (no shell).")
    root: bool = Field(default=False, description="Whether it is run as root, and not under the persona's account.")
    fails: bool | None = Field(default=None, description="Whether the command must fail (true) or succeed (false).")
    prints: str | None = Field(default=None, description="A text that its output must contain.")
    within: float = Field(
        default=5.0, ge=0, le=60, description="Seconds for which they try again until it shows what is expected."
    )

    def is_met(self, status: int, output: str) -> bool:
        """Return whether a run of the command showed what is expected, where anything is."""
        return self.fails in {None, status != 0} and (self.prints is None or self.prints in output)


class Otherwise(Document):
    """What is said instead where a look does not show what is expected, or an act has failed."""

    says: Text = Field(description="What is said; ``{seen}`` is what was seen.")
    sets: tuple[FactName, ...] = Field(default=(), description="The facts that come about then.")
    clears: tuple[FactName, ...] = Field(default=(), description="The facts that are over then.")


class PersonaAnswer(Document):
    """What is said, or done, when something is asked: the first answer whose conditions hold is given."""

    to: tuple[IntentName, ...] = Field(min_length=1, description="The intents that it answers.")
    when: str | None = Field(default=None, description="A Jinja2 expression: the variants that have it.")
    requires: tuple[FactName, ...] = Field(default=(), description="Facts that must hold.")
    unless: tuple[FactName, ...] = Field(default=(), description="Facts that must not hold.")
    restates: Text | None = Field(
        default=None,
        description="How the persona repeats what they are to do; it is done after a “yes”, or when it is asked again.",
    )
    acts: tuple[ActStep, ...] = Field(default=(), description="What the persona then does in the lab, in order.")
    looks: PersonaLook | None = Field(default=None, description="What the persona looks at before they answer.")
    says: Text = Field(
        description="What is said; a template. ``{seen}`` is what was seen or came of the acts, ``{host}``, "
        "``{address}``, ``{command}``, ``{name}`` and ``{number}`` are what the technician said."
    )
    otherwise: Otherwise | None = Field(
        default=None, description="What is said where the look does not show it, or an act fails."
    )
    declined: Text | None = Field(default=None, description="What is said after a “no” to what was restated.")
    sets: tuple[FactName, ...] = Field(default=(), description="The facts that come about.")
    clears: tuple[FactName, ...] = Field(default=(), description="The facts that are over.")
    costs: int = Field(default=0, ge=0, description="How much patience it costs, besides what ``patience`` says.")
    ends: bool = Field(default=False, description="Whether the persona hangs up after it.")


class Patience(Document):
    """What makes somebody lose patience, and what then happens."""

    holds: int = Field(default=4, ge=1, description="How much of it there is.")
    costs: dict[IntentName, int] = Field(
        default_factory=dict, description="What each intent costs; ``rude`` costs 2 where nothing is said."
    )
    repeated: int = Field(default=1, ge=0, description="What a question costs that was answered before.")
    not_understood: int = Field(default=0, ge=0, description="What it costs not to be understood.")
    warns: Text | None = Field(default=None, description="What is said once when hardly any is left.")
    lost: Text | None = Field(default=None, description="What is said when none is left.")
    then: Literal["hangs_up", "stays"] = Field(
        default="hangs_up", description="Whether they then hang up, or go on but do nothing any more."
    )


class SaidLine(Document):
    """Something that a technician says, and what must come of it."""

    say: Text = Field(description="What is said, in both languages; a template.")
    understood: IntentName | None = Field(description="The intent that is understood; ``null``: none.")
    answer: Text | None = Field(default=None, description="A part of what is answered; a template.")
    sets: tuple[FactName, ...] = Field(default=(), description="Facts that hold afterwards.")


class TalkStep(Document):
    """What a technician says to somebody of the scenario, line by line."""

    to: str | None = Field(default=None, description="The persona; not needed where there is only one.")
    lines: tuple[SaidLine, ...] = Field(min_length=1, description="What is said, in order.")


class ComesOf(Document):
    """What must have come of a dialogue."""

    facts: tuple[FactName, ...] = Field(default=(), description="Facts that hold at its end.")
    without: tuple[FactName, ...] = Field(default=(), description="Facts that do not hold at its end.")
    acted: tuple[IntentName, ...] = Field(default=(), description="Intents that were acted upon: no others.")
    ended: bool | None = Field(default=None, description="Whether the persona has hung up.")


class ExampleDialogue(Document):
    """A dialogue that the proof plays: one that is led well, a rude one, one in which something is forgotten."""

    kind: Literal["good", "rude", "forgetful"] = Field(description="How the technician is.")
    when: str | None = Field(default=None, description="A Jinja2 expression: the variants in which it is played.")
    lines: tuple[SaidLine, ...] = Field(min_length=1, description="What the technician says, in order.")
    comes_of: ComesOf = Field(description="What must have come of it.")


class PersonaWords(Document):
    """What a persona says where no answer fits; each by default in the words of their temper."""

    not_understood: Text | None = Field(default=None, description="Nothing was understood.")
    not_known: Text | None = Field(default=None, description="They don't know, or have no answer to it.")
    declined: Text | None = Field(default=None, description="A “no” to what they had restated.")
    nothing_asked: Text | None = Field(default=None, description="A “yes” or “no” to nothing.")
    failed: Text | None = Field(default=None, description="What they were to do could not be done: ``{seen}``.")


class PersonaDocument(ContractDocument):
    """``persona.yaml`` or ``personas/*.yaml``: somebody of a scenario who answers the trainee."""

    person: str | None = Field(default=None, description="The variable that draws the person.")
    full: Template | None = Field(
        default=None, description="First and last name of somebody whom the lab has already, instead of ``person``."
    )
    login: Template | None = Field(default=None, description="That somebody's login; a template.")
    role: Text = Field(description="What they do, as the list of people says it; a template.")
    language: Literal["fr", "en"] | None = Field(
        default=None, description="The one language that they speak; by default the trainee's."
    )
    host: Template | None = Field(default=None, description="The host that they sit at; a template.")
    account: Template | None = Field(
        default=None, description="The account under which they look and type there; by default the person's login."
    )
    temper: Temper = Field(default="calm", description="In what mood they are.")
    opens: Text = Field(description="What they say first when they are called; a template.")
    facts: dict[FactName, Text] = Field(
        default_factory=dict,
        description="What may come about in the conversation, besides ``identity`` (who they are was proven), "
        "``consent`` (the desktop may be seen) and ``confirmed`` (the ticket may be closed).",
    )
    intents: dict[IntentName, OwnIntent] = Field(
        default_factory=dict, description="What may be asked besides the common intents."
    )
    answers: tuple[PersonaAnswer, ...] = Field(min_length=1, description="What they say and do, the first that fits.")
    patience: Patience = Field(default_factory=Patience, description="What makes them lose patience.")
    words: PersonaWords = Field(default_factory=PersonaWords, description="What they say where no answer fits.")
    dialogues: tuple[ExampleDialogue, ...] = Field(
        default=(), description="Dialogues that the proof plays: a good one, a rude one, one that forgets something."
    )


@dataclass(frozen=True)
class Persona:
    """A persona's file as loaded."""

    name: str
    document: PersonaDocument
    source: Path


@dataclass(frozen=True)
class PlannedPersona:
    """Somebody of this variant; answers and dialogues that do not apply are left out.

    Attributes:
        name: their short name, by which commands call them.
        full: first and last name.
        login: their login.
        document: all else, rendered.
    """

    name: str
    full: str
    login: str
    document: PersonaDocument

    @property
    def account(self) -> str:
        """Return the account under which they look and type."""
        return self.document.account or self.login
