"""Which packages a Debian host has, as dpkg records it: versions, holds, what is unfinished, whose files go elsewhere.

What packages bring are files, which are told as such; what apt reads is in ``/etc/apt``. The rest is in ``/var``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.core.text import Text
from orchestrator.fabric.fabric_interface import StateChange
from orchestrator.sound_state.provider import Objects, RunInHost, Thought

_PACKAGE: Final = "package "
_DPKG: Final = "dpkg"
_UNFINISHED, _DIVERTED, _OVERRIDDEN = "unfinished", "diversions", "overrides"
_SCRIPT: Final = r"""
dpkg-query --show --showformat '${binary:Package}\t${Version}\t${db:Status-Want}\t${db:Status-Status}\n'
printf '\0'
ls /var/lib/dpkg/updates
printf '\0'
dpkg-divert --list
printf '\0'
dpkg-statoverride --list
true
"""
_PARTS: Final = 4
_COLUMNS: Final = 4
_GONE: Final = frozenset({"not-installed", "config-files"})
"""States of packages of which nothing is there, or nothing but settings: the same as that there is none."""


class PackageState:
    """The provider of which packages a host has."""

    name = "packages"

    def look(self, run: RunInHost) -> Objects:
        """Return each package with its version, what is wanted of it and how far it is, and what dpkg has besides.

        Raises:
            LabError: the host cannot be asked.
        """
        parts = run(("sh", "-c", _SCRIPT), b"").split("\0")
        packages, unfinished, diverted, overridden = parts if len(parts) == _PARTS else ("", "", "", "")
        fields = {_UNFINISHED: unfinished, _DIVERTED: diverted, _OVERRIDDEN: overridden}
        return {
            _DPKG: {"looked at": "yes", **{name: _sorted(text) for name, text in fields.items()}},
            **dict(_packages(packages)),
        }

    def think(self, change: StateChange) -> Thought:
        """See ``Provider.think``."""
        if change.object == _DPKG:
            return _of_dpkg(change)
        name, before, now = change.object.removeprefix(_PACKAGE), change.before, change.now
        if change.field == "version" or before is None or now is None:
            return Thought("unexplained", _of_version(name, before, now))
        if change.field == "wanted" and "hold" in (before, now):
            said = (
                Text(fr=f"Le paquet {name} est figé (hold).", en=f"The package {name} is on hold.")
                if now == "hold"
                else Text(
                    fr=f"Le paquet {name} n'est plus figé (hold).", en=f"The package {name} is no longer on hold."
                )
            )
            return Thought("unexplained", said)
        said = Text(
            fr=f"L'état du paquet {name} selon dpkg a changé : {now} (avant : {before}).",
            en=f"What dpkg says of the package {name} has changed: {now} (before: {before}).",
        )
        return Thought("unexplained", said)


def _packages(text: str) -> Iterator[tuple[str, dict[str, str]]]:
    for line in filter(None, text.split("\n")):
        columns = line.split("\t")
        if len(columns) != _COLUMNS or columns[3] in _GONE:
            continue
        name, version, wanted, state = columns
        yield f"{_PACKAGE}{name}", {"version": version, "wanted": wanted, "state": state}


def _of_version(name: str, before: str | None, now: str | None) -> Text:
    if now is None:
        return Text(fr=f"Le paquet {name} n'est plus installé.", en=f"The package {name} is no longer installed.")
    if before is None:
        return Text(fr=f"Le paquet {name} est nouveau.", en=f"The package {name} is new.")
    return Text(
        fr=f"Le paquet {name} est à la version {now} (avant : {before}).",
        en=f"The package {name} has version {now} (before: {before}).",
    )


def _of_dpkg(change: StateChange) -> Thought:
    new = "; ".join(sorted(_lines(change.now) - _lines(change.before)))
    gone = "; ".join(sorted(_lines(change.before) - _lines(change.now)))
    if change.field == _UNFINISHED:
        if not new:
            return Thought("harmless", Text(fr="dpkg a fini son travail.", en="dpkg has finished its work."))
        said = Text(
            fr="dpkg a été coupé dans son travail, et ne l'a pas fini.", en="dpkg was cut off, and has not finished."
        )
        return Thought("unexplained", said)
    what = Text(fr="Les détournements de fichiers", en="The diversions of files")
    if change.field == _OVERRIDDEN:
        what = Text(fr="Les droits de fichiers imposés à dpkg", en="The permissions of files that dpkg must give")
    said = Text(
        fr=f"{what.fr} ont changé : {new or gone or 'aucun'}.", en=f"{what.en} have changed: {new or gone or 'none'}."
    )
    return Thought("unexplained", said)


def _lines(value: str | None) -> set[str]:
    return set(filter(None, (value or "").split("\n")))


def _sorted(text: str) -> str:
    return "\n".join(sorted(_lines(text)))
