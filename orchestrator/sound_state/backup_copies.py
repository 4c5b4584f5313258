"""Copies that technicians and their editors keep beside a file before they change it: no program reads them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

_COPY: Final = re.compile(
    r"(?P<folder>/(?:etc|usr/local)/(?:[^/]+/)*)"
    r"(?:(?P<name>[^/]+?)(?:~|\.(?:bak|bck|backup|copie|old|orig|ori|sauv|sauvegarde|save)(?:[._-]?\d{1,14})?~?"
    r"|\.\d{4}-?\d\d-?\d\d(?:[T_.-]?[\d:.-]{4,9})?)"
    r"|\.(?P<edited>[^/]+)\.sw[a-p])"
)
"""The names that ``cp``, ``sed -i.bak``, ``patch``, nano, Emacs and Vim give, and those that people do."""
_ALL_READ: Final = re.compile(
    r"/(?:[^/]+-enabled|interfaces\.d|dnsmasq\.d|init\.d|dispatcher\.d|apparmor\.d|logrotate\.d|slapd\.d)/"
)
"""Folders of which a program reads every file, however it ends; ``cron.d`` and its like pass over names with a dot."""
_OTHERS, _SET_ID = 0o002, 0o6000


def original_of(path: str) -> str | None:
    """Return the path of the file of which another one is a copy, by their names; None where it is none."""
    found = _COPY.fullmatch(path)
    if found is None or _ALL_READ.search(path):
        return None
    return found["folder"] + (found["name"] or found["edited"])


def is_backup_copy(path: str, before: Mapping[str, str], now: Mapping[str, str]) -> bool:
    """Return whether a file that has come is only a copy that somebody keeps, and opens nothing to others.

    Args:
        path: the file's.
        before: its fields in the sound state, empty where there was none.
        now: its fields now.
    """
    if before or now.get("kind") != "file" or int(now["mode"], 8) & (_OTHERS | _SET_ID):
        return False
    return original_of(path) is not None
