"""What ``group`` shows of places and standings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.table import Table
from rich.text import Text as Styled

from orchestrator.cli.invocation import Invocation
from orchestrator.cli.language_choice import localized
from orchestrator.cli.output import both, plain, table
from orchestrator.cli.times import duration
from orchestrator.core.text import Text
from orchestrator.practice.launching import MemberPlace
from orchestrator.practice.standings import Standing

_MARKS = {"pass": ("●", "ok"), "fail": ("○", "bad"), "error": ("!", "warn")}


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
    """Return a table of where everybody is."""
    rows = table(
        Text(fr="Qui", en="Who"),
        Text(fr="Lab", en="Lab"),
        Text(fr="Variante", en="Variant"),
        Text(fr="État", en="State"),
        Text(fr="Contrôles", en="Checks"),
        Text(fr="Temps", en="Time"),
        Text(fr="Indices", en="Hints"),
        title=Text(fr=f"Groupe {group}", en=f"Group {group}"),
    )
    for standing in standings:
        late = bool(standing.minutes) and standing.seconds > standing.minutes * 60 and standing.solved_at is None
        rows.add_row(
            standing.name or standing.handle,
            plain(standing.instance or standing.scenario, "key"),
            standing.seed,
            _state(invocation, standing),
            _checks(standing),
            plain(_time(standing, late=late), "warn" if late else ""),
            str(standing.hints) if standing.started_at else "",
        )
    return rows


def _state(invocation: Invocation, standing: Standing) -> Styled:
    words = {
        "none": plain(Text(fr="rien de lancé", en="nothing launched"), "quiet"),
        "running": plain(Text(fr="au travail", en="at work"), "warn"),
        "broken": plain(Text(fr="lab inutilisable", en="lab unusable"), "bad"),
        "solved": plain(Text(fr="✔ réparé", en="✔ repaired"), "ok"),
        "ended": plain(Text(fr="arrêté", en="stopped"), "quiet"),
    }
    state = words[standing.state]
    if standing.trouble is not None:
        state.append(f" ({standing.trouble.text.in_(invocation.language)})", style="quiet")
    return state


def _time(standing: Standing, *, late: bool) -> str:
    return f"{duration(standing.seconds)}{' !' if late else ''}" if standing.started_at else ""


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
        "started_at": standing.started_at and standing.started_at.isoformat(timespec="seconds"),
        "solved_at": standing.solved_at and standing.solved_at.isoformat(timespec="seconds"),
        "seconds": standing.seconds,
        "minutes": standing.minutes,
        "hints": standing.hints,
        "points": standing.points,
        "points_possible": standing.points_possible,
        "checks": [{"id": check.id, "outcome": check.outcome} for check in standing.checks],
        "trouble": both(standing.trouble.text) if standing.trouble else None,
    }
