"""The variants of assessed candidates: the same for the jury at any time, to be guessed by nobody.

Who knows the content can make every variant of a practice seed and look for the one in front of them, solution
included: there are only 2**31. A candidate's seed has 127 bits and depends on a secret of the session, which is kept
with the session and never in a host, a label or a report.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Final

from orchestrator.model.seeds import SECRET

_METHOD: Final = "breakfix assessed seed 1"
_SECRET_BYTES: Final = 32
_LEAST_BYTES: Final = 16


def new_secret() -> bytes:
    """Return a fresh secret for a session."""
    return secrets.token_bytes(_SECRET_BYTES)


def assessed_seed(secret: bytes, scenario: str, candidate: str) -> int:
    """Return the seed of a candidate's variant of a scenario: HMAC-SHA256, keyed with the session's secret.

    Args:
        secret: the session's secret, at least 16 bytes.
        scenario: the scenario's id.
        candidate: what identifies the candidate in the session.

    Raises:
        ValueError: the secret is too short, or a part is empty.
    """
    if len(secret) < _LEAST_BYTES:
        message = f"a session's secret has at least {_LEAST_BYTES} bytes"
        raise ValueError(message)
    if not scenario or not candidate:
        message = "a seed is one candidate's, for one scenario"
        raise ValueError(message)
    parts = (part.encode() for part in (_METHOD, scenario, candidate))
    message_bytes = b"".join(len(part).to_bytes(4) + part for part in parts)
    digest = hmac.new(secret, message_bytes, hashlib.sha256).digest()
    return SECRET | int.from_bytes(digest[:16])
