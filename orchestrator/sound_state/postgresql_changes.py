"""What is thought of a change of a PostgreSQL server's state: of its roles, data, rights, settings and rules."""

from __future__ import annotations

import re

from orchestrator.core.text import Text, same
from orchestrator.fabric.fabric_interface import StateChange
from orchestrator.sound_state.access_rules import lets_in_more
from orchestrator.sound_state.provider import Thought

_RIGHTS = {
    "superuser": Text(fr="superutilisateur", en="superuser"),
    "createrole": Text(fr="créer des rôles", en="create roles"),
    "createdb": Text(fr="créer des bases", en="create databases"),
    "login": Text(fr="se connecter", en="log in"),
    "bypassrls": Text(fr="contourner la sécurité par ligne", en="bypass row security"),
    "replication": Text(fr="répliquer le serveur", en="replicate the server"),
}
LISTS_OF_RIGHTS = ("rights", "rights on columns", "member of")
"""Fields that list who may do what."""
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
_BY_DEFAULT = {"ssl": "off", "password_encryption": "scram-sha-256"}
"""Setting -> its value where none is set."""


def think_of_postgresql(change: StateChange) -> Thought:
    """Return what is thought of a change that ``PostgresqlState`` told.

    Args:
        change: of one field of an object.
    """
    return _forbidden(change) or _other(change)


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
    if field == "owner" and before is not None and kind in _KINDS:
        what = Text(fr=f"appartient à {now} (avant : {before})", en=f"belongs to {now} (before: {before})")
        return _about(kind, name, what)
    if field in LISTS_OF_RIGHTS and (before is not None or field == "member of"):
        added = _added(before or "", now)
        return _gained(kind, name, same(", ".join(added))) if added else None
    return None


def _less_protected(kind: str, name: str, change: StateChange) -> Text | None:
    """Return what is said of weaker passwords, encryption and rules."""
    field, before, now = change.field, change.before, change.now
    if kind == "setting" and field == "value" and name in _WEAKER:
        return _weaker_setting(name, before or _BY_DEFAULT[name], now or _BY_DEFAULT[name])
    if now is None:
        return None
    if change.object == "pg_hba.conf":
        return lets_in_more(before or "", now)
    if kind == "role" and field == "password" and before:
        return _weaker_password(name, before, now)
    if field == "row security" and (before or "off") != "off" and now == "off":
        return _about(kind, name, Text(fr="n'a plus de sécurité par ligne", en="has no row security any more"))
    return None


def _other(change: StateChange) -> Thought:
    """Return what is thought of a change that is not forbidden."""
    kind, name = _kind_and_name(change.object)
    field, before, now = change.field, change.before, change.now
    if field == "rows" and before is not None and now is not None:
        more = Text(fr=f"a plus de lignes : {now}, au lieu de {before}", en=f"has more rows: {now} instead of {before}")
        return Thought("harmless", _about(kind, name, more))
    if field == "pending restart" and (before is None or now is None):  # its value has come or gone as well
        what = _FIELDS[field]
        return Thought("harmless", _about(kind, name, Text(fr=f"a changé ({what.fr})", en=f"has changed ({what.en})")))
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


_FEW = 10
"""Connections that an application with a pool for its visitors opens at once, at least."""


def _one_line(text: str) -> str:
    return ", ".join(text.split("\n"))


def _limited(kind: str, name: str, before: str, now: str) -> Text | None:
    """Return what is said of a limit that lets in too few connections, and fewer than before.

    A wider one keeps nobody out, and may be a good idea: its author explains it.
    """
    if now == "none" or int(now) >= _FEW or (before != "none" and int(now) >= int(before)):
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


def _weaker_setting(name: str, before: str, now: str) -> Text | None:
    if before == now or now != _WEAKER[name]:
        return None
    return _about("setting", name, Text(fr=f"protège moins qu'avant : {now}", en=f"protects less than before: {now}"))


def _added(before: str, now: str) -> list[str]:
    """Return what a list of rights gives that it did not give before: ``shop=r`` or a role's name.

    Who may grant a right to others (``r*``) has it too.
    """
    had, has = _rights(before), _rights(now)
    for rights in had.values():
        rights |= {right.removesuffix("*") for right in rights}
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
