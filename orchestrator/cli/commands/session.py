"""``session``: a timed jury session, from its plan to its signed record. Its commands are in other modules."""

from __future__ import annotations

import importlib
from collections.abc import Mapping

import click

from orchestrator.cli.click_classes import CommandGroup, help_without_command
from orchestrator.core.text import Text

_MODULES: Mapping[str, tuple[str, ...]] = {
    "session_plan": ("plan", "withdraw", "list", "labs", "draw", "redraw"),
    "session_run": (
        *("open", "start", "show", "run", "arrive", "absent", "finish"),
        *("pause", "resume", "extend", "replace", "announce"),
    ),
    "session_room": ("incident", "seat", "cable", "watch", "hand-in", "hint"),
    "session_results": ("results",),
    "session_jury": ("observe", "decide", "sign", "correct"),
    "session_evidence": ("verify", "reopen-evidence"),
    "session_documents": ("export", "clear", "forget"),
}
"""The modules, and the commands that each brings; they are imported when one of their commands is called."""


class SessionGroup(CommandGroup):
    """The group of the session's commands, in the order in which a session needs them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - Click's
        """Return the commands' names."""
        return [name for names in _MODULES.values() for name in names]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        for module, names in _MODULES.items():
            if cmd_name in names:
                commands = importlib.import_module(f"orchestrator.cli.commands.{module}").commands
                found = commands.get(cmd_name)
                return found if isinstance(found, click.Command) else None
        return super().get_command(ctx, cmd_name)


session_command = SessionGroup(
    "session",
    help=Text(
        fr="Une session de jury chronométrée : plan, tirage, ouverture, épreuves, preuves scellées, décisions, "
        "procès-verbal.\n\nDans l'ordre : plan, open, start, run ; puis results, decide, sign, export pv.",
        en="A timed jury session: plan, drawing, opening, phases, sealed evidence, decisions, record of "
        "proceedings.\n\nIn order: plan, open, start, run; then results, decide, sign, export pv.",
    ),
    invoke_without_command=True,
    callback=help_without_command,
)
