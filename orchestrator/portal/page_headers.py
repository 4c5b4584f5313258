"""What may pass between a browser and a lab's web site in headers: nothing of ours goes there, nothing rules us.

Header names are in small letters here, as ASGI has them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from orchestrator.portal.page_target import PageTarget
from orchestrator.portal.portal_settings import WebOrigin

Header = tuple[bytes, bytes]

_HOPS: Final = frozenset(
    {
        b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization", b"proxy-authentication-info",
        b"proxy-connection", b"te", b"trailer", b"transfer-encoding", b"upgrade",
    }
)  # fmt: skip
"""What is between two neighbours; ``Connection`` names more."""
_NOT_TO_LAB: Final = frozenset(
    {
        b"host", b"cookie", b"origin", b"referer", b"forwarded", b"via", b"x-real-ip", b"x-form-key", b"expect",
        b"content-length", b"http2-settings", b"early-data",
    }
)  # fmt: skip
"""What the lab gets in words of its own, or not at all: a proxy's words about the browser's address among them."""
_NOT_TO_BROWSER: Final = frozenset(
    {
        b"set-cookie", b"location", b"date", b"strict-transport-security", b"public-key-pins",
        b"public-key-pins-report-only", b"expect-ct", b"clear-site-data", b"alt-svc", b"service-worker-allowed", b"nel",
        b"report-to", b"reporting-endpoints", b"origin-agent-cluster", b"permissions-policy", b"referrer-policy",
        b"cross-origin-opener-policy", b"cross-origin-resource-policy", b"cross-origin-embedder-policy",
        b"accept-ch", b"critical-ch", b"set-login", b"speculation-rules", b"supports-loading-mode", b"refresh",
        b"activate-storage-access", b"x-accel-redirect", b"x-accel-buffering", b"x-accel-expires", b"x-sendfile",
        b"content-security-policy-report-only",
    }
)  # fmt: skip
"""What rules a browser beyond the page, or a proxy before the portal; some of it is said anew."""
COOKIE: Final = "breakfix-page"
_OURS: Final = ("breakfix", "__host-breakfix", "__secure-breakfix")
"""How the portal's own cookies begin, in small letters."""
_PERMISSIONS: Final = (
    "camera", "display-capture", "geolocation", "hid", "local-network-access", "microphone", "midi",
    "payment", "publickey-credentials-get", "serial", "usb",
)  # fmt: skip


def cookie_name(origin: WebOrigin) -> str:
    """Return the name of the cookie that opens a page; under TLS no neighbour can set it."""
    return f"__Host-{COOKIE}" if origin.secure else COOKIE


def opening_cookie(origin: WebOrigin, secret: str) -> str:
    """Return the ``Set-Cookie`` header that opens a page until the browser is closed: for its host name alone."""
    secure = "; Secure" if origin.secure else ""
    return f"{cookie_name(origin)}={secret}; Path=/; HttpOnly; SameSite=Lax{secure}"


def shown_secrets(headers: Iterable[Header], origin: WebOrigin) -> list[str]:
    """Return what a browser shows as the secret of a page, a script's own cookies of that name among them."""
    name = cookie_name(origin)
    pairs = (part.strip().partition("=") for line in _lines(headers, b"cookie") for part in line.split(";"))
    return [value for key, _, value in pairs if key == name][:10]


def to_lab(headers: Sequence[Header], own: WebOrigin, target: PageTarget) -> list[Header]:
    """Return the headers of a browser's request as the lab's site gets them, without those of its body."""
    drop = _HOPS | _NOT_TO_LAB | _named(headers)
    passed = [
        (name, value) for name, value in headers if name not in drop and not name.startswith((b"x-forwarded-", b"cf-"))
    ]
    passed = [(b"host", target.netloc.encode()), *passed, (b"connection", b"close")]
    cookies = [
        part.strip()
        for line in _lines(headers, b"cookie")
        for part in line.split(";")
        if part.strip() and not _is_ours(part)
    ]
    if cookies:
        passed.append((b"cookie", "; ".join(cookies).encode("latin-1")))
    for name in (b"origin", b"referer"):
        for said in _lines(headers, name)[:1]:
            if said == str(own) or said.startswith(f"{own}/"):
                passed.append((name, f"{target.origin}{said.removeprefix(str(own))}".encode("latin-1")))
            elif name == b"origin":
                passed.append((name, b"null"))
    return passed


def to_browser(headers: Sequence[Header], target: PageTarget, pages: str) -> list[Header]:
    """Return the headers of a lab's answer as the browser gets them, but for where a redirect leads.

    Args:
        headers: the lab's.
        target: the site.
        pages: what all pages' origins look like, for the content security policy.
    """
    drop = _HOPS | _NOT_TO_BROWSER | _named(headers)
    if any(name == b"transfer-encoding" for name, _ in headers):  # then the length counts for nothing
        drop |= {b"content-length"}
    passed = [
        (name, value)
        for name, value in headers
        if name not in drop and not name.startswith((b"access-control-", b"proxy-"))
    ]
    kept = (_cookie(line, target) for line in _lines(headers, b"set-cookie"))
    passed += [(b"set-cookie", line.encode("latin-1")) for line in kept if line]
    return [*passed, *((name.encode(), value.encode()) for name, value in page_policy(pages).items())]


def page_policy(pages: str) -> dict[str, str]:
    """Return what every page of a lab is under: it reaches itself alone, nobody frames it, no device is open to it.

    A form may lead to another page of labs, because a site's answer may (to its own ``https``, say).
    """
    policy = {
        "default-src": "'self' data: blob: 'unsafe-inline' 'unsafe-eval'",
        "form-action": f"'self' {pages}",
        "base-uri": "'self'",
        "object-src": "'none'",
        "frame-ancestors": "'self'",
    }
    return {
        "content-security-policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "permissions-policy": ", ".join(f"{name}=()" for name in _PERMISSIONS),
        "referrer-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
    }


def _lines(headers: Iterable[Header], wanted: bytes) -> list[str]:
    return [value.decode("latin-1") for name, value in headers if name == wanted]


def _named(headers: Sequence[Header]) -> frozenset[bytes]:
    """Return the headers that ``Connection`` says are between neighbours."""
    said = b",".join(value for name, value in headers if name == b"connection")
    return frozenset(part.strip().lower() for part in said.split(b",") if part.strip())


def _is_ours(pair: str) -> bool:
    return pair.partition("=")[0].strip().lower().startswith(_OURS)


def _cookie(line: str, target: PageTarget) -> str:
    """Return a cookie that a lab sets, for this host name alone; empty: it is none that may be set."""
    pair, *attributes = (part.strip() for part in line.split(";"))
    name, equals, value = pair.partition("=")
    if _is_ours(pair) or not equals or (not name.strip() and _is_ours(value)):
        return ""
    kept = [pair]
    for attribute in attributes:
        key, _, value = attribute.partition("=")
        if key.strip().lower() != "domain":
            kept.append(attribute)
        elif not _covers(value.strip().lower().lstrip("."), target.name):
            return ""
    return "; ".join(kept)


def _covers(domain: str, name: str) -> bool:
    """Return whether a browser at a site of this name would take a cookie for a domain."""
    return not domain or name == domain or name.endswith(f".{domain}")
