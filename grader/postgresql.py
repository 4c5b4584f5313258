"""What a PostgreSQL server says to its administrator, whatever its databases and roles were set to.

A role, a database or ``postgresql.conf`` may put a schema before ``pg_catalog``, with views, functions and operators of
the same names. What is asked for when a session starts has precedence over all three.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.bilingual import reason
from grader.lines import lines_in

if TYPE_CHECKING:
    import testinfra.host

_SETTINGS = {
    "search_path": "pg_catalog,pg_temp",  # named last: otherwise temporary tables come first
    "event_triggers": "off",  # those that fire at a login; nobody but a superuser may turn them off
    "session_preload_libraries": "",
    "local_preload_libraries": "",
    "role": "none",
    "row_security": "off",  # an error, not fewer rows
    "lock_timeout": "1000",
}
CHANGED = """
WITH own (name, written) AS (
    SELECT proname, xmin FROM pg_catalog.pg_proc WHERE pronamespace = 11
    UNION ALL SELECT oprname, xmin FROM pg_catalog.pg_operator WHERE oprnamespace = 11
    UNION ALL SELECT relname, xmin FROM pg_catalog.pg_class
        WHERE relnamespace = 11 AND (relkind = 'v' OR oid >= 16384)
    UNION ALL SELECT c.relname, r.xmin FROM pg_catalog.pg_rewrite r JOIN pg_catalog.pg_class c ON c.oid = r.ev_class
        WHERE c.relnamespace = 11
)
SELECT DISTINCT name FROM own WHERE written::text::bigint >= (
    SELECT datfrozenxid::text::bigint FROM pg_catalog.pg_database WHERE datname = 'template0'
)
"""
"""What was made or changed in ``pg_catalog`` (number 11) after the server was set up.

Each row tells the transaction that wrote it. Setting up ends with all that is there frozen; nothing freezes
``template0`` again. An object that is made later has a number from 16384.
"""


@dataclass(frozen=True)
class SqlAnswer:
    """What a server answered, with the names of testinfra's results.

    Attributes:
        rc: psql's exit status.
        stdout: the rows of all statements, as lines.
        stderr: what went wrong.
        rows: for each statement that was executed its rows, as lines.
    """

    rc: int
    stdout: str
    stderr: str
    rows: tuple[str, ...]


def ask_postgresql(
    host: testinfra.host.Host, *statements: str, database: str, programs: str = "/usr/lib/postgresql/17/bin"
) -> SqlAnswer:
    """Ask a host's server as its administrator, in one session, who waits for no lock longer than a second.

    No setting of psql, of a database or of a role has a part in it. Names are those of ``pg_catalog``: any other table
    needs its schema. Whether the server at the socket is the image's, the check asks (``lab.listener``).

    Args:
        host: the host, as ``lab.host(...)`` gives it.
        statements: SQL; the first that fails is the last.
        database: the database.
        programs: where PostgreSQL's programs are: Debian's own psql is a wrapper, which chooses a server by settings.

    Raises:
        AssertionError: functions, operators or views of ``pg_catalog`` are not those that came with the server.
    """
    mark = secrets.token_hex(8)
    asked = [part for sql in (CHANGED, *statements) for part in ("-c", sql, "-c", f"\\echo {mark}")]
    words = ["-d", connection(database), "-v", "ON_ERROR_STOP=1", *asked]
    psql = f"runuser -u postgres -- env -i {programs}/psql -XAtqw"
    done = host.run(" ".join([psql, *("%s" for _ in words)]), *words)
    changed, *rows = parts_of(done.stdout, mark) or [""]
    listed = ", ".join(lines_in(changed)[:3])
    if listed:
        raise AssertionError(
            reason(
                fr=f"PostgreSQL : dans pg_catalog, {listed} n'est pas d'origine",
                en=f"PostgreSQL: in pg_catalog, {listed} did not come with the server",
            )
        )
    return SqlAnswer(done.rc, "\n".join(filter(None, rows)), done.stderr, tuple(rows))


def connection(database: str) -> str:
    """Return to what psql connects, with the settings of the session."""
    options = " ".join(f"-c {name}={value}" for name, value in _SETTINGS.items())
    return f"host=/run/postgresql user=postgres dbname={database} options='{options}'"


def parts_of(text: str, mark: str) -> list[str]:
    """Return what was printed before each line that is the mark."""
    return [part.removesuffix("\n") for part in re.split(rf"^{mark}\n", text, flags=re.MULTILINE)[:-1]]
