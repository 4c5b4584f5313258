"""Whether a service runs with the settings that its files give it: what is in memory alone is lost at the next start.

Many services take their options from a file of variables (``EnvironmentFile=``, systemd.exec(5)), such as
``/etc/default/named``. The kernel keeps the variables that a process began with.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from grader.bilingual import reason

if TYPE_CHECKING:
    from grader.host_inspector import HostInspector

PROPERTIES = ("Service.MainPID", "Service.ExecStart", "Service.Environment", "Service.EnvironmentFiles")
_ASSIGNMENT = re.compile(r"\s*([A-Za-z_]\w*)=(.*)", re.DOTALL)
_NAMED = re.compile(r"\$\{?([A-Za-z_]\w*)")
_PATTERN = re.compile(r"[*?\[]")
_WHOLE = "INVOCATION_ID"
"""systemd gives it to each service: a program that has written its title over its variables has it no more."""


def not_kept(inspector: HostInspector, unit: str, known: Mapping[str, Any] | None = None) -> tuple[str, ...]:
    """Return with which settings a service runs that its files no longer give it; none where nobody can tell.

    Args:
        inspector: the host.
        unit: the unit's full name.
        known: its ``PROPERTIES`` where they are known.
    """
    known = known or inspector.unit(unit, *PROPERTIES).properties
    paths = [path for path, _ in known.get("EnvironmentFiles", ())]
    if not paths or not known["MainPID"] or any(_PATTERN.search(path) for path in paths):
        return ()
    variables = inspector.read(f"/proc/{known['MainPID']}/environ") or b""
    began = dict(_pairs(variables.decode("utf-8", errors="replace").split("\0")))
    if _WHOLE not in began:
        return ()
    given = dict(_pairs(known.get("Environment", ())))
    for path in paths:
        given |= _settings((inspector.read(path) or b"").decode("utf-8", errors="replace"))
    used = {name for _, words, *_ in known["ExecStart"] for word in words for name in _NAMED.findall(word)}
    names = sorted(name for name in began if began[name] != given.get(name, "" if name in used else began[name]))
    return tuple(
        reason(
            fr=f"{unit} tourne avec {name}=« {began[name]} », que {', '.join(paths)} ne dit plus",
            en=f'{unit} runs with {name}="{began[name]}", which {", ".join(paths)} no longer says',
        )
        for name in names
    )


def _pairs(assignments: Iterable[str]) -> Iterator[tuple[str, str]]:
    for assignment in assignments:
        name, equals, value = assignment.partition("=")
        if equals:
            yield name, " ".join(value.split())


def _settings(text: str) -> dict[str, str]:
    """Return the variables of a file, as systemd reads it: no shell, but its quotes, comments and long lines."""
    found = {}
    for line in re.sub(r"\\\n", "", text).split("\n"):
        if (match := _ASSIGNMENT.fullmatch(line)) is None:
            continue
        try:
            found[match[1]] = " ".join(" ".join(shlex.split(match[2])).split())
        except ValueError:
            continue  # a quote is not closed: what systemd takes it for depends on the lines behind it
    return found
