"""What state a PostgreSQL server is in: its roles, rules and settings, and for each database what it holds.

The server is asked as its administrator over the local socket, in sessions whose settings no role or database changes
and whose names are those of ``pg_catalog`` (see ``grader.postgresql``). Whose server answers at the socket, this does
not say.
"""

from __future__ import annotations

import hashlib
import ipaddress
import json
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

from grader.postgresql import CHANGED, connection, parts_of
from orchestrator.core.errors import LabError
from orchestrator.core.text import Text, same
from orchestrator.fabric.fabric_interface import StateChange
from orchestrator.sound_state.provider import Objects, RunInHost, Thought

_PSQL = ("runuser", "-u", "postgres", "--", "env", "-i", "/usr/lib/postgresql/17/bin/psql", "-XAtqw")
_SESSION = "SET jit = off; SET statement_timeout = '10s'; SET transaction_timeout = 0; SET quote_all_identifiers = off;"
"""What costs, ends or changes an answer; what is set in a session has precedence over a role's settings."""

_CLUSTER = r"""
SELECT jsonb_build_array('role ' || r.rolname, jsonb_build_object(
    'superuser', r.rolsuper, 'createrole', r.rolcreaterole, 'createdb', r.rolcreatedb, 'login', r.rolcanlogin,
    'bypassrls', r.rolbypassrls, 'replication', r.rolreplication, 'inherit', r.rolinherit,
    'limit', r.rolconnlimit, 'password', coalesce(r.rolpassword, ''), 'expires', coalesce(r.rolvaliduntil::text, ''),
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

_RIGHTS = {
    "superuser": Text(fr="superutilisateur", en="superuser"),
    "createrole": Text(fr="créer des rôles", en="create roles"),
    "createdb": Text(fr="créer des bases", en="create databases"),
    "login": Text(fr="se connecter", en="log in"),
    "bypassrls": Text(fr="contourner la sécurité par ligne", en="bypass row security"),
    "replication": Text(fr="répliquer le serveur", en="replicate the server"),
}
_LISTS_OF_RIGHTS = ("rights", "rights on columns", "member of")
_KINDS = {
    "role": Text(fr="le rôle PostgreSQL", en="PostgreSQL's role"),
    "database": Text(fr="la base PostgreSQL", en="PostgreSQL's database"),
    "setting": Text(fr="le réglage de PostgreSQL", en="PostgreSQL's setting"),
    "schema": Text(fr="le schéma PostgreSQL", en="PostgreSQL's schema"),
    "table": Text(fr="la table PostgreSQL", en="PostgreSQL's table"),
    "view": Text(fr="la vue PostgreSQL", en="PostgreSQL's view"),
    "sequence": Text(fr="la séquence PostgreSQL", en="PostgreSQL's sequence"),
    "index": Text(fr="l'index PostgreSQL", en="PostgreSQL's index"),
    "function": Text(fr="la fonction PostgreSQL", en="PostgreSQL's function"),
    "event trigger": Text(fr="le déclencheur d'événement PostgreSQL", en="PostgreSQL's event trigger"),
    "trigger": Text(fr="le déclencheur PostgreSQL", en="PostgreSQL's trigger"),
    "extension": Text(fr="l'extension PostgreSQL", en="PostgreSQL's extension"),
    "default rights": Text(fr="les droits par défaut de PostgreSQL,", en="PostgreSQL's default rights,"),
}
_FIELDS = {
    "limit": Text(fr="nombre de connexions permises", en="connections allowed"),
    "password": Text(fr="mot de passe", en="password"),
    "expires": Text(fr="date d'expiration", en="expiry date"),
    "inherit": Text(fr="héritage des droits", en="inheritance of rights"),
    "member of": Text(fr="membre de", en="member of"),
    "owner": Text(fr="propriétaire", en="owner"),
    "connections": Text(fr="connexions permises", en="connections allowed at all"),
    "template": Text(fr="modèle de base", en="template"),
    "rights": Text(fr="droits", en="rights"),
    "rights on columns": Text(fr="droits sur les colonnes", en="rights on columns"),
    "row security": Text(fr="sécurité par ligne", en="row security"),
    "policies": Text(fr="règles de la sécurité par ligne", en="policies of row security"),
    "rules": Text(fr="règles", en="rules"),
    "constraints": Text(fr="contraintes", en="constraints"),
    "columns": Text(fr="colonnes", en="columns"),
    "definition": Text(fr="définition", en="definition"),
    "enabled": Text(fr="activation", en="whether it is enabled"),
    "valid": Text(fr="validité", en="whether it is valid"),
    "version": Text(fr="version", en="version"),
    "schema": Text(fr="schéma", en="schema"),
    "value": Text(fr="valeur", en="value"),
    "after restart": Text(fr="valeur après un redémarrage", en="value after a restart"),
    "pending restart": Text(fr="redémarrage à faire", en="restart to be done"),
    "rows": Text(fr="nombre de lignes", en="number of rows"),
    **_RIGHTS,
}
_WEAKER = {"ssl": "off", "password_encryption": "md5"}
"""Setting -> the value with which passwords or data are less protected."""
_WITHOUT_PASSWORD = {"trust", "password", "ident"}
"""Methods that ask for none, or for one that whoever listens reads."""


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
        return _objects(rows, _rules(hba if isinstance(hba, list) else [], run))

    def think(self, change: StateChange) -> Thought:
        """See ``Provider.think``."""
        return _forbidden(change) or _other(change)


class _Line(NamedTuple):
    """A line of pg_hba.conf, as ``rules`` tells it."""

    type: str
    databases: tuple[str, ...]
    users: tuple[str, ...]
    addresses: tuple[str, ...]
    method: str
    options: str


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
        LabError: a catalogue has been changed.
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
            name, value = json.loads(line)
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
    if field in _LISTS_OF_RIGHTS:
        return "\n".join(sorted(text.split("\n")))
    return text


def _rules(rows: Sequence[Sequence[object]], run: RunInHost) -> str:
    """Return the lines of pg_hba.conf in words, with what ``samenet`` and ``samehost`` stand for on this host."""
    own = _own_networks(run) if any(row[3] in {"samenet", "samehost"} for row in rows) else {}
    return "\n".join(_rule(row, own) for row in rows)


def _rule(row: Sequence[object], own: Mapping[str, tuple[str, ...]]) -> str:
    kind, databases, users, address, mask, method, options, error, number = row
    if error is not None:
        return f"error | {_word(str(error))} | line {number}"
    addresses = own.get(str(address)) or ((_network(str(address), mask),) if address is not None else ())
    listed = [databases if isinstance(databases, list) else [], users if isinstance(users, list) else [], addresses]
    words = [",".join(_word(str(one)) for one in some) for some in listed]
    further = ",".join(_word(str(one)) for one in options) if isinstance(options, list) else ""
    return " | ".join([str(kind), *words, str(method), further])


def _word(word: str) -> str:
    """Return a name that neither holds a separator nor an end of line."""
    if re.fullmatch(r"[\w.$+/:=-]+", word):
        return word
    return json.dumps(word).replace("|", "\\u007c").replace(",", "\\u002c")


def _network(address: str, mask: object) -> str:
    """Return an address and its mask as a network, or the word or name that stands for addresses."""
    return str(ipaddress.ip_network(f"{address}/{_length(str(mask))}", strict=False)) if mask is not None else address


def _length(mask: str) -> int:
    return int(ipaddress.ip_address(mask)).bit_count()


def _own_networks(run: RunInHost) -> Mapping[str, tuple[str, ...]]:
    """Return what ``samenet`` and ``samehost`` stand for."""
    found = [one for link in json.loads(run(("ip", "-json", "address"), b"")) for one in link.get("addr_info", ())]
    interfaces = [ipaddress.ip_interface(f"{one['local']}/{one['prefixlen']}") for one in found]
    hosts = sorted({str(ipaddress.ip_network(one.ip)) for one in interfaces})
    return {"samenet": tuple(sorted({str(one.network) for one in interfaces})), "samehost": tuple(hosts)}


def _forbidden(change: StateChange) -> Thought | None:
    """Return what is forbidden of a change, or None."""
    kind, name = _kind_and_name(change.object)
    for judge in (_gone, _less_kept, _rights_gained, _less_protected):
        if sentence := judge(kind, name, change):
            return Thought("forbidden", sentence)
    return None


def _gone(kind: str, name: str, change: StateChange) -> Text | None:
    """Return what is said of a role, a database, a table or a column that was there."""
    if change.before is None:
        return None
    if change.now is None:
        known = kind in {"role", "database", "table"} and not change.field.startswith("setting ")
        return _about(kind, name, Text(fr="n'existe plus", en="is gone")) if known else None
    gone = _columns(change.before) - _columns(change.now) if change.field == "columns" else set()
    columns = ", ".join(sorted(gone))
    what = Text(fr=f"a perdu des colonnes : {columns}", en=f"has lost columns: {columns}")
    return _about(kind, name, what) if gone else None


def _less_kept(kind: str, name: str, change: StateChange) -> Text | None:
    """Return what is said of lost data, of fewer connections, and of files with which the server won't start again."""
    before, now = change.before, change.now
    if change.object == "configuration" and change.field == "errors" and now:
        return Text(
            fr=f"La configuration de PostgreSQL a une erreur, il ne redémarrera pas : {_one_line(now)}.",
            en=f"PostgreSQL's configuration has an error, it will not start again: {_one_line(now)}.",
        )
    if before is None or now is None:
        return None
    if kind in {"role", "database"} and change.field == "limit":
        return _limited(kind, name, before, now)
    if change.field == "rows" and int(now) < int(before):
        lost = Text(
            fr=f"a perdu des données ({now} au lieu de {before} lignes)",
            en=f"has lost data ({now} instead of {before} rows)",
        )
        return _about(kind, name, lost)
    return None


