"""Typed ways of breaking one thing, each with an inject, a revert and a verify; and all that a fault's author needs.

A fault imports what is listed here, and nothing else of the program::

    from orchestrator.faults import Fault, HostName, LabDriver, Memento, Text, wait_for_effect

Of the other modules, ``fault`` says what every fault is, ``registry`` makes faults of a scenario's specifications, and
``discovery`` finds their classes; the faults themselves are in ``library``, by topic.
"""

from orchestrator.access.lab_driver import LabDriver
from orchestrator.core.elision import de, que
from orchestrator.core.errors import LabError
from orchestrator.core.text import Text
from orchestrator.faults.fault import (
    Fault,
    Memento,
    not_effective,
    nothing_to_break,
    wait_for_effect,
    wait_until_sound,
    wait_until_undone,
)
from orchestrator.model.base import AbsolutePath, AccountName, DomainName, HostName, InterfaceName, Slug
from orchestrator.model.lab import Address, Subnet

__all__ = [
    "AbsolutePath",
    "AccountName",
    "Address",
    "DomainName",
    "Fault",
    "HostName",
    "InterfaceName",
    "LabDriver",
    "LabError",
    "Memento",
    "Slug",
    "Subnet",
    "Text",
    "de",
    "not_effective",
    "nothing_to_break",
    "que",
    "wait_for_effect",
    "wait_until_sound",
    "wait_until_undone",
]
