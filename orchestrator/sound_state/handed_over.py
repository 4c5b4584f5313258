"""What a lab was like when it was handed over to a trainee: what its fault and its people had changed is not theirs.

Some of it stays for good: nobody undoes that a colleague saved a document, and a repair by other means may leave what
the fault has written. It differs from the sound state, and nobody who came later can explain it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from typing import Literal

from grader.report import Difference
from orchestrator.core.errors import LabError
from orchestrator.core.text import Text
from orchestrator.fabric.fabric_interface import Fabric, ObjectChange
from orchestrator.model.plan import Plan
from orchestrator.sound_state.cabling_state import cabling_changes
from orchestrator.sound_state.differences import plain_differences
from orchestrator.sound_state.look import changes_since

_PATIENCE = 15.0
"""Seconds for one look at a lab that is broken: what does not answer by then is what the fault has broken."""
_STATEMENTS = "content"
"""The field whose value is a list of statements, a line each."""


@dataclass(frozen=True)
class HandedOver:
    """A difference from the sound state that a lab was handed over with.

    Attributes:
        host: the host's name, empty for what is between hosts.
        provider: what sort of state it is.
        object: what differs.
        field: what of it differs.
        before: what the sound state has there.
        now: what there was.
        by: what has brought it: the faults, or what people did after them.
    """

    host: str
    provider: str
    object: str
    field: str
    before: str | None
    now: str | None
    by: Literal["faults", "people"]

    def key(self) -> tuple[str, ...]:
        """Return what it is about."""
        return self.host, self.provider, self.object, self.field


def document_of(kept: Iterable[HandedOver]) -> bytes:
    """Return what is kept of it in a file."""
    return json.dumps([asdict(one) for one in kept], ensure_ascii=False).encode()


def handed_over_of(document: bytes) -> tuple[HandedOver, ...]:
    """Return what a file says; nothing where it says nothing, or cannot be read."""
    with suppress(ValueError, TypeError):
        return tuple(HandedOver(**one) for one in json.loads(document))
    return ()


def look_at_broken(fabric: Fabric, instance: str, plan: Plan) -> tuple[Difference, ...]:
    """Return how a lab differs from its sound state; a host that cannot be looked at is left out."""
    changes: list[ObjectChange] = []
    hosts = {host.name: host.applications for host in plan.hosts}
    try:
        changes += changes_since(fabric, instance, hosts, timeout=_PATIENCE)[0]
    except LabError:
        for name, applications in hosts.items():
            with suppress(LabError):
                changes += changes_since(fabric, instance, {name: applications}, timeout=_PATIENCE)[0]
    with suppress(LabError):
        changes += cabling_changes(plan, fabric.ports(instance))
    return plain_differences(changes, {host.name: host.volatile for host in plan.hosts})


def handed_over(
    broken: Iterable[Difference], now: Iterable[Difference], earlier: Collection[HandedOver] = ()
) -> tuple[HandedOver, ...]:
    """Return what a lab is handed over with.

    Args:
        broken: how it differed when its faults were in place.
        now: how it differs after what people did then.
        earlier: what it was handed over with before its faults were reverted, and injected again.
    """
    by_faults = {_key(one) for one in broken}
    by_people = {one.key(): one for one in earlier if one.by == "people"}

    def who(one: Difference) -> Literal["faults", "people"]:
        was = by_people.get(_key(one))
        again = was is not None and (was.before, was.now) == (one.before, one.now)
        return "people" if again or _key(one) not in by_faults else "faults"

    return tuple(HandedOver(*_key(one), one.before, one.now, who(one)) for one in now)


class Inheritance:
    """Tells what of a difference a trainee has brought."""

    def __init__(self, kept: Iterable[HandedOver] = ()) -> None:
        """Take what the lab was handed over with."""
        self._kept: Mapping[tuple[str, ...], HandedOver] = {one.key(): one for one in kept}

    def without(self, one: Difference) -> Difference:
        """Return a difference without what the lab was handed over with, or all of it with words that say so."""
        was = self._kept.get(_key(one))
        if was is None:
            return one
        if (one.before, one.now) == (was.before, was.now):
            return _untouched(one, was)
        if one.field != _STATEMENTS:
            return one
        gone, new = _rest(one.before, was.before), _rest(one.now, was.now)
        return replace(one, before=gone, now=new) if gone or new else _untouched(one, was)


def _untouched(one: Difference, was: HandedOver) -> Difference:
    """Return a difference that nobody has touched: what people did explains itself, a fault's may be asked for."""
    if was.by == "people":
        return replace(one, standing="explained")
    said = Text(
        fr=f"{one.sentence.fr} C'était déjà le cas quand vous avez commencé.",
        en=f"{one.sentence.en} It was already so when you began.",
    )
    return replace(one, sentence=said)


def _rest(value: str | None, handed: str | None) -> str | None:
    """Return the statements of a value that the lab was not handed over with."""
    known = set((handed or "").split("\n"))
    return "\n".join(line for line in _lines(value) if line not in known) or None


def _lines(value: str | None) -> Iterator[str]:
    yield from () if value is None else value.split("\n")


def _key(one: Difference) -> tuple[str, str, str, str]:
    return one.host or "", one.provider, one.object, one.field
