"""Serves the portal from a terminal: folders, socket, certificate and account, then labd and the portal."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import signal
import socket
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import orchestrator
from orchestrator.core.errors import MachineError
from orchestrator.core.text import Text
from orchestrator.serving import portal_account, portal_certificate, process_commands
from orchestrator.serving.process_entry import Entry
from orchestrator.serving.process_group import GroupEvent, ProcessGroup, RestartPace, ServedProcess
from orchestrator.serving.serve_folders import ServeFolders
from orchestrator.serving.serve_plan import ServePlan, TlsPair

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_LABD_PATIENCE = 60
"""Seconds for labd to end: what it does to a lab comes to a sound end first."""
_PORTAL_PATIENCE = 15
_CREDENTIALS = struct.Struct("3i")


@dataclass(frozen=True)
class Serving:
    """What is served, ready to run.

    Attributes:
        origins: the addresses of the portal, the most usual one first.
        fingerprint: of the certificate; empty without one of ours.
        self_made: whether the certificate was made here.
        account: the name of the account that the portal runs under; empty: the one that serves.
        processes: labd and the portal.
        pages: below which address labs' web pages have names; empty: there are none.
    """

    origins: tuple[str, ...]
    fingerprint: str
    self_made: bool
    account: str
    processes: tuple[ServedProcess, ...]
    pages: str = ""


@contextlib.contextmanager
def prepared(plan: ServePlan, folders: ServeFolders, uid: int) -> Iterator[Serving]:
    """Give what is to be run: its folders are there, its socket is bound, its certificate holds.

    Raises:
        MachineError: the machine does not let it; the hint says what to do.
    """
    folders.make()
    with contextlib.ExitStack() as stack:
        stack.enter_context(_alone(folders))
        _require_no_labd(folders)
        account = portal_account.ensure_account() if uid == 0 else None
        hidden = portal_account.hidden_folders() if account else ()
        if account:
            _require_readable()
        listening = stack.enter_context(plan.listen.bind())
        if plan.listen.path is not None:
            stack.callback(plan.listen.path.unlink, missing_ok=True)
        port = 0 if plan.listen.path else int(listening.getsockname()[1])
        origins = plan.origins(port)
        pair, fingerprint = _certificate(plan, folders)
        descriptors = [listening.fileno()]
        tls = None
        if pair is not None:
            handed = [stack.enter_context(_handed(path)) for path in (pair.cert, pair.key)]
            descriptors += handed
            tls = (f"/proc/self/fd/{handed[0]}", f"/proc/self/fd/{handed[1]}")
        me = os.getpid()
        labd = ServedProcess(
            name="labd",
            program=process_commands.labd_command(
                folders,
                plan.content,
                plan.limits,
                account.group if account else None,
                recordings_days=plan.recordings_days,
                pool=plan.pool,
            ),
            entry=Entry(me, signal.SIGTERM),
            environment=process_commands.labd_environment(plan.database),
            log=folders.logs / "labd.log",
            patience=_LABD_PATIENCE,
        )
        portal = ServedProcess(
            name="portal",
            program=process_commands.portal_command(
                folders, listening.fileno(), origins, tls, trust_proxy=plan.behind_proxy, pages=plan.pages(port)
            ),
            entry=Entry(
                me, signal.SIGKILL, account.user if account else None, account.group if account else None, hidden
            ),
            environment=process_commands.portal_environment(),
            log=folders.logs / "portal.log",
            descriptors=tuple(descriptors),
            patience=_PORTAL_PATIENCE,
        )
        user = portal_account.NAME if account else ""
        yield Serving(origins, fingerprint, plan.self_made, user, (labd, portal), plan.pages(port))


def run(serving: Serving, tell: Callable[[GroupEvent], None], pace: RestartPace | None = None) -> None:
    """Run labd and the portal until a signal asks for the end, and end both; a second signal kills them.

    Raises:
        MachineError: one of them did not get ready.
    """
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    try:
        asyncio.run(_run(serving, tell, pace, [n for n, handler in before.items() if handler is not signal.SIG_IGN]))
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


async def _run(
    serving: Serving, tell: Callable[[GroupEvent], None], pace: RestartPace | None, signals: list[signal.Signals]
) -> None:
    group = ProcessGroup(serving.processes, tell, pace)
    for number in signals:
        asyncio.get_running_loop().add_signal_handler(number, group.stop)
    await group.run()


def answering(path: Path) -> int:
    """Return the process that answers at a Unix socket; 0: none does."""
    with socket.socket(socket.AF_UNIX) as asked:
        try:
            asked.settimeout(2)
            asked.connect(str(path))
            said = asked.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
        except OSError:
            return 0
    return int(_CREDENTIALS.unpack(said)[0])


@contextlib.contextmanager
def _alone(folders: ServeFolders) -> Iterator[None]:
    """Keep out a second ``serve`` in the same folders."""
    descriptor = os.open(folders.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            pid = os.read(descriptor, 20).decode(errors="replace").strip() or "?"
            raise _serves_already(pid) from error
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)


def _serves_already(pid: str) -> MachineError:
    return MachineError(
        Text(
            fr=f"Le portail est déjà servi ici (processus {pid}).", en=f"The portal is served already (process {pid})."
        ),
        Text(
            fr=f"Arrêtez-le par Ctrl-C dans son terminal, ou par « kill {pid} ».",
            en=f"End it with Ctrl-C in its terminal, or with 'kill {pid}'.",
        ),
    )


def _require_no_labd(folders: ServeFolders) -> None:
    pid = answering(folders.labd)
    if pid:
        raise MachineError(
            Text(
                fr=f"Un labd tourne déjà (processus {pid}), sans doute comme service.",
                en=f"A labd runs already (process {pid}), probably as a service.",
            ),
            Text(
                fr="« systemctl status breakfix-portal » montre le service ; « ./breakfix serve --uninstall » le "
                f"retire. Sans service : « kill {pid} ».",
                en="'systemctl status breakfix-portal' shows the service; './breakfix serve --uninstall' removes it. "
                f"Without a service: 'kill {pid}'.",
            ),
        )


def _require_readable() -> None:
    """Refuse a checkout whose files only root may read: the portal's account has to read the program."""
    package = Path(orchestrator.__file__)
    if package.stat().st_mode & 0o004 and package.parent.stat().st_mode & 0o001:
        return
    top = package.parent.parent
    raise MachineError(
        Text(
            fr=f"Le portail tourne sous le compte {portal_account.NAME}, qui ne peut pas lire le programme dans {top}.",
            en=f"The portal runs under the account {portal_account.NAME}, which cannot read the program in {top}.",
        ),
        Text(fr=f"Ouvrez-le en lecture : chmod -R o+rX {top}", en=f"Let it be read: chmod -R o+rX {top}"),
    )


def _certificate(plan: ServePlan, folders: ServeFolders) -> tuple[TlsPair | None, str]:
    if plan.self_made:
        facts = portal_certificate.ensure(folders.certificate, plan.hosts)
        return portal_certificate.made_pair(folders.certificate), facts.fingerprint
    if plan.tls is None:
        return None, ""
    facts = portal_certificate.facts_of(plan.tls)
    if not facts.fits:
        raise MachineError(
            Text(
                fr=f"La clé {plan.tls.key} n'est pas celle du certificat {plan.tls.cert}.",
                en=f"The key {plan.tls.key} is not the one of the certificate {plan.tls.cert}.",
            ),
            Text(fr="Donnez la clé qui va avec ce certificat.", en="Give the key that belongs to this certificate."),
        )
    return plan.tls, facts.fingerprint


@contextlib.contextmanager
def _handed(path: Path) -> Iterator[int]:
    """Give a descriptor by which whoever inherits it reads a file's content, whatever the file's rights."""
    descriptor = os.memfd_create(path.name)
    try:
        os.write(descriptor, path.read_bytes())
        yield descriptor
    finally:
        os.close(descriptor)
