"""What a portal is told at its start: which addresses are its own, and whom it believes about a caller's address."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlsplit

from orchestrator.core.errors import UsageError
from orchestrator.core.text import Text

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class WebOrigin:
    """One address at which a browser finds the portal: scheme, host and port, as an ``Origin`` header has them."""

    scheme: str
    host: str
    port: int

    @classmethod
    def parse(cls, url: str) -> WebOrigin:
        """Read an origin such as ``https://labs.example.org:8443``.

        Raises:
            OriginError: it is none, or it is neither under TLS nor on this machine.
        """
        try:
            parts = urlsplit(url)
            host, port = (parts.hostname or ""), parts.port or _PORTS.get(parts.scheme, 0)
        except ValueError as error:
            raise OriginError(url) from error
        extra = parts.path.rstrip("/") or parts.query or parts.fragment or parts.username is not None
        origin = cls(parts.scheme, f"[{host}]" if ":" in host else host, port)
        if not host or not port or extra or not (origin.secure or origin.loopback):
            raise OriginError(url)
        return origin

    @property
    def secure(self) -> bool:
        """Whether browsers reach it under TLS."""
        return self.scheme == "https"

    @property
    def loopback(self) -> bool:
        """Whether only this machine reaches it."""
        try:
            return ipaddress.ip_address(self.host.strip("[]")).is_loopback
        except ValueError:
            return self.host == "localhost" or self.host.endswith(".localhost")

    @property
    def netloc(self) -> str:
        """What a browser sends as ``Host``: the port is left out where it is the scheme's own."""
        return self.host if self.port == _PORTS[self.scheme] else f"{self.host}:{self.port}"

    def __str__(self) -> str:
        """Return it as a browser sends it."""
        return f"{self.scheme}://{self.netloc}"


class OriginError(UsageError):
    """An address that is no origin of a portal."""

    def __init__(self, url: str) -> None:
        """Take what was given."""
        super().__init__(
            Text(
                fr=f"« {url} » n'est pas une adresse possible pour le portail.",
                en=f"'{url}' is no possible address of the portal.",
            ),
            Text(
                fr="Donnez https://NOM ou https://NOM:PORT ; http:// ne vaut que sur cette machine (localhost).",
                en="Give https://NAME or https://NAME:PORT; http:// is for this machine only (localhost).",
            ),
        )


@dataclass(frozen=True)
class PortalSettings:
    """What a portal is told at its start.

    Attributes:
        origins: the addresses at which browsers find it, at least one.
        trust_proxy: whether a proxy before it says where callers come from (the last ``X-Forwarded-For``).
        pages: the address below which each web page of a lab has a host name of its own; None: none is shown.
    """

    origins: tuple[WebOrigin, ...]
    trust_proxy: bool = False
    pages: WebOrigin | None = None

    @cached_property
    def by_host(self) -> dict[str, WebOrigin]:
        """``Host`` header → the origin that it means."""
        return {origin.netloc: origin for origin in self.origins}
