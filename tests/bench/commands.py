"""Running the peers' command lines."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence

from orchestrator.core import interrupts
from orchestrator.core.errors import LabError, MachineError
from orchestrator.core.text import Text

_LAST_LINES = 30


def run_command(
    argv: Sequence[str], *, timeout: float, environment: Mapping[str, str] | None = None, check: bool = True
) -> str:
    """Run a command to its end and return what it printed.

    It runs in a session of its own: a terminal's Ctrl-C comes to us alone, and we end it.

    Args:
        argv: the command.
        timeout: seconds after which it is killed.
        environment: added to our own.
        check: whether a status other than 0 is an error.

    Raises:
        LabError: it failed or did not end in time; the evidence is the end of what it printed.
    """
    with contextlib.ExitStack() as stack:
        with interrupts.shielded():  # an interruption in the midst of the start would lose the process
            process = stack.enter_context(
                subprocess.Popen(
                    list(argv),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    env={**os.environ, **(environment or {})},
                    start_new_session=True,
                )
            )
            stack.callback(_kill, process)
        try:
            output = process.communicate(timeout=timeout)[0].decode(errors="replace")
        except subprocess.TimeoutExpired:
            _kill(process)
            text = process.communicate()[0].decode(errors="replace")
            raise _failed(argv, f"> {timeout:g} s", text) from None
    if check and process.returncode:
        raise _failed(argv, str(process.returncode), output)
    return output


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a command that has not ended, with all that it started, and bury it."""
    if process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def compose_command() -> tuple[str, ...]:
    """Return how Compose is called here: Debian's ``docker-compose``, or Docker's plugin.

    Raises:
        MachineError: there is neither.
    """
    if shutil.which("docker-compose"):
        return ("docker-compose",)
    if shutil.which("docker") and _works(("docker", "compose", "version")):
        return ("docker", "compose")
    raise MachineError(
        Text(
            fr="Le banc d'essai se compare à docker-compose, qui n'est pas installé.",
            en="The benchmark compares with docker-compose, which is not installed.",
        ),
        Text(fr="apt-get install docker-compose", en="apt-get install docker-compose"),
    )


def docker_command() -> str:
    """Return the Docker command line, which testinfra's stock backend calls.

    Raises:
        MachineError: it is not installed.
    """
    if (path := shutil.which("docker")) is not None:
        return path
    raise MachineError(
        Text(
            fr="Le banc d'essai a besoin de la commande docker, qui n'est pas installée.",
            en="The benchmark needs the docker command, which is not installed.",
        ),
        Text(fr="apt-get install docker-cli", en="apt-get install docker-cli"),
    )


def _works(argv: Sequence[str]) -> bool:
    try:
        run_command(argv, timeout=20)
    except (LabError, OSError):
        return False
    return True


def _failed(argv: Sequence[str], how: str, output: str) -> LabError:
    command = " ".join(argv)
    return LabError(
        Text(fr=f"« {command} » a échoué ({how}).", en=f"'{command}' failed ({how})."),
        evidence="\n".join(output.splitlines()[-_LAST_LINES:]),
    )
