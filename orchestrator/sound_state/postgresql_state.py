"""What state a PostgreSQL server is in: its roles, rules and settings, and for each database what it holds.

The server is asked as its administrator over the local socket, in sessions whose settings no role or database changes
and whose names are those of ``pg_catalog`` (see ``grader.postgresql``). Whose server answers at the socket, this does
not say.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterable, Iterator

from grader.postgresql import CHANGED, connection, parts_of
from orchestrator.core.errors import LabError
from orchestrator.core.text import Text
from orchestrator.fabric.fabric_interface import StateChange
from orchestrator.sound_state.access_rules import rules_in_words
from orchestrator.sound_state.postgresql_changes import LISTS_OF_RIGHTS, think_of_postgresql
from orchestrator.sound_state.provider import Objects, RunInHost, Thought, json_printed

_PSQL = ("runuser", "-u", "postgres", "--", "env", "-i", "/usr/lib/postgresql/17/bin/psql", "-XAtqw")
_SESSION = "SET jit = off; SET statement_timeout = '10s'; SET transaction_timeout = 0; SET quote_all_identifiers = off;"
"""What costs, ends or changes an answer; what is set in a session has precedence over a role's settings."""
_CLUSTER = r"""
SELECT jsonb_build_array('role ' || r.rolname, jsonb_build_object(
    'superuser', r.rolsuper, 'createrole', r.rolcreaterole, 'createdb', r.rolcreatedb, 'login', r.rolcanlogin,
    'bypassrls', r.rolbypassrls, 'replication', r.rolreplication, 'inherit', r.rolinherit,
    'limit', r.rolconnlimit, 'password', coalesce(r.rolpassword, ''),
    'expires', coalesce(nullif(r.rolvaliduntil::text, 'infinity'), ''),
    'member of', (SELECT coalesce(string_agg(g.rolname || CASE WHEN m.admin_option THEN ' (admin)' ELSE '' END, E'\n'
        ORDER BY g.rolname), '') FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid WHERE m.member = r.oid)))
FROM pg_authid r WHERE r.rolname !~ '^pg_';
SELECT jsonb_build_array('database ' || d.datname, jsonb_build_object(
    'owner', d.datdba::regrole::text, 'limit', d.datconnlimit, 'connections', d.datallowconn,
    'template', d.datistemplate, 'rights', array_to_string(coalesce(d.datacl, acldefault('d', d.datdba)), E'\n')))
FROM pg_database d;
SELECT jsonb_build_array(
    CASE WHEN s.setdatabase = 0 THEN 'role ' || coalesce(r.rolname, 'ALL')
        WHEN s.setrole = 0 THEN 'database ' || d.datname ELSE 'role ' || r.rolname || ' in database ' || d.datname END,
    jsonb_build_object('setting ' || split_part(c, '=', 1), substr(c, strpos(c, '=') + 1)))
FROM pg_db_role_setting s LEFT JOIN pg_roles r ON r.oid = s.setrole LEFT JOIN pg_database d ON d.oid = s.setdatabase,
    unnest(s.setconfig) c;
WITH own AS (SELECT * FROM pg_settings), file AS (SELECT * FROM pg_file_settings)
SELECT jsonb_build_array('setting ' || name, jsonb_build_object('value', setting, 'pending restart', pending_restart))
FROM own WHERE source NOT IN ('default', 'override', 'client', 'session', 'global', 'database', 'user', 'database user')
UNION ALL SELECT jsonb_build_array('setting ' || f.name, jsonb_build_object('value', f.setting))
FROM file f JOIN own o ON o.name = f.name AND o.source IN ('client', 'session', 'global', 'database', 'user',
    'database user') WHERE f.applied AND f.name <> 'application_name'
UNION ALL SELECT jsonb_build_array('setting ' || f.name, jsonb_build_object('after restart', f.setting))
FROM file f JOIN own o ON o.name = f.name WHERE f.error IS NOT NULL AND o.context = 'postmaster'
UNION ALL SELECT jsonb_build_array('configuration', jsonb_build_object(
    'errors', (SELECT coalesce(string_agg(concat_ws(': ', f.name, f.error), E'\n' ORDER BY f.seqno), '')
        FROM file f LEFT JOIN own o ON o.name = f.name
        WHERE f.error IS NOT NULL AND o.context IS DISTINCT FROM 'postmaster'),
    'loaded', NOT EXISTS (SELECT FROM (SELECT sourcefile FROM file UNION SELECT file_name FROM pg_hba_file_rules) AS u
        (path), pg_stat_file(path, true) WHERE path IS NOT NULL AND change > pg_conf_load_time())));
SELECT jsonb_build_array('hba', jsonb_agg(jsonb_build_array(type, database, user_name, address, netmask, auth_method,
    options, error, line_number) ORDER BY rule_number, line_number))
FROM pg_hba_file_rules;
SELECT jsonb_build_array('pg_ident.conf', jsonb_build_object('mappings',
    coalesce(string_agg(coalesce(error, map_name || ': ' || sys_name || ' -> ' || pg_username), E'\n'
        ORDER BY map_number, line_number), '')))
FROM pg_ident_file_mappings;
SELECT jsonb_build_array('databases', coalesce(jsonb_agg(datname), '[]')) FROM pg_database
WHERE datallowconn AND datname NOT IN ('postgres', 'template1');
"""
_DATABASE = r"""
WITH spaces AS (SELECT oid, nspname, nspowner, nspacl FROM pg_namespace
    WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'),
base AS (SELECT current_database() || '.' AS db),
of_extension AS (SELECT classid, objid FROM pg_depend WHERE deptype = 'e'),
relations AS (SELECT c.*, db || quote_ident(nspname) || '.' || quote_ident(relname) AS called
    FROM base, pg_class c JOIN spaces n ON n.oid = c.relnamespace WHERE relpersistence <> 't')
SELECT jsonb_build_array('schema ' || db || quote_ident(nspname), jsonb_build_object('owner', nspowner::regrole::text,
    'rights', array_to_string(coalesce(nspacl, acldefault('n', nspowner)), E'\n'))) FROM spaces, base
UNION ALL SELECT jsonb_build_array('table ' || called, jsonb_build_object(
    'owner', c.relowner::regrole::text,
    'rights', array_to_string(coalesce(c.relacl, acldefault('r', c.relowner)), E'\n'),
    'row security', CASE WHEN relrowsecurity THEN 'on' ELSE 'off' END || CASE WHEN relforcerowsecurity
        THEN ', owner too' ELSE '' END,
    'policies', (SELECT coalesce(string_agg(concat_ws(' ', polname, polcmd, polpermissive, polroles::regrole[],
        pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)), E'\n' ORDER BY polname), '')
        FROM pg_policy WHERE polrelid = c.oid),
    'rules', (SELECT coalesce(string_agg(pg_get_ruledef(w.oid) || CASE w.ev_enabled WHEN 'O' THEN ''
        ELSE ' -- ' || w.ev_enabled::text END, E'\n' ORDER BY w.rulename), '')
        FROM pg_rewrite w WHERE w.ev_class = c.oid),
    'constraints', (SELECT coalesce(string_agg(quote_ident(conname) || ' ' || pg_get_constraintdef(k.oid), E'\n'
        ORDER BY conname), '') FROM pg_constraint k WHERE k.conrelid = c.oid AND contype <> 't'),
    'columns', (SELECT coalesce(string_agg(concat_ws(' ', quote_ident(attname), format_type(atttypid, atttypmod),
        CASE WHEN attnotnull THEN 'not null' END, 'default ' || pg_get_expr(adbin, adrelid),
        nullif(attidentity::text, '')), E'\n' ORDER BY attnum), '') FROM pg_attribute a LEFT JOIN pg_attrdef
        ON adrelid = attrelid AND adnum = attnum WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped),
    'rights on columns', (SELECT coalesce(string_agg(quote_ident(attname) || ' ' || one, E'\n' ORDER BY attnum,
        one::text), '') FROM pg_attribute, unnest(attacl) one
        WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped)))
FROM relations c WHERE relkind IN ('r', 'p', 'f')
UNION ALL SELECT jsonb_build_array(CASE WHEN relkind = 'S' THEN 'sequence ' ELSE 'view ' END || called,
    jsonb_build_object('owner', relowner::regrole::text,
    'rights', array_to_string(coalesce(relacl, acldefault(CASE WHEN relkind = 'S' THEN 's' ELSE 'r' END::"char",
        relowner)), E'\n'),
    'definition', CASE WHEN relkind = 'S' THEN '' ELSE pg_get_viewdef(oid) END))
FROM relations WHERE relkind IN ('S', 'v', 'm')
UNION ALL SELECT jsonb_build_array('index ' || called, jsonb_build_object('definition', pg_get_indexdef(r.oid),
    'valid', indisvalid)) FROM relations r JOIN pg_index ON indexrelid = r.oid
UNION ALL SELECT jsonb_build_array('function ' || db || quote_ident(nspname) || '.' || quote_ident(proname) || '('
    || pg_get_function_identity_arguments(p.oid) || ')', jsonb_build_object('owner', proowner::regrole::text,
    'rights', array_to_string(coalesce(proacl, acldefault('f', proowner)), E'\n'),
    'definition', CASE WHEN prokind = 'a' THEN '' ELSE pg_get_functiondef(p.oid) END))
FROM base, pg_proc p JOIN spaces n ON n.oid = pronamespace
WHERE (1255, p.oid) NOT IN (SELECT classid::int, objid FROM of_extension)
UNION ALL SELECT jsonb_build_array('trigger ' || called || '.' || quote_ident(tgname), jsonb_build_object(
    'definition', pg_get_triggerdef(t.oid), 'enabled', tgenabled))
FROM pg_trigger t JOIN relations r ON r.oid = tgrelid WHERE NOT tgisinternal
UNION ALL SELECT jsonb_build_array('event trigger ' || db || quote_ident(evtname), jsonb_build_object(
    'definition', concat_ws(' ', evtevent, evtfoid::regproc, array_to_string(evttags, ',')), 'enabled', evtenabled))
FROM base, pg_event_trigger
UNION ALL SELECT jsonb_build_array('extension ' || db || quote_ident(extname), jsonb_build_object(
    'version', extversion, 'schema', extnamespace::regnamespace::text)) FROM base, pg_extension
UNION ALL SELECT jsonb_build_array('default rights ' || db || concat_ws(' ', defaclrole::regrole,
    nullif(defaclnamespace, 0)::regnamespace, defaclobjtype), jsonb_build_object('rights',
    array_to_string(defaclacl, E'\n')))
FROM base, pg_default_acl;
SELECT format($$SELECT jsonb_build_array(%L, jsonb_build_object('rows', count(*))) FROM ONLY %I.%I$$,
    'table ' || current_database() || '.' || quote_ident(nspname) || '.' || quote_ident(relname), nspname, relname)
FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
WHERE relkind = 'r' AND relpersistence <> 't' AND nspname !~ '^pg_' AND nspname <> 'information_schema'
\gexec
"""


