"""How many files and connections a process may have open."""

from __future__ import annotations

import resource
from typing import Final

_ENOUGH: Final = 1 << 15
"""More than a classroom needs, and few enough for programs that close every number that there may be."""


def raise_limit() -> None:
    """Let this process have as many descriptors as a server needs, if the system lets it.

    The usual 1024 are for programs that wait by ``select``; a server reaches them by its connections alone, and then
    takes none any more.
    """
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _ENOUGH if most == resource.RLIM_INFINITY else min(_ENOUGH, most)
    if now != resource.RLIM_INFINITY and now < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
