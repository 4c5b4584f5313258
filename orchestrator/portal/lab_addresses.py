"""The names in the addresses of a lab's pages: what can be none is not there, and labd is not asked."""

from __future__ import annotations

import re

from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def lab_of(connection: HTTPConnection) -> str:
    """Return the lab that an address names.

    Raises:
        HTTPException: it can be no lab's name.
    """
    return _name(connection, "lab")


def terminal_of(connection: HTTPConnection) -> str:
    """Return the terminal that an address names.

    Raises:
        HTTPException: it can be no terminal's.
    """
    return _name(connection, "terminal")


def host_of(connection: HTTPConnection) -> str:
    """Return the host that an address names.

    Raises:
        HTTPException: it can be no host's name.
    """
    return _name(connection, "host")


def _name(connection: HTTPConnection, parameter: str) -> str:
    name: str = connection.path_params[parameter]
    if not _NAME.fullmatch(name):
        raise HTTPException(404)
    return name