class PostgresqlState:
    """The provider of a PostgreSQL server's state."""

    name = "postgresql"

    def look(self, run: RunInHost) -> Objects:
        """Return the server's state, asked in two runs of psql: the cluster's, and the other databases'.

        What ``template1`` holds is left out: it counts once a database is made of it, which is looked at.

        Raises:
            LabError: the server does not answer, or its catalogue is not the one that came with it.
        """
        mark = secrets.token_hex(8)
        argv = (*_PSQL, "-v", "ON_ERROR_STOP=1", "-d")
        rows = list(_rows(run((*argv, connection("postgres")), _script(_CLUSTER + _DATABASE, mark)), mark))
        others = next((value for name, value in rows if name == "databases"), None)
        if isinstance(others, list) and others:
            names = [word for n, one in enumerate(others) for word in ("-v", f"d{n}={connection(_quoted(one))}")]
            script = b"".join(b"\\connect :d%d\n" % n + _script(_DATABASE, mark) for n in range(len(others)))
            rows += _rows(run((*argv, connection("postgres"), *names), script), mark)
        hba = next((value for name, value in rows if name == "hba"), None)
        return _objects(rows, rules_in_words(hba if isinstance(hba, list) else [], run))

    def think(self, change: StateChange) -> Thought:
        """See ``Provider.think``."""
        return think_of_postgresql(change)


