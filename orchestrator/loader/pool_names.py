"""Whether the scenarios and labs exist that shall stand ready: a name that is none would only never be filled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from orchestrator.core.errors import UsageError
from orchestrator.core.suggest import with_suggestion
from orchestrator.core.text import Text
from orchestrator.loader.content import Content
from orchestrator.model.serve_settings import Pool


def require_known(pool: Pool, content: Content, file: Path) -> None:
    """Refuse a pool of scenarios or labs that do not exist.

    Args:
        pool: what shall stand ready.
        content: all that the portal serves.
        file: the settings file, to be named.

    Raises:
        UsageError: a name is none; it tells each, with the nearest.
    """
    unknown = list(_unknown(pool, content))
    if unknown:
        raise UsageError(
            Text(fr=_told(file, [one.fr for one in unknown]), en=_told(file, [one.en for one in unknown])),
            Text(
                fr="Corrigez [pool] ; « breakfix scenarios » les énumère.",
                en="Correct [pool]; 'breakfix scenarios' lists them.",
            ),
        )


def _told(file: Path, unknown: Sequence[str]) -> str:
    return f"{file}: " + "\n".join(unknown)


def _unknown(pool: Pool, content: Content) -> Iterator[Text]:
    scenarios, labs = content.scenarios(), content.labs()
    for name in pool.scenarios:
        if name not in scenarios:
            now = content.names_now((name,)).get(name)
            told = Text(
                fr=f"pool.scenarios : aucun scénario ne s'appelle « {name} »",
                en=f'pool.scenarios: no scenario is called "{name}"',
            )
            yield with_suggestion(told, name if now is None else now, scenarios)
    for name in pool.labs:
        if name not in labs:
            told = Text(
                fr=f"pool.labs : aucun lab ne s'appelle « {name} »",
                en=f'pool.labs: no lab is called "{name}"',
            )
            yield with_suggestion(told, name, labs)
