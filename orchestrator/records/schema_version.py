"""Which version the tables have, and how they come to the program's own."""

from __future__ import annotations

import re
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from orchestrator.core.errors import MachineError
from orchestrator.core.text import Text

MIGRATIONS = Path(__file__).parent / "migrations"
_VERSION = re.compile(r"(\d{4})_\w+\.py")
_LOCK = 0x6272_6561_6B66_6978
"""The number of the lock under which PostgreSQL's tables are changed: "breakfix"."""


def versions() -> tuple[str, ...]:
    """Return all versions of the schema that this program knows, the oldest first."""
    found = (_VERSION.fullmatch(path.name) for path in (MIGRATIONS / "versions").iterdir())
    return tuple(sorted(match[1] for match in found if match))


def version_of(connection: Connection) -> str | None:
    """Return the version of a database's tables; None where there are none."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found


def bring_up_to_date(engine: Engine, name: str) -> None:
    """Make the tables, or change older ones; two programs that begin at once do it one after the other.

    Args:
        engine: the database.
        name: what it is called towards a person.

    Raises:
        MachineError: the tables are of a newer Breakfix.
    """
    known = versions()
    with engine.execution_options(breakfix_read_only=True).connect() as connection:
        found = version_of(connection)
    if found == known[-1]:
        return
    if found is not None and found not in known:
        raise MachineError(
            Text(
                fr=f"La base {name} a été écrite par un Breakfix plus récent (version {found} ; "
                f"celui-ci connaît {known[-1]}).",
                en=f"The database {name} was written by a newer Breakfix (version {found}; "
                f"this one knows {known[-1]}).",
            ),
            Text(fr="Mettez Breakfix à jour, puis recommencez.", en="Update Breakfix, then try again."),
        )
    _migrate(engine)


def _migrate(engine: Engine) -> None:
    from alembic import command  # noqa: PLC0415 - only a new version needs it
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