def _quoted(database: str) -> str:
    """Return a database's name for a connection string of libpq."""
    escaped = database.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _script(statements: str, mark: str) -> bytes:
    """Return what psql is to do in one database: say what in its catalogue is not from the start, then the rest."""
    return f"{_SESSION}\n{CHANGED};\n\\echo {mark}\n{statements}\\echo {mark}\n".encode()


def _rows(printed: str, mark: str) -> Iterator[tuple[str, object]]:
    """Yield the rows that were printed for each database.

    Raises:
        LabError: a catalogue has been changed, or what was printed cannot be read.
    """
    parts = parts_of(printed, mark)
    for changed, told in zip(parts[::2], parts[1::2], strict=False):
        if changed:
            names = ", ".join(changed.split("\n")[:3])
            raise LabError(
                Text(
                    fr=f"PostgreSQL : dans pg_catalog, {names} n'est pas d'origine",
                    en=f"PostgreSQL: in pg_catalog, {names} did not come with the server",
                )
            )
        for line in filter(None, told.split("\n")):
            name, value = json_printed(line, "psql")
            yield name, value


def _objects(rows: Iterable[tuple[str, object]], rules: str) -> Objects:
    """Return the objects that the rows are about; several rows may be about one."""
    found: dict[str, dict[str, str]] = {"pg_hba.conf": {"rules": rules}}
    for name, fields in rows:
        if isinstance(fields, dict):
            found.setdefault(name, {}).update({field: _value(field, value) for field, value in fields.items()})
    return found


def _value(field: str, value: object) -> str:
    """Return a value as it is kept: in words, sorted where order says nothing, a password as a digest."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = str(value)
    if field == "limit":
        return "none" if text == "-1" else text
    if field == "password":
        kind = re.match(r"SCRAM-SHA-256|md5", text)
        return f"{kind[0] if kind else 'other'} {hashlib.sha256(text.encode()).hexdigest()[:16]}" if text else ""
    if field in LISTS_OF_RIGHTS:
        return "\n".join(sorted(text.split("\n")))
    return text
