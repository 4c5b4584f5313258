"""What ``group`` shows of places and standings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rich.table import Table
from rich.text import Text as Styled

from grader.report_formats import changes_to_explain, forbidden_changes
from orchestrator.cli.invocation import Invocation
from orchestrator.cli.language_choice import localized
from orchestrator.cli.output import both, plain, table
from orchestrator.cli.times import ago, duration
from orchestrator.core.control_characters import in_one_line
from orchestrator.core.text import Text
from orchestrator.practice.launching import MemberPlace
from orchestrator.practice.looks import HostLook, LabLook, Life
from orchestrator.practice.standings import Standing
from orchestrator.records.journal import now

_MARKS = {"pass": ("●", "ok"), "fail": ("○", "bad"), "error": ("!", "warn")}
_LONGEST, _SHORT = 200, 20
"""Characters that a line shows of what is wrong, and of a file's name."""
_WIDE = 165
"""Columns from which a member's line fits."""


def place_line(invocation: Invocation, place: MemberPlace) -> Styled:
    """Return what became of one member's lab."""
    who = f"{place.handle} ({place.name})" if place.name else place.handle
    if place.trouble is not None:
        why = place.trouble.text.in_(invocation.language)
        return plain(Text(fr=f"✘ {who} : {why}", en=f"✘ {who}: {why}"), "bad")
    line = plain("✔ ", "ok").append(who).append("  ").append(place.instance, style="key")
    variant = localized(Text(fr=f"  variante {place.seed}", en=f"  variant {place.seed}"))
    kept = localized(Text(fr=", déjà en marche", en=", running already")) if place.kept else ""
    return line.append(f"{variant}{kept}", style="quiet")


def places_document(places: Sequence[MemberPlace]) -> dict[str, Any]:
    """Return places as JSON's types."""
    return {
        "places": [
            {
                "person": place.handle,
                "seed": place.seed,
                "lab": place.instance or None,
                "kept": place.kept,
                "trouble": both(place.trouble.text) if place.trouble else None,
            }
            for place in places
        ]
    }


def standings_table(invocation: Invocation, group: str, standings: Sequence[Standing]) -> Table:
    """Return a table of where everybody is, with the age of each thing at this moment: one line each, or two.

    Two lines where the terminal is not wide enough for one.
    """
    title = Text(fr=f"Groupe {group}", en=f"Group {group}")
    rows = [_Row.of(invocation, standing, now()) for standing in standings]
    return _on_one_line(rows, title) if invocation.output.console.width >= _WIDE else _on_two_lines(rows, title)


@dataclass(frozen=True)
class _Row:
    """The cells of one member."""

    who: str
    lab: Styled
    state: Styled
    checks: Styled
    points: str
    graded: str
    hosts: Styled
    typed: Styled
    changed: Styled
    time: Styled
    hints: str

    @classmethod
    def of(cls, invocation: Invocation, standing: Standing, moment: datetime) -> _Row:
        late = bool(standing.minutes) and standing.seconds > standing.minutes * 60 and standing.solved_at is None
        look = standing.look or LabLook()
        return cls(
            standing.name or standing.handle,
            plain(standing.instance or standing.scenario, "key"),
            _state(invocation, standing),
            _checks(standing),
            _points(standing),
            _age(standing.graded_at, moment),
            _hosts(look, moment),
            _typed(look.typed, moment),
            _changed(look.changed, moment),
            plain(_time(standing, late=late), "warn" if late else ""),
            str(standing.hints) if standing.started_at else "",
        )


def _on_one_line(rows: Sequence[_Row], title: Text) -> Table:
    board = table(
        Text(fr="Qui", en="Who"),
        Text(fr="Lab", en="Lab"),
        Text(fr="État", en="State"),
        Text(fr="Contrôles", en="Checks"),
        Text(fr="Points", en="Points"),
        Text(fr="Évalué", en="Graded"),
        Text(fr="Machines", en="Hosts"),
        Text(fr="Frappe", en="Typed"),
        Text(fr="Changement", en="Changed"),
        Text(fr="Temps", en="Time"),
        Text(fr="Indices", en="Hints"),
        title=title,
    )
    for row in rows:
        graded = (row.checks, row.points, row.graded)
        board.add_row(row.who, row.lab, row.state, *graded, row.hosts, row.typed, row.changed, row.time, row.hints)
    return board


def _on_two_lines(rows: Sequence[_Row], title: Text) -> Table:
    board = table(
        Text(fr="Qui, lab", en="Who, lab"),
        Text(fr="État, temps", en="State, time"),
        Text(fr="Contrôles", en="Checks"),
        Text(fr="Machines, changement", en="Hosts, changed"),
        Text(fr="Frappe", en="Typed"),
        title=title,
    )
    for row in rows:
        hints = Text(fr=f", indices : {row.hints}", en=f", hints: {row.hints}")
        time = row.time.copy().append(localized(hints) if row.hints not in {"", "0"} else "")
        points = f"{row.points} pt" if row.points else ""
        graded = plain(", ".join(filter(None, (points, row.graded))), "quiet")
        board.add_row(
            plain(row.who).append("\n").append(row.lab),
            row.state.copy().append("\n").append(time),
            row.checks.copy().append("\n").append(graded),
            row.hosts.copy().append("\n").append(row.changed),
            row.typed,
        )
    return board