def _rights_gained(kind: str, name: str, change: StateChange) -> Text | None:
    """Return what is said of rights that a role has, or that an object gives, and that were not there before."""
    field, before, now = change.field, change.before, change.now
    if now is None:
        return None
    if kind == "role" and field in _RIGHTS and now == "yes" != before:
        # A new role has no rights yet by being allowed to log in.
        return None if field == "login" and before is None else _gained(kind, name, _RIGHTS[field])
    if field in _LISTS_OF_RIGHTS and (before is not None or field == "member of"):
        added = _added(before or "", now)
        return _gained(kind, name, same(", ".join(added))) if added else None
    return None


def _less_protected(kind: str, name: str, change: StateChange) -> Text | None:
    """Return what is said of weaker passwords, encryption and rules."""
    field, before, now = change.field, change.before, change.now
    if now is None:
        return None
    if change.object == "pg_hba.conf":
        return _lets_in(before or "", now)
    if kind == "role" and field == "password" and before:
        return _weaker_password(name, before, now)
    if field == "row security" and (before or "off") != "off" and now == "off":
        return _about(kind, name, Text(fr="n'a plus de sécurité par ligne", en="has no row security any more"))
    if kind == "setting" and field == "value" and _WEAKER.get(name) == now:
        return _about(kind, name, Text(fr=f"protège moins qu'avant : {now}", en=f"protects less than before: {now}"))
    return None


