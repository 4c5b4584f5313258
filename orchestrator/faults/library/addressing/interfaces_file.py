"""Editing ``/etc/network/interfaces``, as ifupdown reads it (interfaces(5))."""

from __future__ import annotations

import re
from typing import Final

from pydantic import Field

from orchestrator.access.lab_driver import LabDriver
from orchestrator.faults.edited_file import EditedFile
from orchestrator.model.base import InterfaceName

INTERFACES: Final = "/etc/network/interfaces"

_HEADER: Final = re.compile(r"^[ \t]*(iface|auto|allow-\w+|mapping|source|source-directory|no-\w+|template|rename)\b")


class EditedInterfaces(EditedFile):
    """A fault in ``/etc/network/interfaces``; the interface is taken down before the edit and brought up after it."""

    interface: InterfaceName = Field(default="eth0", description="The interface whose configuration is broken.")

    def path(self) -> str:
        """See ``EditedFile.path``."""
        return INTERFACES

    def load(self, driver: LabDriver, text: str) -> None:
        """See ``EditedFile.load``; ifup may fail of the fault, as it does for a user."""
        driver.run(self.host, ("ifdown", "--force", self.interface), check=False)
        driver.write(self.host, INTERFACES, text.encode())
        driver.run(self.host, ("ifup", self.interface), check=False)


def with_option(text: str, interface: str, option: str, value: str | None, *, method: str = r"\w+") -> str:
    """Return the file with an option of an interface set, or left out where the value is None.

    Args:
        text: the file.
        interface: the interface; the first stanza of it counts.
        option: the option's name, such as ``gateway``.
        value: what the option gets.
        method: a regular expression for the stanza's method; where it is another one, nothing is changed.
    """
    lines = text.splitlines(keepends=True)
    stanza = _stanza(lines, interface, method)
    if stanza is None:
        return text
    start, end = stanza
    old = next((n for n in range(start + 1, end) if re.match(rf"[ \t]*{option}[ \t]", lines[n])), None)
    new = [] if value is None else [f"    {option} {value}\n"]
    if old is None:
        return "".join([*lines[: start + 1], *new, *lines[start + 1 :]])
    return "".join([*lines[:old], *new, *lines[old + 1 :]])


def with_line(text: str, interface: str, line: str) -> str:
    """Return the file with a line more at the end of an interface's first stanza, such as ``up COMMAND``."""
    lines = text.splitlines(keepends=True)
    stanza = _stanza(lines, interface, r"\w+")
    if stanza is None:
        return text
    start, end = stanza
    last = max(number for number in range(start, end) if number == start or lines[number].strip())
    return "".join([*lines[: last + 1], f"    {line}\n", *lines[last + 1 :]])


def _stanza(lines: list[str], interface: str, method: str) -> tuple[int, int] | None:
    """Return where the first stanza of an interface begins (its header) and ends, or None."""
    header = re.compile(rf"^[ \t]*iface[ \t]+{re.escape(interface)}[ \t]+inet[ \t]+(?:{method})[ \t]*$")
    start = next((number for number, line in enumerate(lines) if header.match(line.rstrip("\r\n"))), None)
    if start is None:
        return None
    return start, next((n for n in range(start + 1, len(lines)) if _HEADER.match(lines[n])), len(lines))