def hosts_table(standings: Sequence[Standing]) -> Table:
    """Return a table of what was seen of each host of some members' labs, with the age of each thing."""
    rows = table(
        Text(fr="Qui", en="Who"),
        Text(fr="Machine", en="Host"),
        Text(fr="État", en="State"),
        Text(fr="Frappe", en="Typed"),
        Text(fr="Changement", en="Changed"),
    )
    moment = now()
    for standing in standings:
        for host in standing.look.hosts if standing.look else ():
            rows.add_row(
                standing.name or standing.handle,
                plain(host.host, "key"),
                plain(_LIVES[host.life], "" if host.life == "up" else "warn"),
                _age(host.typed_at, moment),
                plain(host.changed).append(_behind(host.changed_at, moment), style="quiet"),
            )
    return rows


_LIVES: Mapping[Life, Text] = {
    "up": Text(fr="en marche", en="running"),
    "booting": Text(fr="démarre", en="booting"),
    "paused": Text(fr="en pause", en="paused"),
    "down": Text(fr="arrêtée", en="down"),
    "unknown": Text(fr="inconnu", en="unknown"),
}


def _age(at: datetime | None, moment: datetime) -> str:
    return "" if at is None else localized(ago(at, moment))


def _behind(at: datetime | None, moment: datetime) -> str:
    return "" if at is None else f"  {localized(ago(at, moment))}"


def _hosts(look: LabLook, moment: datetime) -> Styled:
    """Return how many of a lab's hosts live, and how old that look is."""
    if not look.hosts:
        return plain("")
    if look.saved:
        return plain(Text(fr="sauvegardé", en="saved"), "quiet")
    alive = plain(f"{look.up}/{len(look.hosts)}", "" if look.up == len(look.hosts) else "warn")
    return alive.append(_behind(look.at, moment), style="quiet")


def _typed(host: HostLook | None, moment: datetime) -> Styled:
    """Return in which host something was typed last, and when."""
    return plain("") if host is None else plain(host.host).append(_behind(host.typed_at, moment), style="quiet")


def _changed(host: HostLook | None, moment: datetime) -> Styled:
    """Return which host's which file was changed last, and when; of a long name the end."""
    if host is None:
        return plain("")
    return plain(f"{host.host}:{in_one_line(host.changed, _SHORT)}").append(
        _behind(host.changed_at, moment), style="quiet"
    )


def _state(invocation: Invocation, standing: Standing) -> Styled:
    words = {
        "none": plain(Text(fr="rien de lancé", en="nothing launched"), "quiet"),
        "running": plain(Text(fr="au travail", en="at work"), "warn"),
        "broken": plain(Text(fr="lab inutilisable", en="lab unusable"), "bad"),
        "solved": plain(Text(fr="✔ réparé", en="✔ repaired"), "ok"),
        "ended": plain(Text(fr="arrêté", en="stopped"), "quiet"),
    }
    state = words[standing.state]
    if standing.forbidden:
        state.append(f", {localized(forbidden_changes(standing.forbidden))}", style="bad")
    elif standing.to_explain:
        state.append(f", {localized(changes_to_explain(standing.to_explain))}", style="warn")
    if standing.trouble is not None:
        state.append(f" ({in_one_line(standing.trouble.text.in_(invocation.language), _LONGEST)})", style="quiet")
    return state


def _time(standing: Standing, *, late: bool) -> str:
    return f"{duration(standing.seconds)}{' !' if late else ''}" if standing.started_at else ""


def _points(standing: Standing) -> str:
    """Return the points, in brackets where a forbidden change outweighs them."""
    points = "" if standing.points is None else f"{standing.points}/{standing.points_possible}"
    return f"({points})" if points and standing.forbidden else points


def _checks(standing: Standing) -> Styled:
    if not standing.checks:
        return plain("")
    dots = plain("")
    for check in standing.checks:
        mark, style = _MARKS[check.outcome]
        dots.append(mark, style=style)
    return dots.append(f" {standing.green}/{len(standing.checks)}")


def standings_document(group: str, standings: Sequence[Standing]) -> dict[str, Any]:
    """Return standings as JSON's types."""
    return {"group": group, "members": [_document(standing) for standing in standings]}


def _document(standing: Standing) -> dict[str, Any]:
    return {
        "person": standing.handle,
        "ref": standing.ref,
        "scenario": standing.scenario or None,
        "lab": standing.instance or None,
        "seed": standing.seed or None,
        "state": standing.state,
        "started_at": _stamp(standing.started_at),
        "solved_at": _stamp(standing.solved_at),
        "seconds": standing.seconds,
        "minutes": standing.minutes,
        "hints": standing.hints,
        "points": standing.points,
        "points_possible": standing.points_possible,
        "points_count": standing.points is not None and not standing.forbidden,
        "graded_at": _stamp(standing.graded_at),
        "changes_to_explain": standing.to_explain,
        "forbidden_changes": standing.forbidden,
        "checks": [{"id": check.id, "outcome": check.outcome} for check in standing.checks],
        "look": _look_document(standing.look) if standing.look else None,
        "trouble": both(standing.trouble.text) if standing.trouble else None,
    }


def _look_document(look: LabLook) -> dict[str, Any]:
    return {
        "at": _stamp(look.at),
        "saved": look.saved,
        "hosts": [
            {
                "host": host.host,
                "state": host.life,
                "typed_at": _stamp(host.typed_at),
                "changed_at": _stamp(host.changed_at),
                "changed": host.changed or None,
                "trouble": both(host.trouble),
            }
            for host in look.hosts
        ],
    }


def _stamp(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat(timespec="seconds")
