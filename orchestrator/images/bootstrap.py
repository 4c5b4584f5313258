"""The raw root file system of ``base``: pulled where a registry answers, else made of Debian's packages."""

from __future__ import annotations

import grp
import os
import pwd
import shlex
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from orchestrator.core import labels
from orchestrator.engine.engine_interface import Cancellation, Engine, ImageBuildError, OnLine
from orchestrator.core.errors import MachineError
from orchestrator.images import rootfs
from orchestrator.images.context import ContextEntry, pack
from orchestrator.images.machine_apt import MachineApt
from orchestrator.core.text import Text

LABELS = {labels.KIND: "image", labels.IMAGE: "rootfs", labels.FINGERPRINT: rootfs.FINGERPRINT}

_KEYRINGS = tuple(Path("/usr/share/keyrings", f"debian-archive-keyring.{kind}") for kind in ("pgp", "gpg"))
_FORGET = 'rm -f "$1/etc/apt/apt.conf.d/99mmdebstrap" "$1/etc/dpkg/dpkg.cfg.d/99mmdebstrap"'
"""mmdebstrap leaves the options that it was called with in the root file system; ``base`` brings its own."""

_PULLED_DOCKERFILE = f"""\
FROM {rootfs.PULLED}
RUN rm -f /etc/apt/sources.list.d/*
COPY sources.list /etc/apt/sources.list
"""

_TERMINATION = 20
"""Seconds that mmdebstrap gets to clear away what it unpacked."""


class RunInContainer(Protocol):
    """Runs a command, passing on its lines; see ``run``."""

    def __call__(
        self, command: Sequence[str], environment: dict[str, str], on_line: OnLine, cancellation: Cancellation
    ) -> int:
        """Return the command's exit status."""


def ensure(
    engine: Engine, apt: MachineApt, on_line: OnLine, cancellation: Cancellation, *, run: RunInContainer | None = None
) -> None:
    """Make sure that ``rootfs.TAG`` is on the engine.

    Raises:
        MachineError: no registry has the image, and mmdebstrap is not installed.
        ImageBuildError: mmdebstrap failed.
        CancelledError: it was asked to end early.
    """
    if engine.has_image(rootfs.TAG):
        return
    on_line(f"Looking for {rootfs.PULLED} in a registry")
    if engine.pull(rootfs.PULLED):
        _normalise(engine, on_line, cancellation)
        return
    cancellation.check()
    on_line("No registry has it: making it of Debian's packages with mmdebstrap")
    _bootstrap(engine, apt, on_line, cancellation, run or run_command)


def _normalise(engine: Engine, on_line: OnLine, cancellation: Cancellation) -> None:
    """Give the pulled image the same sources as a bootstrapped one, our tag and our labels."""
    files = {"Dockerfile": _PULLED_DOCKERFILE, "sources.list": rootfs.SOURCES_LIST}
    context = (ContextEntry(path, executable=False, link=False, content=text.encode()) for path, text in files.items())
    engine.build(pack(context), rootfs.TAG, arguments={}, labels=LABELS, on_line=on_line, cancellation=cancellation)


def _bootstrap(engine: Engine, apt: MachineApt, on_line: OnLine, cancellation: Cancellation, run: RunInContainer) -> None:
    if run is run_command and shutil.which("mmdebstrap") is None:
        raise _missing()
    with tempfile.TemporaryDirectory(prefix="breakfix-rootfs-") as folder:
        archive = Path(folder, "rootfs.tar")
        sources = Path(folder, "sources.list")
        sources.write_text(rootfs.SOURCES_LIST, encoding="utf-8")
        command = mmdebstrap(apt, archive, sources)
        status = run(command, {**os.environ, **apt.proxies}, on_line, cancellation)
        cancellation.check()
        if status != 0:
            raise ImageBuildError(
                Text(
                    fr=f"mmdebstrap n'a pas pu faire le système de base (code {status}).",
                    en=f"mmdebstrap could not make the base system (status {status}).",
                ),
                Text(
                    fr="Il doit joindre un miroir Debian : « apt-get update » y parvient-il ici ?",
                    en="It has to reach a Debian mirror: does 'apt-get update' work here?",
                ),
            )
        engine.import_image(archive, rootfs.TAG, LABELS)


