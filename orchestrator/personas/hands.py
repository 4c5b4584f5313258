"""A persona's hands in a running lab: what they plug, restart, type and look at is really done there."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cached_property
from typing import Final, Literal

from orchestrator.access.lab_driver import LabDriver
from orchestrator.core.control_characters import in_one_line, visible
from orchestrator.core.errors import LabError
from orchestrator.core.text import Text
from orchestrator.core.waiting import wait_until
from orchestrator.fabric.fabric_interface import CommandTimeoutError
from orchestrator.model.persona import ActStep, PersonaLook, PlannedPersona
from orchestrator.model.turns import PersonaAct
from orchestrator.personas.dialogue import Done

_LIMIT: Final = 60.0
"""Seconds that something may take."""
_TOO_LONG: Final = 124
"""The status of what did not end in time: as timeout(1) has it."""
_EVERY: Final = 1.0
"""Seconds between two looks of somebody who tries again."""
_KEPT: Final = 2000
"""Characters of an output that are kept: the last ones."""
_SHOWN: Final = 200
"""Characters of what was done that are kept."""
_UNFIT: Final = 125
"""The status of what could not be done: as env(1) has it of a program that cannot be run."""


def typed_text(stated: str | None, command: str) -> str:
    """Return what is typed: what was dictated, or lines of the person's own, in which that is one word.

    Args:
        stated: the person's own lines, ``{command}`` standing for what was dictated; None: that alone.
        command: what was dictated; nothing is typed where it is needed and was not.
    """
    if stated is None or not command:
        return command if stated is None or "{command}" in stated else stated
    return stated.replace("{command}", shlex.quote(command))


class LabHands:
    """Acts on one lab."""

    def __init__(
        self, driver: Callable[[], LabDriver], now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        """Take what returns what acts on the lab; it is asked for once something is done there."""
        self._make = driver
        self._now = now

    @cached_property
    def _driver(self) -> LabDriver:
        return self._make()

    def act(self, step: ActStep, persona: PlannedPersona, command: str) -> tuple[PersonaAct, Done]:
        """Do something; see ``Hands``."""
        host = self._host(step.all[0].host, persona)
        if step.cable is not None:
            if step.cable.replace:
                self._driver.replace_cable(host, step.cable.interface)
                what = "replace"
            else:
                segment = step.cable.segment
                self._driver.cable(host, step.cable.interface, plugged=step.cable.plug, segment=segment)
                what = segment or ("plug" if step.cable.plug else "unplug")
            return self._kept("cable", host, f"{step.cable.interface} {what}", Done(0, ""))
        if step.reboot is not None:
            self._driver.reboot(host)
            return self._kept("reboot", host, "reboot", Done(0, ""))
        if step.shell is not None:
            done = self._driver.run_script(host, step.shell.script, timeout=_LIMIT)
            said = (done.stdout + done.stderr).decode(errors="replace")
            return self._kept("shell", host, step.shell.script.strip(), Done(done.status, said))
        text = typed_text(None if step.types is None else step.types.text, command)
        if not text:
            return self._kept("types", host, "", Done(_UNFIT, ""))
        return self._kept("types", host, text, self._run(host, ("sh", "-c", text), persona.account))

    def look(self, look: PersonaLook, persona: PlannedPersona) -> tuple[PersonaAct, Done]:
        """Look at something; see ``Hands``."""
        host = self._host(look.host, persona)
        done = Done(_UNFIT, "")

        def shows_it() -> bool:
            nonlocal done
            done = self._run(host, look.run, "" if look.root else persona.account)
            return look.is_met(done.status, done.output)

        wait_until(shows_it, within=look.within, every=_EVERY)
        return self._kept("looks", host, " ".join(look.run), done)

    def _run(self, host: str, argv: tuple[str, ...], account: str) -> Done:
        """Run a command under an account, as in a session of its own: ``su`` would ask for nothing either."""
        if account:
            argv = ("runuser", "-u", account, "--", *argv)
        try:
            done = self._driver.run(host, argv, check=False, timeout=_LIMIT)
        except CommandTimeoutError as error:  # whoever sits there sees that it goes on, and ends it
            return Done(_TOO_LONG, error.evidence)
        return Done(done.status, (done.stdout + done.stderr).decode(errors="replace"))

    def _host(self, stated: str | None, persona: PlannedPersona) -> str:
        host = stated or persona.document.host
        if host is None:
            raise LabError(
                Text(
                    fr=f"{persona.full} n'a pas de machine : dites « host » dans son fichier.",
                    en=f"{persona.full} has no host: say 'host' in their file.",
                )
            )
        return host

    def _kept(
        self, kind: Literal["cable", "shell", "reboot", "types", "looks"], host: str, what: str, done: Done
    ) -> tuple[PersonaAct, Done]:
        at = self._now().astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        output = visible(done.output[-_KEPT:])
        return PersonaAct(at, kind, host, in_one_line(what, _SHOWN), done.status, output), done
