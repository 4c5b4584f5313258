"""What Docker Engine tells in a stream of a build, a pull or a load: one JSON object a line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from orchestrator.core.errors import BreakfixError, MachineError
from orchestrator.core.text import Text
from orchestrator.engine import refusals
from orchestrator.engine.engine_interface import ImageBuildError, OnLine

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_STEP_CONTAINER = re.compile(r" ---> Running in ([0-9a-f]+)")


class BuildReader:
    """Reads what Docker tells of a build, which the classic builder tells in words.

    Attributes:
        step_container: the id of the container of the step that runs now or ran last.
    """

    def __init__(self, reference: str, on_line: OnLine) -> None:
        """Take the image's tag, and what is told each line of the build."""
        self.step_container = ""
        self._reference = reference
        self._on_line = on_line
        self._rest = ""
        self._tagged = False

    def read(self, lines: Iterable[bytes]) -> None:
        """Read to the end.

        Raises:
            ImageBuildError: the build failed.
        """
        for event in events(lines):
            self._add(str(event.get("stream") or ""))
            if "error" in event:
                self._add(f"\n{event['error']}\n")
                raise _build_error(self._reference, str(event["error"]))
        if not self._tagged:
            raise _build_error(self._reference, "Docker Engine ended the build without a word")

    def _add(self, text: str) -> None:
        """Pass on the lines that are complete, without the red that Docker gives to a step's stderr."""
        *whole, self._rest = (self._rest + _COLOUR.sub("", text)).replace("\r", "\n").split("\n")
        for line in whole:
            if match := _STEP_CONTAINER.fullmatch(line):
                self.step_container = match[1]
            self._tagged = self._tagged or line.startswith("Successfully tagged ")
            if line.strip():
                self._on_line(line.rstrip())


def events(lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    """Yield the JSON objects, one a line, of a build, a pull or a load."""
    for line in lines:
        if line.strip():
            yield json.loads(line)


def raise_reported(lines: Iterable[bytes], subject: str) -> None:
    """Read to the end.

    Raises:
        BreakfixError: what Docker says went wrong.
    """
    for event in events(lines):
        if "error" in event:
            raise refusals.refusal(0, str(event["error"]), subject)


def _build_error(reference: str, reason: str) -> BreakfixError:
    text = Text(
        fr=f"La construction de l'image {reference} a échoué : {reason}",
        en=f"The build of the image {reference} failed: {reason}",
    )
    return _no_space(reason) or ImageBuildError(text, evidence=reason)


def load_error(reason: str) -> MachineError:
    """Return the error of an archive that Docker refuses."""
    text = Text(fr=f"Docker refuse l'archive d'images : {reason}", en=f"Docker refuses the archive of images: {reason}")
    return _no_space(reason) or MachineError(text, evidence=reason)


def _no_space(reason: str) -> MachineError | None:
    return refusals.no_space() if "no space left on device" in reason.lower() else None


def loaded(text: str) -> list[str]:
    """Return the tags that a line of a load names."""
    prefix = "Loaded image: "
    return [line.removeprefix(prefix).strip() for line in text.splitlines() if line.startswith(prefix)]
