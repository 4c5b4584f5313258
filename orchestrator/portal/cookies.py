"""The portal's cookies: who is signed in, which candidate's seat this is, what signs forms, a guest's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie

TOKEN = "breakfix"  # noqa: S105 - a cookie's name
SEAT = "breakfix-seat"
"""A candidate's, in a jury session: it is asked for at the seat's own pages only."""
KEY = "breakfix-key"
LANGUAGE = "breakfix-language"

_LONGEST = 200
"""Characters: what is longer is not ours, and labd need not be asked."""
_YEAR = 365 * 24 * 3600


@dataclass(frozen=True)
class Cookies:
    """The cookies under one origin.

    Under TLS their names begin with ``__Host-``, so that no other host name, port's neighbour or page without TLS can
    set them. On plain HTTP, which only this machine reaches, browsers refuse that prefix.
    """

    secure: bool

    def read(self, header: str) -> Mapping[str, str]:
        """Return the portal's own cookies of a ``Cookie`` header; what is not plain is left out."""
        found: dict[str, str] = {}
        for part in header.split(";"):
            name, equals, value = part.strip().partition("=")
            if equals and value.isascii() and value.isprintable() and 0 < len(value) <= _LONGEST:
                found.setdefault(name, value)
        return {name: found[self._full(name)] for name in (TOKEN, SEAT, KEY, LANGUAGE) if self._full(name) in found}

    def write(self, name: str, value: str) -> str:
        """Return a ``Set-Cookie`` header; a token ends with the browser, at the latest when labd forgets it.

        Raises:
            ValueError: the value is none of a cookie's.
        """
        return self._header(name, value, _YEAR if name == LANGUAGE else None)

    def delete(self, name: str) -> str:
        """Return the ``Set-Cookie`` header that removes a cookie."""
        return self._header(name, "", 0)

    def _full(self, name: str) -> str:
        return f"__Host-{name}" if self.secure else name

    def _header(self, name: str, value: str, age: int | None) -> str:
        cookie: SimpleCookie = SimpleCookie()
        try:
            cookie[self._full(name)] = value
        except CookieError as error:
            raise ValueError(value) from error
        morsel = cookie[self._full(name)]
        morsel["path"] = "/"
        morsel["httponly"] = True
        morsel["samesite"] = "Lax"
        if self.secure:
            morsel["secure"] = True
        if age is not None:
            morsel["max-age"] = age
        return morsel.OutputString()
