"""SSH logins into hosts with paramiko, through a socket opened inside the lab."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import paramiko

from orchestrator.core.elision import de
from orchestrator.core.errors import LabError
from orchestrator.core.text import Text
from orchestrator.fabric.fabric_interface import Fabric, HostRef

_SSH = 22


@contextmanager
def login(fabric: Fabric, target: HostRef, user: str, password: str) -> Iterator[paramiko.Transport]:
    """Log in over SSH with a password; the transport is closed at the end.

    The host's key is not verified: the socket was opened inside the host's own network.

    Raises:
        LabError: no SSH server answers, or it refuses the login.
    """
    transport = paramiko.Transport(fabric.connect(target, _SSH))
    try:
        transport.start_client(timeout=15)
        transport.auth_password(user, password)
        yield transport
    except paramiko.SSHException as error:
        raise LabError(
            Text(
                fr=f"Connexion SSH {de(user)} sur {target.host} refusée : {error}",
                en=f"SSH login of {user} on {target.host} refused: {error}",
            )
        ) from error
    finally:
        transport.close()


def open_shell(transport: paramiko.Transport, *, terminal: str, rows: int, columns: int) -> paramiko.Channel:
    """Return a channel with the user's login shell on a terminal."""
    channel = transport.open_session(timeout=15)
    channel.get_pty(term=terminal, width=columns, height=rows)
    channel.invoke_shell()
    return channel