def mmdebstrap(apt: MachineApt, archive: Path, sources: Path, *, root: bool | None = None) -> tuple[str, ...]:
    """Return the command that writes the root file system into a tar archive.

    Args:
        apt: how this machine reaches packages.
        archive: the tar archive to write.
        sources: the sources.list that the root file system gets.
        root: whether it is run by root; by default what this process is.
    """
    as_root = os.geteuid() == 0 if root is None else root
    return (
        "mmdebstrap",
        "--variant=minbase",
        f"--mode={'root' if as_root else 'unshare'}",
        f"--include={','.join(rootfs.PACKAGES)}",
        *(f'--aptopt={key} "{value}"' for key, value in apt.options.items()),
        *(f"--dpkgopt={option}" for option in rootfs.LEFT_OUT),
        *(f"--keyring={keyring}" for keyring in _keyring()),
        f"--customize-hook=upload {sources} /etc/apt/sources.list",
        f"--customize-hook={_FORGET}",
        rootfs.SUITE,
        str(archive),
        *apt.sources,
    )


def in_own_group(command: tuple[str, ...]) -> tuple[tuple[str, ...], dict[str, str]]:
    """Return a command, and variables for its environment, that run it with the user's own primary group.

    Under ``sg docker`` the group is another one, and newuidmap(1), which mmdebstrap needs to work without root, then
    refuses. ``sg`` runs the user's login shell, perhaps fish or csh: it only gets to see fixed words.
    """
    account = pwd.getpwuid(os.getuid())
    if os.getuid() == 0 or os.getgid() == account.pw_gid:
        return command, {}
    group = grp.getgrgid(account.pw_gid).gr_name
    relay = "exec /bin/sh -c 'eval \"exec $BREAKFIX_EXEC\"'"
    return ("sg", group, "-c", relay), {"BREAKFIX_EXEC": shlex.join(command)}


def _keyring() -> Iterator[Path]:
    """Yield Debian's keyring: on Ubuntu, apt's own keys do not include it."""
    yield from [keyring for keyring in _KEYRINGS if keyring.exists()][:1]


def run_command(
    command: Sequence[str], environment: dict[str, str], on_line: OnLine, cancellation: Cancellation
) -> int:
    """Run a command in its own process group and pass on its lines; end the group if it should end early."""
    command, relayed = in_own_group(tuple(command))
    with subprocess.Popen(  # noqa: S603 - a list of our own making, no shell
        command,
        env={**environment, **relayed},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    ) as process:

        def end() -> None:
            _signal(process, signal.SIGTERM)
            try:
                process.wait(_TERMINATION)
            except subprocess.TimeoutExpired:
                _signal(process, signal.SIGKILL)

        with cancellation.ending_by(end):
            for line in process.stdout or ():
                on_line(line.rstrip())
            return process.wait()


def _signal(process: subprocess.Popen[str], number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def _missing() -> MachineError:
    return MachineError(
        Text(
            fr=f"Aucun registre n'a répondu pour {rootfs.PULLED}, et mmdebstrap n'est pas installé.",
            en=f"No registry answered for {rootfs.PULLED}, and mmdebstrap is not installed.",
        ),
        Text(
            fr="Installez mmdebstrap et debian-archive-keyring (et uidmap, sans être root), ou chargez "
            "l'archive de la classe avec « breakfix images load ».",
            en="Install mmdebstrap and debian-archive-keyring (and uidmap, unless you are root), or load the "
            "classroom's archive with 'breakfix images load'.",
        ),
    )
