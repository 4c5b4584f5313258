"""What state an OpenLDAP server is in: the entries of its configuration and of its databases.

``slapcat`` reads what the server keeps: all attributes, whatever its access rules say, and whether it runs or not. This
relies on the server reading ``/etc/ldap/slapd.d``, as Debian starts it; with another folder or file it is another
server, of which files and services tell.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping

from orchestrator.core.text import Text
from orchestrator.fabric.fabric_interface import StateChange
from orchestrator.sound_state.provider import Objects, RunInHost, Thought

_SLAPCAT = ("/usr/sbin/slapcat", "-F", "/etc/ldap/slapd.d", "-o", "ldif-wrap=no", "-n")
_BY_ITSELF = {
    # Who changed an entry and when, and numbers that the server gives.
    *("entrycsn", "contextcsn", "entryuuid", "creatorsname", "createtimestamp", "modifiersname", "modifytimestamp"),
    "structuralobjectclass",
    # What logins write, and times that tell no more than the password's own change.
    *("pwdfailuretime", "pwdlastsuccess", "authtimestamp", "pwdgraceusetime", "pwdchangedtime", "pwdhistory"),
    # What an overlay works out of the groups.
    "memberof",
}
_PASSWORDS = {"userpassword", "olcrootpw"}
_SCHEMA = {"olcattributetypes", "olcobjectclasses", "olcldapsyntaxes"}
"""Hundreds of definitions, of which a digest says whether they are others."""
_LOCKED = "pwdaccountlockedtime"
_FOR_EVER = "000001010000Z"
"""What an administrator sets: locked until an administrator unlocks it (slapo-ppolicy(5))."""
_MEMBERS = {"member", "memberuid", "uniquemember"}
_ADMINISTRATION = re.compile(r"admin|sudo|wheel|\broot\b")
_NO_LIMIT = float("inf")

_Strictness = Callable[[int], float]
_LIMITS: Mapping[str, _Strictness] = {
    **dict.fromkeys(("pwdminlength", "pwdinhistory", "pwdcheckquality", "pwdminage"), float),
    # 0 is no limit, the weakest.
    **dict.fromkeys(("pwdmaxfailure", "pwdmaxage"), lambda value: -value if value else -_NO_LIMIT),
    # 0 is for ever, the strictest.
    **dict.fromkeys(("pwdlockoutduration", "pwdfailurecountinterval"), lambda value: value or _NO_LIMIT),
    "pwdgraceauthnlimit": lambda value: -value,
}
"""A password policy's numbers -> how strict a value is; a number that is not there is 0 (slapo-ppolicy(5))."""
_SWITCHES = {"pwdlockout", "pwdmustchange", "pwdsafemodify"}
"""A password policy's switches, which protect while they are TRUE."""
_REFUSES = {"olcdisallows", "olcrequires"}
_ENCRYPTION = {"olctlscertificatefile", "olctlscertificatekeyfile"}
_VERIFY = ("never", "allow", "try", "demand")


class OpenldapState:
    """The provider of an OpenLDAP server's state."""

    name = "openldap"

    def look(self, run: RunInHost) -> Objects:
        """Return each entry with its attributes, of the configuration and of each database that keeps entries.

        Raises:
            LabError: what the server keeps cannot be read.
        """
        found = dict(_entries(run((*_SLAPCAT, "0"), b"")))
        databases = re.findall(r"^olcdatabase=\{(\d+)\}mdb,", "\n".join(found), re.MULTILINE)
        for number in databases:
            found.update(_entries(run((*_SLAPCAT, number), b"")))
        return found

    def think(self, change: StateChange) -> Thought:
        """See ``Provider.think``."""
        for judge in (_gone, _rights_gained, _password_weaker, _policy_weaker, _server_weaker):
            if what := judge(change):
                return Thought("forbidden", _about(change, what))
        return Thought("unexplained", _about(change, _changed(change)))


