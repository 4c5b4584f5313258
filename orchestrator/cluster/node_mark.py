"""How a node knows where its own Breakfix is, and whose: a Docker volume whose labels say it; nothing is in it."""

from __future__ import annotations

import json
import os
import pwd
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import orchestrator
from orchestrator.cluster.task_program import MARK
from orchestrator.engine.engine_interface import Engine

_TOP: Final = Path(orchestrator.__file__).parent.parent
_READ: Final = ("BREAKFIX_", "XDG_")
"""How the variables begin that say where a user's own files are."""
_MODULE: Final = "orchestrator.cluster.node_work"


def set_mark(engine: Engine) -> None:
    """Say that this node's work is done by this program, with the rights of the user who runs it."""
    clear_mark(engine)
    engine.create_volume(MARK, mark_labels(os.environ))


def clear_mark(engine: Engine) -> None:
    """Say it no longer."""
    engine.remove_volume(MARK)


def mark_labels(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the labels, in an environment; the program's own reads them (``task_program``)."""
    user = pwd.getpwuid(os.geteuid())
    kept = {name: value for name, value in environment.items() if name.startswith(_READ) or name == "DOCKER_HOST"}
    kept |= {"HOME": environment.get("HOME", user.pw_dir), "PYTHONPATH": str(_TOP)}
    return {
        "breakfix.user": str(user.pw_uid),
        "breakfix.group": str(user.pw_gid),
        "breakfix.program": json.dumps([sys.executable, "-P", "-m", _MODULE]),
        "breakfix.environment": json.dumps(kept),
    }
