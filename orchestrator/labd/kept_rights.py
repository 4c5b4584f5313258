"""Whether what somebody waits for may still begin after a restart of labd. Called from threads."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from orchestrator.core.errors import UsageError
from orchestrator.core.text import Text
from orchestrator.labd.calls import Refusal
from orchestrator.labd.fair_turns import class_of
from orchestrator.labd.waiting_book import KeptStart
from orchestrator.records.database import Database
from orchestrator.records.groups import Groups
from orchestrator.records.people import People

LONGEST: Final = timedelta(hours=4)
"""After it nobody waits any more: half a day of lessons."""

_AGAIN: Final = Text(fr="Redémarrez-le si vous en avez encore besoin.", en="Start it again if you still need it.")
TOO_LATE: Final = Refusal(
    "machine",
    Text(
        fr="Ce lab attendait son tour, et le service des labs est resté arrêté trop longtemps.",
        en="This lab waited for its turn, and the lab service was down for too long.",
    ),
    _AGAIN,
)
NO_LONGER_YOURS: Final = Refusal(
    "forbidden",
    Text(
        fr="Ce lab attendait son tour ; entre-temps vous n'avez plus le droit de le démarrer.",
        en="This lab waited for its turn; meanwhile you may no longer start it.",
    ),
)


def not_in_class(name: str) -> Refusal:
    """Return what is told to somebody for whose class a lab was launched, and who is in it no longer."""
    return Refusal(
        "forbidden",
        Text(
            fr=f"Ce lab attendait son tour pour la classe « {name} », dont vous ne faites plus partie.",
            en=f'This lab waited for its turn for the class "{name}", in which you are no longer.',
        ),
    )


class KeptRights:
    """Looks at people and classes as they are now."""

    def __init__(self, database: Database) -> None:
        """Take the store."""
        self._database = database

    def lost(self, kept: KeptStart, now: datetime) -> Refusal | None:
        """Return why a start may not begin any more; None: it may.

        Raises:
            MachineError: the store does not answer.
        """
        if now - datetime.fromisoformat(kept.asked) > LONGEST:
            return TOO_LATE
        with self._database.read() as reading:
            try:
                person = People(reading).find(kept.note.owner)
            except UsageError:
                return NO_LONGER_YOURS
            if person.anonymised_at is not None or not person.roles - {"candidate"}:
                return NO_LONGER_YOURS
            name, groups = class_of(kept.asker), Groups(reading)
            if not name:
                return None
            return None if name in groups.of_person(person.ref, "trainee") else not_in_class(name)