def _other(change: StateChange) -> Thought:
    """Return what is thought of a change that is not forbidden."""
    kind, name = _kind_and_name(change.object)
    field, before, now = change.field, change.before, change.now
    if field == "rows" and before is not None and now is not None:
        more = Text(fr=f"a plus de lignes : {now}, au lieu de {before}", en=f"has more rows: {now} instead of {before}")
        return Thought("harmless", _about(kind, name, more))
    if kind not in _KINDS:
        sentence = _of_file(change)
    elif field.startswith("setting "):
        sentence = _setting(kind, name, field.removeprefix("setting "), now)
    elif kind == "setting" and (before is None or now is None):
        sentence = _about(kind, name, _set(field, now))
    elif before is None:
        sentence = _about(kind, name, Text(fr="n'existait pas", en="is new"))
    elif now is None:
        sentence = _about(kind, name, Text(fr="n'existe plus", en="is gone"))
    else:
        what = _FIELDS.get(field, same(field))
        shown = _shown(field, before, now)
        changed = Text(fr=f"a changé ({what.fr}){shown.fr}", en=f"has changed ({what.en}){shown.en}")
        sentence = _about(kind, name, changed)
    return Thought("unexplained", sentence)


def _kind_and_name(called: str) -> tuple[str, str]:
    """Return of what kind an object is, and its name."""
    for kind in ("event trigger", "default rights"):
        if called.startswith(f"{kind} "):
            return kind, called.removeprefix(f"{kind} ")
    kind, _, name = called.partition(" ")
    return kind, name