def _entries(ldif: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the entries that slapcat printed, without what changes by itself."""
    for record in ldif.split("\n\n"):
        attributes = defaultdict(list)
        names: dict[str, str] = {}
        for line in record.split("\n"):
            name, colon, value = line.partition(":")
            if colon and not line.startswith("#"):
                names.setdefault(name.lower(), name)
                attributes[name.lower()].append(_decoded(value))
        dn = attributes.pop("dn", [""])[0]
        if dn:
            kept = {key: values for key, values in attributes.items() if key not in _BY_ITSELF}
            yield _normal(dn), {names[key]: _value(key, values) for key, values in kept.items()}


def _decoded(value: str) -> str:
    """Return a value of LDIF as text; what is not text stays in base64."""
    if not value.startswith(":"):
        return value.removeprefix(" ")
    encoded = value[1:].strip()
    try:
        return base64.b64decode(encoded).decode()
    except (UnicodeDecodeError, binascii.Error):
        return encoded


def _normal(dn: str) -> str:
    """Return a DN as it compares."""
    return re.sub(r"\s*,\s*", ",", dn.lower())


def _value(key: str, values: list[str]) -> str:
    """Return an attribute's values as they are kept: no password, no time of a lock."""
    if key in _PASSWORDS:
        return "\n".join(sorted(map(_stored, values)))
    if key in _SCHEMA:
        return f"{len(values)} definitions, {_digest(chr(10).join(sorted(values)))}"
    if key == _LOCKED:
        return "for ever" if _FOR_EVER in values else "locked"
    return "\n".join(sorted(values))


def _stored(password: str) -> str:
    scheme = re.match(r"\{\w+\}", password)
    return f"{scheme[0].upper() if scheme else 'clear'} {_digest(password)}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _lost(change: StateChange, values: Callable[[str], set[str]]) -> str:
    """Return which values there were that are not there any more, as one text."""
    return ", ".join(sorted(values(change.before or "") - values(change.now or "")))


def _added(change: StateChange, values: Callable[[str], set[str]]) -> str:
    return ", ".join(sorted(values(change.now or "") - values(change.before or "")))


def _lines(value: str) -> set[str]:
    return set(filter(None, value.split("\n")))


def _words(value: str) -> set[str]:
    return set(value.lower().split())


def _gone(change: StateChange) -> Text | None:
    """Return what is said of an entry that was there: each has classes."""
    if change.field.lower() == "objectclass" and change.now is None:
        return Text(fr="n'existe plus", en="is gone")
    return None


def _rights_gained(change: StateChange) -> Text | None:
    """Return what is said of a group of administrators with other members, and of an account that has become root."""
    field = change.field.lower()
    if field in _MEMBERS and _ADMINISTRATION.search(change.object.partition(",")[0]):
        added, lost = _added(change, _lines), _lost(change, _lines)
        if added:
            return Text(fr=f"donne des droits d'administration à {added}", en=f"lets {added} administer")
        return Text(fr=f"n'a plus comme membre {lost}", en=f"no longer has the member {lost}")
    if field in {"uidnumber", "gidnumber"} and change.now == "0":
        return Text(fr=f"a les droits de root ({change.field} : 0)", en=f"has the rights of root ({change.field}: 0)")
    if field == "olcrootdn" and change.now:
        return Text(fr=f"a un autre administrateur : {change.now}", en=f"has another administrator: {change.now}")
    if field == "olcrootpw" and change.before is None:
        return Text(fr="a un nouveau mot de passe d'administrateur", en="has a new password of an administrator")
    return None


def _password_weaker(change: StateChange) -> Text | None:
    """Return what is said of a password that is gone or kept less safely."""
    if change.field.lower() not in _PASSWORDS or change.before is None:
        return None
    if change.now is None:
        return Text(fr="n'a plus de mot de passe", en="no longer has a password")
    if "clear " in change.now and "clear " not in change.before:
        return Text(fr="a un mot de passe en clair", en="has a password in clear")
    return None


def _policy_weaker(change: StateChange) -> Text | None:
    """Return what is said of a password policy that asks for less, or of one that is not used any more."""
    field = change.field.lower()
    weaker = False
    if field in _LIMITS:
        strictness = _LIMITS[field]
        weaker = strictness(_number(change.now)) < strictness(_number(change.before))
    elif field in _SWITCHES:
        weaker = change.before == "TRUE" != change.now
    elif field in {"olcppolicydefault", "pwdpolicysubentry"}:
        weaker = change.before is not None and change.now is None
    if not weaker:
        return None
    now = change.now or "-"
    return Text(
        fr=f"protège moins les comptes : {change.field} = {now}, au lieu de {change.before or '-'}",
        en=f"protects accounts less: {change.field} = {now} instead of {change.before or '-'}",
    )


def _number(value: str | None) -> int:
    return int(value) if value and value.isdecimal() else 0


def _server_weaker(change: StateChange) -> Text | None:
    """Return what is said of a server that encrypts less, asks for less or allows more."""
    field, before, now = change.field.lower(), change.before or "", change.now or ""
    weaker = False
    if field == "olcsecurity":
        had, has = _strengths(before), _strengths(now)
        weaker = any(has.get(name, 0) < strength for name, strength in had.items())
    elif field in _REFUSES:
        weaker = bool(_lost(change, _words))
    elif field == "olcallows":
        weaker = bool(_added(change, _words))
    elif field in _ENCRYPTION:
        weaker = bool(before) and not now
    elif field == "olctlsprotocolmin":
        weaker = _version(now) < _version(before)
    elif field == "olctlsverifyclient":
        weaker = _verification(now) < _verification(before)
    if not weaker:
        return None
    return Text(
        fr=f"protège moins les échanges : {change.field} = {now or '-'}, au lieu de {before or '-'}",
        en=f"protects what is exchanged less: {change.field} = {now or '-'} instead of {before or '-'}",
    )


def _strengths(value: str) -> dict[str, int]:
    """Return the strengths that ``olcSecurity`` asks for: ``ssf=128 tls=1``."""
    return {name: int(strength) for name, strength in re.findall(r"(\w+)=(\d+)", value.lower())}


def _version(value: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", value)))


def _verification(value: str) -> int:
    word = {"hard": "demand", "true": "demand"}.get(value, value)
    return _VERIFY.index(word) if word in _VERIFY else 0


def _changed(change: StateChange) -> Text:
    """Return what is said of any other change."""
    field = change.field
    if field.lower() == "objectclass" and change.before is None:
        return Text(fr="n'existait pas", en="is new")
    if field.lower() in _PASSWORDS:
        return Text(fr="a un autre mot de passe", en="has another password")
    if field.lower() == _LOCKED:
        if change.now is None:
            return Text(fr="n'est plus verrouillée", en="is no longer locked")
        return Text(fr="est verrouillée", en="is locked")
    if change.now is None:
        return Text(fr=f"n'a plus d'attribut {field}", en=f"no longer has the attribute {field}")
    added, lost = _added(change, _lines), _lost(change, _lines)
    parts = [(sign, values) for sign, values in (("+", added), ("-", lost)) if values]
    shown = "; ".join(f"{sign} {values}" for sign, values in parts)
    return Text(fr=f"a changé ({field} : {shown})", en=f"has changed ({field}: {shown})")


def _about(change: StateChange, what: Text) -> Text:
    """Return a sentence about an entry."""
    if change.object == "cn=config" or change.object.endswith(",cn=config"):
        fr, en = "Dans la configuration d'OpenLDAP", "In OpenLDAP's configuration"
    else:
        fr, en = "Dans l'annuaire OpenLDAP", "In the OpenLDAP directory"
    return Text(fr=f"{fr}, l'entrée « {change.object} » {what.fr}.", en=f"{en}, the entry '{change.object}' {what.en}.")
