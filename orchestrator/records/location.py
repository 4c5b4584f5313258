"""Which database the store is in: an address given, one of the environment, or a file of the user's own."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from orchestrator.core.errors import UsageError
from orchestrator.core.paths import data_folder
from orchestrator.core.suggest import nearest
from orchestrator.core.text import Text

VARIABLE = "BREAKFIX_DATABASE"
"""The environment variable that names the store's database."""
FILE = "records.sqlite"
"""The store's file in the user's data folder."""

_DRIVERS = {"sqlite": "sqlite+pysqlite", "postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}


def database_url(option: str | None = None, environment: Mapping[str, str] = os.environ) -> URL:
    """Return the address of the store's database.

    Args:
        option: what ``--database`` names: ``postgresql://…``, ``sqlite:///…`` or the path of a file.
        environment: the environment, whose ``BREAKFIX_DATABASE`` counts where there is no option.

    Raises:
        UsageError: the address cannot be read, or names a database that Breakfix cannot use.
    """
    given = option or environment.get(VARIABLE) or ""
    if not given:
        return _file(data_folder(environment) / FILE)
    if "://" not in given:
        return _file(Path(given).expanduser())
    scheme, _, rest = given.partition("://")
    name = scheme.partition("+")[0]
    if name not in _DRIVERS:
        raise _unknown(scheme)
    try:
        url = make_url(f"{_DRIVERS[name]}://{rest}")
    except (ArgumentError, ValueError) as error:
        raise _unreadable(scheme) from error
    if name == "sqlite" and not url.database:
        raise _unreadable(scheme)
    return url


def _file(path: Path) -> URL:
    return URL.create(_DRIVERS["sqlite"], database=str(path))


def _unknown(scheme: str) -> UsageError:
    near = nearest(scheme, _DRIVERS) or ("postgresql", "sqlite")
    fr, en = " ou ".join(f"« {n}:// »" for n in near), " or ".join(f'"{n}://"' for n in near)
    return UsageError(
        Text(
            fr=f"Breakfix ne sait pas se servir d’une base « {scheme}:// » ; vouliez-vous dire {fr} ?",
            en=f'Breakfix cannot use a database "{scheme}://"; did you mean {en}?',
        ),
        _EXAMPLES,
    )


def _unreadable(scheme: str) -> UsageError:  # without the address: it may hold a password
    return UsageError(
        Text(
            fr=f"L’adresse de la base ({scheme}://…) est illisible.",
            en=f"The database's address ({scheme}://…) cannot be read.",
        ),
        _EXAMPLES,
    )


_EXAMPLES = Text(
    fr=f"Donnez-la par --database ou {VARIABLE} : « postgresql://compte@serveur/base » ou "
    "« sqlite:////chemin/fichier ».",
    en=f"Give it with --database or {VARIABLE}: 'postgresql://account@server/database' or 'sqlite:////path/file'.",
)
