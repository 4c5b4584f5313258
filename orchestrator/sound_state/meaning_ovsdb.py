"""What the file of an Open vSwitch database says: the configuration that the switch has, and will have after a boot.

The file is a log (ovsdb(5)): the schema, then one transaction after another, with the rows that each changes. What
the switch reports in it, such as the numbers it gave to its ports, says nothing of how it is configured.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple, TypeAlias

_Row: TypeAlias = dict[str, dict[str, str]]
"""Column → its values, in JSON; each leads to what a map has for it, and to itself in a set."""
_Database: TypeAlias = Mapping[str, Mapping[str, _Row]]
"""Table → identifier → row."""
_HEAD: Final = re.compile(r"OVSDB JSON (\d{1,9}) ([0-9a-f]{40})")
_LONGEST_HEAD: Final = 64
"""More bytes than the line before a record has: no longer one is looked for."""
_REPORTED: Final[Mapping[str, frozenset[str]]] = {
    "Open_vSwitch": frozenset(
        {
            "cur_cfg", "datapath_types", "db_version", "dpdk_initialized", "dpdk_version", "iface_types", "next_cfg",
            "ovs_version", "system_type", "system_version",
        }
    ),
    "Bridge": frozenset({"datapath_version"}),
    "Interface": frozenset({"error", "ofport"}),
}  # fmt: skip
"""Table → columns that the switch fills by itself; with those that the schema calls ephemeral."""
_NOTES: Final = "external_ids"
"""What others note in a row: the switch does nothing with it."""
_NOTHING: Final[tuple[Mapping[str, str], ...]] = ({}, {'""': '""'}, {"false": "false"}, {"0": "0"})
"""Values that a column has where nobody gave it one."""


class _Column(NamedTuple):
    holds_many: bool
    is_map: bool


def ovsdb(text: str) -> list[str]:
    """Return the rows of an Open vSwitch database with what each was given, sorted; rows are called by their names.

    Raises:
        ValueError: it is no such log, or a record of it is broken: the server would stop reading there.
    """
    records = list(_records(text))
    if not records or "tables" not in records[0]:
        raise ValueError("no schema")
    columns = {table: _columns(said["columns"]) for table, said in records[0]["tables"].items()}
    found: dict[str, dict[str, _Row]] = {table: {} for table in columns}
    for record in records[1:]:
        for table, rows in record.items():
            if not table.startswith("_"):
                _apply(found[table], rows, columns[table], is_diff=record.get("_is_diff") is True)
    ephemeral = {table: _ephemeral(said["columns"]) for table, said in records[0]["tables"].items()}
    told = {
        table: {
            one: {
                column: values
                for column, values in row.items()
                if column not in ephemeral[table] and column not in _REPORTED.get(table, ()) and column != _NOTES
            }
            for one, row in rows.items()
        }
        for table, rows in found.items()
    }
    return sorted(
        line for table, rows in told.items() for row in rows.values() for line in _statements(told, table, row)
    )


def _records(text: str) -> Iterator[dict[str, Any]]:
    """Yield the log's records; each has a line that tells its length and digest."""
    data, place = text.encode(), 0
    while place < len(data):
        start = data.find(b"\n", place, place + _LONGEST_HEAD) + 1
        head = _HEAD.fullmatch(data[place : start - 1].decode()) if start else None
        if head is None:
            raise ValueError("no head of a record")
        place = start + int(head[1])
        body = data[start:place]
        if hashlib.sha1(body, usedforsecurity=False).hexdigest() != head[2]:
            raise ValueError("a record is broken")
        record = json.loads(body)
        if not isinstance(record, dict):
            raise ValueError("a record is no object")  # noqa: TRY004 - one error for what is not understood
        yield record


def _columns(said: Mapping[str, Any]) -> dict[str, _Column]:
    kinds = {column: one["type"] if isinstance(one["type"], dict) else {} for column, one in said.items()}
    return {column: _Column(kind.get("max", 1) != 1, "value" in kind) for column, kind in kinds.items()}


def _ephemeral(said: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(column for column, one in said.items() if one.get("ephemeral") is True)


def _apply(rows: dict[str, _Row], changed: Mapping[str, Any], columns: Mapping[str, _Column], *, is_diff: bool) -> None:
    """Change a table's rows by a transaction; in a difference, a column of many values has those that come or go."""
    for one, values in changed.items():
        if values is None:
            rows.pop(one, None)
            continue
        row = rows.setdefault(one, {})
        for column, value in values.items():
            given = _values(value)
            if is_diff and columns[column].holds_many:
                before = row.get(column, {})
                gone = {key for key, item in given.items() if before.get(key) == item}
                given = {key: item for key, item in {**before, **given}.items() if key not in gone}
            row[column] = given


def _values(value: object) -> dict[str, str]:
    """Return what a column holds, whether it is written as a map, a set or its only value."""
    if isinstance(value, list) and value[0] == "map":
        return {json.dumps(key): json.dumps(item) for key, item in value[1]}
    items = value[1] if isinstance(value, list) and value[0] == "set" else [value]
    return {json.dumps(item): json.dumps(item) for item in items}


def _statements(database: _Database, table: str, row: _Row) -> Iterator[str]:
    if "name" not in row:
        yield _label(database, table, row)
        return
    name = _label(database, table, row)
    yield name
    for column in sorted(set(row) - {"name"}):
        if row[column] not in _NOTHING:
            yield f"{name}: {column}={_written(database, row[column], (name,))}"


def _label(database: _Database, table: str, row: _Row, above: tuple[str, ...] = ()) -> str:
    """Return what a row is called: by its name, or by all that it says."""
    if "name" in row:
        return f"{table} {_written(database, row['name'], above)}"
    given = {column: values for column, values in sorted(row.items()) if values not in _NOTHING}
    said = ", ".join(f"{column}={_written(database, values, (*above, table))}" for column, values in given.items())
    return f"{table} ({said})"


def _written(database: _Database, values: Mapping[str, str], above: tuple[str, ...]) -> str:
    """Return values as ovs-vsctl(8) shows them, rows by what they are called; ``above`` ends what refers to itself."""
    shown = sorted(
        _item(database, key, above) if key == item else f"{_item(database, key, above)}={_item(database, item, above)}"
        for key, item in values.items()
    )
    alone = len(shown) == 1 and all(key == item for key, item in values.items())
    return shown[0] if alone else f"[{', '.join(shown)}]"


def _item(database: _Database, said: str, above: tuple[str, ...]) -> str:
    value = json.loads(said)
    if isinstance(value, list):
        rows = [(table, rows[value[1]]) for table, rows in database.items() if value[1] in rows]
        deep = len(above) > len(database)
        return _label(database, *rows[0], above) if rows and not deep else "(another row)"
    return value if isinstance(value, str) else said
