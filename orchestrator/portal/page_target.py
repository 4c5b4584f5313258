"""Where a web page of a lab is: what people type into a browser's address bar, read as a browser does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from orchestrator.labd.web_contract import address_of, is_site

_PORTS: Final[Mapping[str, int]] = {"http": 80, "https": 443}
_LONGEST: Final = 2000
"""Characters of an address."""
_PROXY_PORT: Final = 3128
"""Where squid listens, if nothing else is said."""


class WrongAddressError(ValueError):
    """What was typed is no address of a web page."""


class ProxiedTlsError(ValueError):
    """It is under TLS and behind a proxy, which is not done here."""


@dataclass(frozen=True)
class PageTarget:
    """A web site as a host of a lab reaches it.

    Attributes:
        scheme: ``http`` or ``https``.
        name: its name or address, in small letters; an IPv6 address in its usual form, without brackets.
        port: its port.
        proxy: the proxy's name and port; None: without one.
    """

    scheme: str
    name: str
    port: int
    proxy: tuple[str, int] | None = None

    @property
    def netloc(self) -> str:
        """What a browser sends as ``Host``."""
        name = f"[{self.name}]" if ":" in self.name else self.name
        return f"{name}:{self.port}" if self.has_port else name

    @property
    def has_port(self) -> bool:
        """Whether its port has to be said."""
        return self.port != _PORTS[self.scheme]

    @property
    def origin(self) -> str:
        """What a browser on that host sends as ``Origin``."""
        return f"{self.scheme}://{self.netloc}"

    @property
    def reached_at(self) -> tuple[str, int]:
        """Return the name and the port that are connected to."""
        return self.proxy or (self.name, self.port)


def read_address(typed: str, proxy: str = "") -> tuple[PageTarget, str]:
    """Return the site that somebody typed, and the path with its query; without a scheme it is ``http``.

    Raises:
        WrongAddressError: it is none.
        ProxiedTlsError: it is ``https`` behind a proxy.
    """
    text = typed.strip()
    if len(text) > _LONGEST or not text.isprintable():
        raise WrongAddressError
    target, path = _target(_split(text if "://" in text else f"http://{text}"))
    if not proxy.strip():
        return target, path
    bare = proxy.strip().removeprefix("http://").rstrip("/")
    by, _ = _target(_split(f"http://{bare if ':' in bare.rpartition(']')[2] else f'{bare}:{_PROXY_PORT}'}"))
    if target.scheme == "https":
        raise ProxiedTlsError
    return replace(target, proxy=(by.name, by.port)), path


def led_to(target: PageTarget, path: str, location: str) -> tuple[PageTarget, str, str]:
    """Return where a redirect leads: the site, the path with its query, and the fragment with its mark.

    Raises:
        WrongAddressError: it leads to no web site.
        ProxiedTlsError: it leads to ``https`` behind a proxy.
    """
    if len(location) > _LONGEST or not location.isprintable():
        raise WrongAddressError
    try:
        parts = _split(urljoin(f"{target.origin}{path}", location))
    except ValueError as error:
        raise WrongAddressError from error
    to, further = _target(parts)
    if target.proxy is not None and to.scheme == "https":
        raise ProxiedTlsError
    return replace(to, proxy=target.proxy), further, f"#{_plain(parts.fragment)}" if parts.fragment else ""


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError as error:
        raise WrongAddressError from error


def _target(parts: SplitResult) -> tuple[PageTarget, str]:
    try:
        port = parts.port
    except ValueError as error:
        raise WrongAddressError from error
    name = (parts.hostname or "").rstrip(".")
    if "[" in parts.netloc:
        name = address_of(name)
    if parts.scheme not in _PORTS or parts.username is not None or not is_site(name) or port == 0:
        raise WrongAddressError
    path = _plain(parts.path) or "/"
    return PageTarget(parts.scheme, name, port or _PORTS[parts.scheme]), f"{path}?{_plain(parts.query)}" if (
        parts.query
    ) else path


def _plain(text: str) -> str:
    """Return a part of an address as a browser sends it: what stands for itself stays."""
    return quote(text, safe="/?:@!$&'()*+,;=-._~%[]")
