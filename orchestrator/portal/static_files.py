"""The portal's scripts, styles and pictures, at an address that changes with them, so that browsers may keep them.

All files share one hash, that of them all: a script imports its neighbour by a relative path, and gets the one that
came with it.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

PREFIX = "/static/"
_FOLDER = Path(__file__).parent / "static"
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".txt": "text/plain; charset=utf-8",
    ".woff2": "font/woff2",
}
_KEPT = "public, max-age=31536000, immutable"


@cache
def manifest() -> dict[str, tuple[Path, str]]:
    """Return what is served: name below ``static/`` → where it is, and its media type. Anything else is not."""
    files = sorted(path for path in _FOLDER.rglob("*") if path.is_file() and path.suffix in _TYPES)
    return {path.relative_to(_FOLDER).as_posix(): (path, _TYPES[path.suffix]) for path in files}


@cache
def digest() -> str:
    """Return the hash of all the files together."""
    whole = hashlib.sha256()
    for name, (path, _) in manifest().items():
        whole.update(f"{name}\n{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return whole.hexdigest()[:20]


def static(name: str) -> str:
    """Return the address of a file below ``static/``.

    Raises:
        KeyError: there is none of that name.
    """
    if name not in manifest():
        raise KeyError(name)
    return f"{PREFIX}{digest()}/{name}"


def serve(request: Request) -> Response:
    """Answer with a file; one of another version is not there."""
    version, _, name = request.path_params["file"].partition("/")
    found = manifest().get(name)
    if found is None or version != digest():
        return PlainTextResponse("404\n", 404)
    path, media_type = found
    return Response(path.read_bytes(), headers={"Cache-Control": _KEPT, "Content-Type": media_type})
