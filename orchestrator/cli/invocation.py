"""What one command line works with: the global options, the program's parts and where output goes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import click

from orchestrator.cli import language_choice
from orchestrator.core.language import Language

if TYPE_CHECKING:
    from orchestrator.app import App
    from orchestrator.cli.output import Output


def make_app(content: Sequence[Path], database: str | None) -> App:
    """Return the program's parts; importing them takes longer than all of ``--help``."""
    from orchestrator.app import App

    return App(content, database)


@dataclass
class Invocation:
    """One command line.

    Attributes:
        content: the folders of ``--content``.
        json: whether reports go out as JSON.
        database: the address of ``--database``, or None.
        make: makes the program's parts from the content folders and the database's address.
    """

    content: list[Path] = field(default_factory=list)
    json: bool = False
    database: str | None = None
    make: Callable[[Sequence[Path], str | None], App] = make_app

    @property
    def language(self) -> Language:
        """Return the user's language."""
        return language_choice.chosen()

    @cached_property
    def app(self) -> App:
        """Return the program's parts."""
        return self.make(self.content, self.database)

    @cached_property
    def output(self) -> Output:
        """Return where results go."""
        from orchestrator.cli.output import Output

        return Output(self.language, json=self.json)

    def close(self) -> None:
        """Close what was opened."""
        if "app" in self.__dict__:
            self.app.close()


pass_invocation = click.make_pass_decorator(Invocation)
