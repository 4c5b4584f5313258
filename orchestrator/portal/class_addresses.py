"""The name in the addresses of a class's pages: what can be none is not there, and labd is not asked."""

from __future__ import annotations

import re

from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


def class_of(connection: HTTPConnection) -> str:
    """Return the class that an address names.

    Raises:
        HTTPException: it can be no class's name.
    """
    name: str = connection.path_params["name"]
    if not _NAME.fullmatch(name):
        raise HTTPException(404)
    return name


def member_of(connection: HTTPConnection) -> tuple[str, str]:
    """Return the class that an address names, and the short name of somebody in it.

    Raises:
        HTTPException: one of them can be no such name.
    """
    handle: str = connection.path_params["handle"]
    if not _NAME.fullmatch(handle):
        raise HTTPException(404)
    return class_of(connection), handle
