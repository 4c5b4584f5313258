"""From changes of hosts' states to the differences of a report, each with what is thought of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from grader.lines import lines_in
from grader.report import Difference
from orchestrator.core.text import Text
from orchestrator.fabric.fabric_interface import ObjectChange, StateChange
from orchestrator.model.image import VolatilePath
from orchestrator.model.scenario import MayChange
from orchestrator.sound_state import file_state
from orchestrator.sound_state.cabling_state import CablesProvider
from orchestrator.sound_state.daemon_state import DaemonsProvider
from orchestrator.sound_state.explained import VariantWords
from orchestrator.sound_state.look import APPLICATIONS
from orchestrator.sound_state.network_providers import NetworkProvider, SocketsProvider, without_consequences
from orchestrator.sound_state.open_places import OpenPlacesProvider
from orchestrator.sound_state.provider import Provider, Thought
from orchestrator.sound_state.renamed_files import without_renames
from orchestrator.sound_state.runtime_units import RuntimeUnitsProvider
from orchestrator.sound_state.service_state import ServicesProvider
from orchestrator.sound_state.volatile import is_volatile, pattern

_MOST = 200
"""Differences that a report tells; whoever unpacks an archive need not have each file listed."""
_EVERY: tuple[Provider, ...] = (
    ServicesProvider(),
    NetworkProvider(),
    SocketsProvider(),
    CablesProvider(),
    DaemonsProvider(),
    OpenPlacesProvider(),
    RuntimeUnitsProvider(),
    *APPLICATIONS.values(),
)
_PROVIDERS = {one.name: one for one in _EVERY}
_DIRECTORIES = ("openldap", "samba_ad")
"""Providers whose objects are entries of a directory, by their names."""
_RANKS = ("forbidden", "unexplained", "explained", "harmless")


@dataclass(frozen=True)
class Expectations:
    """What is known of a scenario's changes.

    Attributes:
        words: tells a difference in the words of its variant.
        explained: the keys of the changes that accepted solutions bring.
        volatile: for each host the paths of which nothing is told.
        may_change: what the task is about.
        strict: whether what nobody has explained is forbidden.
        own: returns what of a difference came after the lab was handed over (``handed_over.Inheritance``).
        full_names: the short name of each host by its full one.
    """

    words: VariantWords
    explained: Collection[tuple[str, ...]] = ()
    volatile: Mapping[str, tuple[VolatilePath, ...]] = field(default_factory=dict)
    may_change: Collection[MayChange] = ()
    strict: bool = False
    own: Callable[[Difference], Difference] = lambda one: one
    full_names: Mapping[str, str] = field(default_factory=dict)


def differences(changes: Iterable[ObjectChange], expected: Expectations) -> tuple[Difference, ...]:
    """Return the differences that changes come to, those that are forbidden first.

    Args:
        changes: in what hosts are not in their sound state.
        expected: what is known of the scenario's changes.
    """
    found = [_standing(one, expected) for one in _raw(changes, expected)]
    told = sorted((one for one in found if one.standing != "harmless"), key=_rank)
    if len(told) <= _MOST:
        return tuple(told)
    return (*told[:_MOST], _more(told[_MOST:]))


def plain_differences(
    changes: Iterable[ObjectChange], volatile: Mapping[str, tuple[VolatilePath, ...]]
) -> tuple[Difference, ...]:
    """Return all that changes come to but what is harmless, whatever a scenario says of it."""
    found = _raw(changes, Expectations(VariantWords({}), volatile=volatile))
    return tuple(one for one in found if one.standing != "harmless")


def _raw(changes: Iterable[ObjectChange], expected: Expectations) -> Iterator[Difference]:
    """Yield what has changed, with what its provider thinks of it."""
    for change in without_renames(map(_with_whole_links, without_consequences(changes))):
        if change.provider == file_state.NAME:
            yield from _of_file(change, expected.volatile.get(change.host, ()))
            continue
        thoughts = [(row, _PROVIDERS[change.provider].think(row)) for row in _fields(change)]
        if change.before and change.now:
            yield from (_difference(change, row.field, row.before, row.now, thought) for row, thought in thoughts)
        elif thoughts:  # it has come or gone as a whole
            thought = min((thought for _, thought in thoughts), key=lambda one: _RANKS.index(one.standing))
            yield _difference(change, "presence", _whole(change.before), _whole(change.now), thought)


def _with_whole_links(change: ObjectChange) -> ObjectChange:
    if change.provider != file_state.NAME:
        return change
    before, now = (file_state.link_from_the_root(change.object, one) for one in (change.before, change.now))
    return replace(change, before=before, now=now)


def _whole(fields: Mapping[str, str]) -> str | None:
    """Return an object that has come or gone in words; None where there is none."""
    return "\n".join(f"{name}: {fields[name]}" for name in sorted(fields)) or None


def _of_file(change: ObjectChange, volatile: tuple[VolatilePath, ...]) -> Iterator[Difference]:
    was_there = bool(change.before)
    for one in file_state.file_changes(change.object, change.before, change.now):
        left = is_volatile(change.object, one.field, volatile, was_there=was_there)
        if one.thought.standing == "forbidden" or not left:
            yield _difference(change, one.field, one.before, one.now, one.thought)


def _fields(change: ObjectChange) -> Iterator[StateChange]:
    """Yield the fields that differ."""
    for name in sorted(change.before.keys() | change.now.keys()):
        before, now = change.before.get(name), change.now.get(name)
        if before != now:
            yield StateChange(change.host, change.provider, change.object, name, before, now)


def _difference(change: ObjectChange, field: str, before: str | None, now: str | None, thought: Thought) -> Difference:
    return Difference(
        change.host, change.provider, change.object, field, before, now, thought.standing, thought.sentence
    )


def _standing(one: Difference, expected: Expectations) -> Difference:
    """Return a difference with its standing in this scenario."""
    if one.standing == "forbidden" and any(_names(part, one) for part in expected.may_change):
        return replace(one, standing="explained")  # the task is to give somebody rights: how many, its checks ask
    if one.standing != "unexplained":
        return one
    own = expected.own(one)
    known = any(expected.words.is_explained(part, expected.explained) for part in dict.fromkeys((one, own)))
    if known or _is_the_task(one, expected.may_change) or _names_hosts_in_full(one, expected.full_names):
        return replace(one, standing="explained")
    one = own
    if one.standing == "explained":
        return one
    return replace(one, standing="forbidden") if expected.strict else one


def _is_the_task(one: Difference, may_change: Collection[MayChange]) -> bool:
    """Return whether a difference is in what a task is about."""
    return any(one.host == part.host and _is_within(one, part) for part in may_change)


def _is_within(one: Difference, part: MayChange) -> bool:
    """Return whether a difference is in a file or an entry that a task names, or below it."""
    if one.provider == file_state.NAME:
        return part.path != "" and pattern(part.path).match(one.object) is not None
    entry = f",{one.object}".lower()
    return one.provider in _DIRECTORIES and part.entry != "" and entry.endswith(f",{part.entry}".lower())


def _names_hosts_in_full(one: Difference, full_names: Mapping[str, str]) -> bool:
    """Return whether a file says what it did, and only calls hosts of the lab by their full names now."""
    if one.provider != file_state.NAME or one.field != "content" or one.before is None or one.now is None:
        return False
    found = "|".join(map(re.escape, full_names))
    short = re.sub(rf"(?<![\w.-])({found})(?![\w-]|\.\w)", lambda name: full_names[name[0]], one.now) if found else ""
    return sorted(lines_in(short)) == sorted(lines_in(one.before))


def _names(part: MayChange, one: Difference) -> bool:
    """Return whether a task names the very file whose rights differ; to name a folder is not enough."""
    return (
        one.provider == file_state.NAME and one.field == "rights" and (one.host, one.object) == (part.host, part.path)
    )


def _rank(one: Difference) -> tuple[int, str, str, str, str]:
    return _RANKS.index(one.standing), one.host or "", one.provider, one.object, one.field


def _more(left: Sequence[Difference]) -> Difference:
    """Return one difference for all those that are too many to be told; it stands as the first of them does."""
    count = len(left)
    sentence = Text(fr=f"{count} autres changements ne sont pas montrés.", en=f"{count} more changes are not shown.")
    return Difference(None, "state", "…", "count", None, str(count), left[0].standing, sentence)
