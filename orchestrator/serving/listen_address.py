"""Where the portal listens, by which addresses browsers reach it, and the socket that is bound there."""

from __future__ import annotations

import errno
import ipaddress
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from orchestrator.core.errors import MachineError, UsageError
from orchestrator.core.text import Text

_HIGHEST_PORT = 65535
_DEFAULT_PORTS = {"http": 80, "https": 443}
_UNIX = "unix:"
_BACKLOG = 1024
_SOMEWHERE = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))
"""Addresses that are nobody's: the way to them tells which of ours others see. Nothing is sent."""
_ANYWHERE = {"0.0.0.0", "::"}  # noqa: S104 - compared with, not bound


@dataclass(frozen=True)
class ListenAddress:
    """A place to listen at: a host and a port, or the path of a Unix socket."""

    host: str = ""
    port: int = 0
    path: Path | None = None

    @classmethod
    def parse(cls, text: str) -> ListenAddress:
        """Read ``HOST:PORT``, ``[ADDRESS]:PORT`` or ``unix:/PATH``.

        Raises:
            UsageError: it is none of these.
        """
        if text.startswith(_UNIX) and text.removeprefix(_UNIX).startswith("/"):
            return cls(path=Path(text.removeprefix(_UNIX)))
        host, colon, port = text.rpartition(":")
        bare = host.removeprefix("[").removesuffix("]")
        bracketed = host != bare
        if not colon or not bare or (":" in bare) != bracketed or not port.isdecimal() or int(port) > _HIGHEST_PORT:
            raise UsageError(
                Text(fr=f"Adresse d'écoute illisible : « {text} »", en=f'Unreadable listen address: "{text}"'),
                Text(
                    fr="Écrivez une adresse et un port : 127.0.0.1:8443, 0.0.0.0:8443, [::]:8443, "
                    "ou unix:/chemin/de/la/socket.",
                    en="Write an address and a port: 127.0.0.1:8443, 0.0.0.0:8443, [::]:8443, "
                    "or unix:/path/of/the/socket.",
                ),
            )
        return cls(bare, int(port))

    def __str__(self) -> str:
        """Return it as it is written."""
        if self.path is not None:
            return f"{_UNIX}{self.path}"
        return f"{_bracketed(self.host)}:{self.port}"

    @property
    def only_this_machine(self) -> bool:
        """Return whether nobody but this machine reaches it."""
        if self.path is not None or self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    def bind(self) -> socket.socket:
        """Return a socket that listens there; others inherit it where they are given its number.

        Raises:
            MachineError: somebody listens there already, or it may not be listened at.
        """
        try:
            return self._bound()
        except OSError as error:
            raise _unusable(self, error) from error

    def _bound(self) -> socket.socket:
        if self.path is not None:
            return _bound_path(self.path)
        found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, _, _, _, address = found[0]
        both = family == socket.AF_INET6 and self.host == "::" and socket.has_dualstack_ipv6()
        return socket.create_server(address[:2], family=family, backlog=_BACKLOG, dualstack_ipv6=both)

    def names(self) -> tuple[str, ...]:
        """Return by which names and addresses browsers reach it, the best one first."""
        if self.path is not None:
            return ()
        if self.only_this_machine:
            return tuple(dict.fromkeys((self.host, "localhost")))
        return tuple(dict.fromkeys((socket.gethostname(), socket.getfqdn(), *self._addresses())))

    def _addresses(self) -> tuple[str, ...]:
        return _own_addresses() if self.host in _ANYWHERE else (self.host,)


def origins(names: Sequence[str], scheme: str, port: int) -> tuple[str, ...]:
    """Return what browsers call the portal's pages' origin under each name, which may have a port of its own."""
    return tuple(dict.fromkeys(_origin(*_split(name), scheme, port) for name in names))


def host_of(name: str) -> str:
    """Return a name without its port, and an address without its brackets."""
    return _split(name)[0]


def _split(name: str) -> tuple[str, int]:
    try:
        return str(ipaddress.ip_address(name)), 0
    except ValueError:
        pass
    host, colon, port = name.rpartition(":")
    if not colon or not port.isdecimal():
        host, port = name, "0"
    return host.removeprefix("[").removesuffix("]"), int(port)


def _origin(host: str, own_port: int, scheme: str, port: int) -> str:
    reached = own_port or port
    shown = "" if reached == _DEFAULT_PORTS[scheme] else f":{reached}"
    return f"{scheme}://{_bracketed(host).lower()}{shown}"


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _own_addresses() -> tuple[str, ...]:
    found = []
    for family, address in _SOMEWHERE:
        with socket.socket(family, socket.SOCK_DGRAM) as asked:
            try:
                asked.connect((address, 9))
            except OSError:
                continue
            found.append(str(asked.getsockname()[0]))
    return tuple(found)


def _bound_path(path: Path) -> socket.socket:
    """Listen at a path; what a portal that was killed left there is replaced, one that answers is not."""
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asked:
            if path.is_socket() and asked.connect_ex(str(path)) == errno.ECONNREFUSED:
                path.unlink()
        listening.bind(str(path))
        path.chmod(0o666)  # as a port of this machine, which everybody here may speak to; its folder can say otherwise
        listening.listen(_BACKLOG)
    except BaseException:
        listening.close()
        raise
    return listening


def _unusable(address: ListenAddress, error: OSError) -> MachineError:
    if error.errno == errno.EADDRINUSE:
        return MachineError(
            Text(
                fr=f"{address} est déjà occupé par un autre programme.",
                en=f"{address} is in use by another program.",
            ),
            Text(
                fr="« ss -ltnp » dit lequel ; --listen en choisit une autre, par exemple --listen 0.0.0.0:9443.",
                en="'ss -ltnp' tells which; --listen chooses another, such as --listen 0.0.0.0:9443.",
            ),
        )
    if error.errno in {errno.EACCES, errno.EPERM}:
        return MachineError(
            Text(
                fr=f"Vous n'avez pas le droit d'écouter sur {address}.",
                en=f"You may not listen at {address}.",
            ),
            Text(
                fr="Un port inférieur à 1024 est réservé à root : choisissez-en un autre avec --listen, ou lancez en "
                "root.",
                en="A port below 1024 is root's: choose another with --listen, or run as root.",
            ),
        )
    said = error.strerror or str(error)
    return MachineError(
        Text(fr=f"Impossible d'écouter sur {address} : {said}", en=f"Cannot listen at {address}: {said}"),
        Text(
            fr="Choisissez une adresse de cette machine (« ip address » les montre).",
            en="Choose an address of this machine ('ip address' shows them).",
        ),
    )
