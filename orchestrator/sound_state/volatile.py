"""What changes by itself, or concerns nobody: paths that no difference is told of."""

from __future__ import annotations

import functools
import re
from collections.abc import Collection
from typing import Final, Literal

from orchestrator.model.image import VolatilePath


def _volatile(path: str, what: Literal["all", "new", "content"], why: str) -> VolatilePath:
    return VolatilePath(path=path, what=what, why=why)


EVERYWHERE: Final = (
    _volatile("/home/*", "new", "people keep what they like in their homes"),
    _volatile("/root", "new", "so do administrators: notes, copies, scripts of their own"),
    _volatile("/var/tmp", "all", "anybody's passing files"),  # noqa: S108 - nothing is written
    _volatile("/etc/.pwd.lock", "all", "a lock"),
    _volatile("/etc/adjtime", "all", "hwclock's"),
    _volatile("/etc/ld.so.cache", "all", "ldconfig's; whether it leads elsewhere, the tools' identity tells"),
    _volatile("/etc/rc*.d", "all", "no boot reads the links of scripts that have a unit; any other is a new script"),
    _volatile("/etc/krb5.keytab", "content", "the keys of a machine that has joined again are others"),
    *(
        _volatile(f"/etc/{name}-", "all", "the copy that passwd(1) and its kin make before they write")
        for name in ("group", "gshadow", "passwd", "shadow", "subgid", "subuid")
    ),
    *(
        _volatile(f"{home}/{name}", "all", "what a program remembers of its use")
        for home in ("/root", "/home/*")
        for name in (
            ".Xauthority", ".bash_history", ".cache", ".history_frr", ".lesshst", ".local", ".psql_history",
            ".python_history", ".ssh/known_hosts", ".ssh/known_hosts.old", ".viminfo", ".xsession-errors",
        )
    ),
)  # fmt: skip
"""Of every host."""
_GRANTS = re.compile(
    r"/(?:\.ssh/(?:authorized_keys2?|rc)|\.k5login|\.rhosts|\.shosts|\.forward"
    r"|\.(?:xsession|xsessionrc|xprofile|bash_profile|bash_login|bash_logout|bashrc|profile|pam_environment)"
    r"|\.config/autostart/[^/]+)$"
)
"""Files in a home by which others come in, something leaves, or something runs at each login.

The helper leaves out what a new account's home has of them from ``/etc/skel``.
"""


def is_volatile(path: str, field: str, paths: Collection[VolatilePath], *, was_there: bool) -> bool:
    """Return whether nothing is told of a path's field.

    Args:
        path: from the host's root.
        field: what of it has changed.
        paths: those that the host's image states, beside those of every host.
        was_there: whether something was there in the sound state.

    A file that lets somebody in, or runs at each login, is left out only where it is stated by its own name.
    """
    grants = _GRANTS.search(path)
    for one in (*EVERYWHERE, *paths):
        if grants and not one.path.endswith(grants[0]):
            continue
        meant = one.what == "all" or (field == "content" if one.what == "content" else not was_there)
        if meant and pattern(one.path).match(path):
            return True
    return False


@functools.cache
def pattern(path: str) -> re.Pattern[str]:
    """Return what matches a path, and all below it; ``*`` stands for any name."""
    return re.compile(r"[^/]+".join(map(re.escape, path.split("*"))) + r"(?:/|$)")