def _about(kind: str, name: str, what: Text) -> Text:
    """Return a sentence about an object."""
    role, inside, database = name.partition(" in database ")
    of = _KINDS[kind]
    fr = f"« {role} » dans la base « {database} »" if inside else f"« {name} »"
    en = f"'{role}' in the database '{database}'" if inside else f"'{name}'"
    return Text(fr=f"{of.fr[0].upper()}{of.fr[1:]} {fr} {what.fr}.", en=f"{of.en} {en} {what.en}.")


def _gained(kind: str, name: str, right: Text) -> Text:
    if kind == "role":
        return _about(kind, name, Text(fr=f"a gagné un droit : {right.fr}", en=f"has gained a right: {right.en}"))
    return _about(kind, name, Text(fr=f"donne plus de droits : {right.fr}", en=f"gives more rights: {right.en}"))


def _setting(kind: str, name: str, setting: str, now: str | None) -> Text:
    if now is None:
        return _about(kind, name, Text(fr=f"n'a plus le réglage {setting}", en=f"no longer has the setting {setting}"))
    value = _one_line(now)
    return _about(kind, name, Text(fr=f"a le réglage {setting} = {value}", en=f"has the setting {setting} = {value}"))


def _set(field: str, now: str | None) -> Text:
    """Return what is said of a setting of the server that was at its default, or is again."""
    if field == "after restart":
        if now is None:
            return Text(fr="ne changera pas au redémarrage", en="will not change at a restart")
        return Text(fr=f"vaudra {now} après un redémarrage", en=f"will be {now} after a restart")
    if now is None:
        return Text(fr="a de nouveau sa valeur par défaut", en="has its default value again")
    return Text(fr=f"n'a plus sa valeur par défaut ({now})", en=f"no longer has its default value ({now})")


def _shown(field: str, before: str, now: str) -> Text:
    """Return both values where they are short and no secret's."""
    if field == "password" or any("\n" in value or len(value) > _SHORT for value in (before, now)):
        return same("")
    first, then = before or "-", now or "-"
    return Text(fr=f" : {then}, au lieu de {first}", en=f": {then} instead of {first}")


_SHORT = 60


def _one_line(text: str) -> str:
    return ", ".join(text.split("\n"))


def _limited(kind: str, name: str, before: str, now: str) -> Text | None:
    """Return what is said of a limit that lets fewer connections in than before."""
    if now == "none" or (before != "none" and int(now) >= int(before)):
        return None
    what = Text(
        fr=f"n'a plus droit qu'à {_count(now)} à la fois",
        en=f"is now allowed {now} connection{'' if now == '1' else 's'} at once",
    )
    return _about(kind, name, what)


def _count(connections: str) -> str:
    return f"{connections} connexion" + ("s" if int(connections) > 1 else "")


def _weaker_password(name: str, before: str, now: str) -> Text | None:
    if not now:
        return _about("role", name, Text(fr="n'a plus de mot de passe", en="no longer has a password"))
    if before.startswith("SCRAM") and not now.startswith("SCRAM"):
        what = Text(fr="a un mot de passe gardé moins sûrement", en="has a password that is kept less safely")
        return _about("role", name, what)
    return None


def _added(before: str, now: str) -> list[str]:
    """Return what a list of rights gives that it did not give before: ``shop=r`` or a role's name."""
    had, has = _rights(before), _rights(now)
    return [
        f"{who}={''.join(sorted(more))}" if more != {""} else who
        for who, rights in has.items()
        if (more := rights - had.get(who, set()))
    ]


def _rights(value: str) -> dict[str, set[str]]:
    """Return who has which rights, of a list as PostgreSQL writes it: ``shop=arwd/postgres``, or of role names."""
    found: dict[str, set[str]] = {}
    for line in filter(None, value.split("\n")):
        who, equals, rest = line.partition("=")
        found.setdefault(who, set()).update(re.findall(r"[A-Za-z]\*?", rest.partition("/")[0]) if equals else {""})
    return found


def _columns(value: str) -> set[str]:
    """Return the columns' names, as SQL quotes them."""
    return set(re.findall(r'^("(?:[^"]|"")+"|\S+)', value, re.MULTILINE))


