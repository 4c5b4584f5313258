"""What a trainee who is root in a host does to be marked for a repair that was not made: one row, one attack.

A row is played on a scenario that is broken, in the order of the tables, and undone before the next. Whatever it does,
no check that was red may become green. ``reason`` says, where an attack breaks observation, how the error reads; where
no check that was red says so, ``sees`` names one that does. No other check is graded under an attack.
"""

from __future__ import annotations

from tests.tamper.attacks import directory, mail, network, office, shop
from tests.tamper.attacks.model import Attack

ATTACKS: tuple[Attack, ...] = (
    *office.ATTACKS,
    *shop.ATTACKS,
    *directory.ATTACKS,
    *mail.ATTACKS,
    *network.ATTACKS,
)

__all__ = ["ATTACKS", "Attack"]
