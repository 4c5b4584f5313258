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
from orchestrator.core.text import Text

if TYPE_CHECKING:
    from orchestrator.app import App
    from orchestrator.cli.labd_notices import LabdNotices
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

    @cached_property
    def labd(self) -> LabdNotices:
        """Return what tells labd of this command, where one serves the same state folder."""
        from orchestrator.cli.labd_notices import LabdNotices

        return LabdNotices(self._warn_of_labd)

    def _warn_of_labd(self) -> None:
        self.output.note(
            Text(
                fr="! Le service des labs (labd) est d'une autre version : il n'apprend pas ce qui se fait ici.",
                en="! The lab service (labd) is of another version: it does not learn what is done here.",
            ),
            style="warn",
        )
        self.output.note(
            Text(
                fr="  → Redémarrez-le : « breakfix serve », ou « sudo breakfix serve --install ».",
                en="  → Start it again: 'breakfix serve', or 'sudo breakfix serve --install'.",
            )
        )

    def close(self) -> None:
        """Close what was opened."""
        if "app" in self.__dict__:
            self.app.close()


pass_invocation = click.make_pass_decorator(Invocation)
