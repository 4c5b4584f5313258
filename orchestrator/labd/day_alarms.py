"""What is wrong with the machine on a session's day, in words: its clock was set, its disk is almost full."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from orchestrator.assessment.extra_time import duration
from orchestrator.core.text import Text

DRIFT: Final = 5
"""Seconds by which the machine's clock may differ from the session's: one that is kept right is moved by less."""
LEAST_FREE: Final = 2 << 30
"""Bytes that have to be free where the evidence is: what a dozen candidates record, and their archives."""
_MEBIBYTE: Final = 1 << 20
_MINUTE: Final = 60


def alarms_of(drift: int, folder: Path) -> Iterator[Text]:
    """Yield what is wrong.

    Args:
        drift: the seconds by which the machine's clock is ahead of the session's.
        folder: where the session's files are.
    """
    if abs(drift) > DRIFT:
        minutes = round(abs(drift) / _MINUTE)
        apart = duration(minutes * _MINUTE if minutes > 1 else abs(drift))
        yield Text(
            fr=f"L'horloge de la machine a été réglée : {apart.fr} d'écart avec celle de la session, qui seule compte.",
            en=f"The machine's clock was set: {apart.en} apart from the session's, which alone counts.",
        )
    try:
        free = shutil.disk_usage(folder).free
    except OSError as error:
        yield Text(
            fr=f"Le dossier de la session ne se lit plus : {error.strerror}",
            en=f"The session's folder cannot be read any more: {error.strerror}",
        )
        return
    if free < LEAST_FREE:
        left = free // _MEBIBYTE
        yield Text(
            fr=f"Le disque est presque plein : il reste {left} Mio pour les preuves. Faites de la place.",
            en=f"The disk is almost full: {left} MiB are left for evidence. Make room.",
        )
