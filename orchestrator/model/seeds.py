"""Seeds: small ones that people dictate, and secret ones of assessed candidates."""

from __future__ import annotations

import hashlib
from typing import Final

MAX_SEED: Final = 2**31 - 1
"""The greatest seed that is drawn for practice: easy to read out and to type again."""

SECRET: Final = 1 << 127
"""Seeds from here on belong to assessed candidates: too many to try, and never shown."""


MAX_CHOSEN: Final = SECRET - 1
"""The greatest seed that a person may choose; what lies above are candidates' labs, which a session keeps."""


def is_secret(seed: int) -> bool:
    """Return whether a seed is an assessed candidate's."""
    return seed >= SECRET


def shown_seed(seed: int) -> int:
    """Return the number that stands for a seed wherever a trainee may look.

    A practice seed is itself. For a secret one it is a digest: it tells variants apart, and leads to none.
    """
    if not is_secret(seed):
        return seed
    digest = hashlib.sha256(f"breakfix shown seed\0{seed}".encode()).digest()
    return int.from_bytes(digest[:4]) & MAX_SEED
