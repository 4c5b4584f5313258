"""What the portal's terminals are compared with: SSH over loopback, by a server of the measurement's own; and ttyd."""

from __future__ import annotations

import asyncio
import getpass
import json
import shutil
import socket
import subprocess
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from websockets.asyncio.client import connect

from orchestrator.bench.portal_lines import Echo
from orchestrator.core.text import Text

_PRIVILEGES: Final = Path("/run/sshd")
"""The empty folder that sshd wants where it runs as root; the package's service makes it."""
_WITHIN_S: Final = 20.0
_CONFIG: Final = """\
ListenAddress 127.0.0.1
Port {port}
HostKey {folder}/host
AuthorizedKeysFile {folder}/user.pub
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
PrintMotd no
PrintLastLog no
LogLevel QUIET
"""


class NoPeerError(Exception):
    """A peer is not there, or does not start; ``why`` says so."""

    def __init__(self, why: Text) -> None:
        """Take why."""
        super().__init__(why.en)
        self.why = why


def _program(name: str) -> str:
    found = shutil.which(name, path="/usr/sbin:/usr/bin:/usr/local/bin:/bin")
    if found is None:
        raise NoPeerError(Text(fr=f"{name} n'est pas installé", en=f"{name} is not installed"))
    return found


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@asynccontextmanager
async def ssh_shell(folder: Path) -> AsyncIterator[Echo]:
    """Give what types into ``cat`` over SSH.

    Raises:
        NoPeerError: there is no SSH server, or it does not take us.
    """
    sshd, ssh, keygen = _program("sshd"), _program("ssh"), _program("ssh-keygen")
    for name in ("host", "user"):
        subprocess.run([keygen, "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)], check=True)  # noqa: S603 - its own path
    port = _free_port()
    (folder / "sshd_config").write_text(_CONFIG.format(port=port, folder=folder), encoding="utf-8")
    made = not _PRIVILEGES.exists() and _made(_PRIVILEGES)
    server = await asyncio.create_subprocess_exec(
        sshd, "-D", "-e", "-f", str(folder / "sshd_config"), stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL
    )
    try:
        if not await _listens(port):
            raise NoPeerError(Text(fr="sshd ne démarre pas", en="sshd does not start"))
        options = ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=QUIET", "BatchMode=yes"]
        # Else keys wait up to 20 ms for each other, so that nobody tells from their times what is typed (since 9.5).
        options += ["IgnoreUnknown=ObscureKeystrokeTiming", "ObscureKeystrokeTiming=no"]
        client = await asyncio.create_subprocess_exec(
            ssh, "-tt", "-F", "/dev/null", "-i", str(folder / "user"), "-p", str(port),
            *(word for option in options for word in ("-o", option)), f"{getpass.getuser()}@127.0.0.1", "exec cat",
            stdin=PIPE, stdout=PIPE, stderr=DEVNULL,
        )  # fmt: skip
        try:
            echo = _echo_of(client)
            await _first(echo, Text(fr="sshd n'accepte pas de session", en="sshd accepts no session"))
            yield echo
        finally:
            await _end(client)
    finally:
        await _end(server)
        if made:
            _PRIVILEGES.rmdir()


def _made(folder: Path) -> bool:
    try:
        folder.mkdir(mode=0o755)
    except OSError:
        return False  # sshd of an ordinary user does without
    return True


def _echo_of(client: asyncio.subprocess.Process) -> Echo:
    async def echo(key: bytes) -> None:
        typing, showing = client.stdin, client.stdout
        if typing is None or showing is None:
            raise ConnectionError
        typing.write(key)
        await typing.drain()
        async with asyncio.timeout(_WITHIN_S):
            while key not in (shown := await showing.read(4096)):
                if not shown:
                    raise ConnectionError

    return echo


async def _first(echo: Echo, why: Text) -> None:
    try:
        await echo(b"x")
    except (ConnectionError, TimeoutError) as error:
        raise NoPeerError(why) from error


async def _listens(port: int) -> bool:
    for _ in range(100):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.1)
            continue
        writer.close()
        return True
    return False


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.kill()
    await process.wait()


@asynccontextmanager
async def ttyd_shell() -> AsyncIterator[Echo]:
    """Give what types into ``cat`` through ttyd (its protocol: a byte for the kind, then what is typed or shown).

    Raises:
        NoPeerError: it is not installed, or does not start.
    """
    program, port = _program("ttyd"), _free_port()
    server = await asyncio.create_subprocess_exec(
        program, "-p", str(port), "-i", "127.0.0.1", "-W", "cat", stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL
    )
    why = Text(fr="ttyd ne démarre pas", en="ttyd does not start")
    try:
        if not await _listens(port):
            raise NoPeerError(why)
        address = f"ws://127.0.0.1:{port}/ws"
        async with connect(address, subprotocols=["tty"], compression=None, proxy=None) as line:  # type: ignore[list-item]
            await line.send(json.dumps({"AuthToken": "", "columns": 80, "rows": 24}).encode())

            async def echo(key: bytes) -> None:
                await line.send(b"0" + key)
                async with asyncio.timeout(_WITHIN_S):
                    while True:
                        shown = await line.recv()
                        if isinstance(shown, bytes) and shown[:1] == b"0" and key in shown[1:]:
                            return

            await _first(echo, why)
            yield echo
    finally:
        await _end(server)
