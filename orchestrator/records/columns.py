"""Types of columns that are the same in SQLite and in PostgreSQL."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Dialect, Text
from sqlalchemy.types import TypeDecorator


class UtcTime(TypeDecorator[datetime]):
    """A moment, exact to the microsecond: aware of its zone on the way in, in UTC on the way out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return what is stored: SQLite keeps no zone, and is given UTC without one."""
        if value is None:
            return None
        if value.tzinfo is None:
            message = f"{value.isoformat()} says no time zone"
            raise ValueError(message)
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Return a stored moment in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class JsonDocument(TypeDecorator[Any]):
    """JSON kept as the very text that its hash was made of; PostgreSQL's own type would reorder its keys."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ANN401, ARG002 - any JSON
        """Return the canonical text."""
        return None if value is None else canonical(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ANN401, ARG002 - any JSON
        """Return the document."""
        return None if value is None else json.loads(value)


def canonical(document: Any) -> str:  # noqa: ANN401 - any JSON
    """Return JSON in the one form that hashes are made of: ASCII, sorted keys, no spaces, no number that JSON lacks."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), allow_nan=False)
