"""The recipe of the raw root file system that ``base`` is built on; its hash is part of every fingerprint."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Final

SUITE: Final = "trixie"
"""Debian 13."""

PULLED: Final = "debian:trixie-slim"
"""The image of the same content that a registry may have."""

MIRROR: Final = "http://deb.debian.org/debian"
SECURITY_MIRROR: Final = "http://deb.debian.org/debian-security"

PACKAGES: Final = ("ca-certificates",)

LEFT_OUT: Final = (
    "path-exclude=/usr/share/doc/*",
    "path-include=/usr/share/doc/*/copyright",
    "path-exclude=/usr/share/man/*",
    "path-exclude=/usr/share/info/*",
    "path-exclude=/usr/share/lintian/*",
    "path-exclude=/usr/share/locale/*",
    "path-include=/usr/share/locale/locale.alias",
)
"""dpkg's options: what debian:trixie-slim leaves out as well."""


def sources(mirror: str = MIRROR, security: str = SECURITY_MIRROR) -> tuple[str, ...]:
    """Return apt's one-line sources of the suite."""
    return (
        f"deb {mirror} {SUITE} main",
        f"deb {mirror} {SUITE}-updates main",
        f"deb {security} {SUITE}-security main",
    )


SOURCES_LIST: Final = "".join(f"{line}\n" for line in sources())
"""Every image has Debian's own mirrors, whatever mirror the machine that built it used."""

FINGERPRINT: Final = sha256(json.dumps([SUITE, PULLED, PACKAGES, LEFT_OUT, SOURCES_LIST]).encode()).hexdigest()[:12]

TAG: Final = f"breakfix/rootfs:{SUITE}-{FINGERPRINT}"