def _lets_in(before: str, now: str) -> Text | None:
    """Return what pg_hba.conf lets in that it did not let in before."""
    broken = [line for line in now.split("\n") if line.startswith("error | ")]
    if broken:
        _, error, place = broken[0].split(" | ")
        number = place.removeprefix("line ")
        return Text(
            fr=f"pg_hba.conf a une erreur à la ligne {number}, PostgreSQL ne redémarrera pas : {error}.",
            en=f"pg_hba.conf has an error in line {number}, PostgreSQL will not start again: {error}.",
        )
    had, has = _lines(before), _lines(now)
    refused = [line for line in had if line.method == "reject" and line not in has]
    if refused:
        text = _written(refused[0])
        return Text(fr=f"pg_hba.conf ne refuse plus : {text}.", en=f"pg_hba.conf no longer refuses: {text}.")
    for line in has:
        if line.method == "reject" or line in had:
            continue
        weak = line.method in _WITHOUT_PASSWORD
        others = [one for one in had if one.method != "reject" and (not weak or one.method == line.method)]
        if all(_covered(line, database, user, others) for database in line.databases for user in line.users):
            continue
        text = _written(line)
        if weak:
            return Text(
                fr=f"pg_hba.conf laisse entrer sans mot de passe protégé : {text}.",
                en=f"pg_hba.conf lets in without a protected password: {text}.",
            )
        return Text(fr=f"pg_hba.conf laisse entrer plus qu'avant : {text}.", en=f"pg_hba.conf lets in more: {text}.")
    return None


def _lines(rules: str) -> list[_Line]:
    """Return the lines that ``_rules`` wrote."""
    found = []
    for line in rules.split("\n"):
        if line and not line.startswith("error | "):
            kind, databases, users, addresses, method, options = line.split(" | ")
            lists = [tuple(filter(None, some.split(","))) for some in (databases, users, addresses)]
            found.append(_Line(kind, lists[0], lists[1], lists[2], method, options))
    return found


def _written(line: _Line) -> str:
    return " ".join(filter(None, [line.type, *(",".join(some) for some in line[1:4]), line.method, line.options]))


def _covered(line: _Line, database: str, user: str, others: Sequence[_Line]) -> bool:
    """Return whether one of a line's databases and users was let in from all its addresses, no less encrypted."""
    own = user if database == "sameuser" else database
    databases = {database, own} | ({"all"} if database != "replication" else set())
    databases |= {"sameuser"} if own == user else set()
    allowed = [
        one
        for one in others
        if databases & {*one.databases} and {user, "all"} & {*one.users}
        if one.type == line.type or (one.type == "host" and line.type != "local")
    ]
    if line.type == "local":
        return bool(allowed)
    words = {address for one in allowed for address in one.addresses}
    return all(_within(address, words) for address in line.addresses)


def _within(address: str, words: set[str]) -> bool:
    """Return whether an address of a line lies within others; what a host's name stands for is not known here."""
    if "all" in words or address in words:
        return True
    try:
        network = ipaddress.ip_network(address)
    except ValueError:
        return address != "all" and not address.startswith(".") and bool(words)
    if isinstance(network, ipaddress.IPv4Network):
        fours = [one for one in _networks(words) if isinstance(one, ipaddress.IPv4Network)]
        return any(network.subnet_of(one) for one in ipaddress.collapse_addresses(fours))
    sixes = [one for one in _networks(words) if isinstance(one, ipaddress.IPv6Network)]
    return any(network.subnet_of(one) for one in ipaddress.collapse_addresses(sixes))


def _networks(words: Iterable[str]) -> Iterator[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """Yield those of some words that are networks."""
    for word in words:
        with suppress(ValueError):
            yield ipaddress.ip_network(word)


def _of_file(change: StateChange) -> Text:
    """Return the sentence about a change of a file that PostgreSQL reads."""
    if change.field == "loaded" and change.now == "no":
        return Text(
            fr="PostgreSQL n'a pas relu ses fichiers de configuration depuis qu'ils ont changé.",
            en="PostgreSQL has not read its configuration files since they changed.",
        )
    if change.object == "configuration":
        return Text(fr="La configuration de PostgreSQL a changé.", en="PostgreSQL's configuration has changed.")
    return Text(
        fr=f"Les règles de {change.object} de PostgreSQL ont changé.",
        en=f"The rules of PostgreSQL's {change.object} have changed.",
    )
