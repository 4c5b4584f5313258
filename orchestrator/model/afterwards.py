"""What people did after the fault, as the ticket tells it: a scenario says how, and what must be seen of it."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from orchestrator.core.text import Text
from orchestrator.model.base import Document, Template


class Showing(Document):
    """A command, and what it must show."""

    run: tuple[str, ...] = Field(
        min_length=1, description="The command, one argument per item (no shell).", examples=[["curl", "-sf", "srv1"]]
    )
    fails: bool | None = Field(default=None, description="Whether the command must fail (true) or succeed (false).")
    prints: str | None = Field(default=None, description="A text that its output must contain.")

    @model_validator(mode="after")
    def _expects_something(self) -> Self:
        if self.fails is None and self.prints is None:
            raise PydanticCustomError("probe", 'give "fails" or "prints": what must be seen')
        return self

    def is_met(self, status: int, output: str) -> bool:
        """Return whether a run of the command showed it, by its exit status and all that it printed."""
        return self.fails in {None, status != 0} and (self.prints is None or self.prints in output)


class Trace(Showing):
    """What is left of an action: seen once it was done, and not before, or not like that."""

    host: Template | None = Field(default=None, description="Where it is seen; by default where the action was done.")


class LaterAction(Document):
    """Something that people did after the fault, and that leaves a trace."""

    tell: Text = Field(description="What was done, for trainers; templates.")
    when: str | None = Field(default=None, description="A Jinja2 expression; it is left out where this is false.")
    host: Template = Field(description="The host; a template.")
    script: Template = Field(description="Lines for a shell of root there (``runuser -u NAME --``); a template.")
    trace: Trace = Field(description="What must be seen of it afterwards, and must not have looked the same before.")
