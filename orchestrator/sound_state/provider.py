"""What a provider of state is: it says what is thought of a change of its sort and, of an application, tells it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, TypeAlias

from grader.report import Standing
from orchestrator.core.errors import LabError
from orchestrator.core.text import Text
from orchestrator.fabric.fabric_interface import StateChange

Objects: TypeAlias = Mapping[str, Mapping[str, str]]
"""Object → field → value: what there is, in words that compare."""
RunInHost: TypeAlias = Callable[[Sequence[str], bytes], str]
"""Runs a command in a host as root, with an input; returns what it printed.

Raises:
    LabError: it did not end well, or the host's own tools are not its image's.
"""


def json_printed(printed: str, program: str) -> Any:  # noqa: ANN401 - whatever it says
    """Return what a program of a host printed as JSON.

    Args:
        printed: what it printed.
        program: its path, for the words of an error.

    Raises:
        LabError: it is no JSON.
    """
    try:
        return json.loads(printed)
    except ValueError:
        start = " ".join(printed[:60].split())
        raise LabError(
            Text(
                fr=f"ce que {program} a affiché ne se lit pas : « {start} »",
                en=f"what {program} printed cannot be read: '{start}'",
            )
        ) from None


class Thought(NamedTuple):
    """What is thought of a change.

    Attributes:
        standing: ``forbidden``, ``harmless``, or ``unexplained`` where nothing can be said without the scenario.
        sentence: what has changed, in plain words, for whoever changed it.
    """

    standing: Standing
    sentence: Text


class Provider(Protocol):
    """One sort of state: the fabric's helper tells it, or a provider of an application."""

    @property
    def name(self) -> str:
        """Return the word for it in reports: ``postgresql``."""

    def think(self, change: StateChange) -> Thought:
        """Return what is thought of a change that this provider told."""


class ApplicationProvider(Provider, Protocol):
    """Tells what state an application of a host is in; one for each kind of application."""

    def look(self, run: RunInHost) -> Objects:
        """Return what state the application of a host is in.

        Raises:
            LabError: it does not say.
        """
