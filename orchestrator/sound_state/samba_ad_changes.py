"""What is thought of a change of a Samba domain: of its accounts, groups, policies and the names in its DNS."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from orchestrator.core.text import Text
from orchestrator.fabric.fabric_interface import StateChange
from orchestrator.sound_state.provider import Thought

_NEVER = 2**63
"""No time and no number is as much."""
_ADMINISTRATION = {
    *("domain admins", "enterprise admins", "administrators", "schema admins", "account operators"),
    *("backup operators", "server operators", "print operators", "dnsadmins", "group policy creator owners"),
}
_ADMINISTRATING_GROUPS = {"512": "Domain Admins", "516": "Domain Controllers", "518": "Schema Admins",
                          "519": "Enterprise Admins", "544": "Administrators"}  # fmt: skip
"""The last number of a group's SID, which ``primaryGroupID`` names -> its name."""
_WEAK_FLAGS: Final = {
    0x20: Text(fr="aucun mot de passe exigé (PASSWD_NOTREQD)", en="no password required (PASSWD_NOTREQD)"),
    0x80: Text(fr="mot de passe déchiffrable (ENCRYPTED_TEXT_PWD_ALLOWED)",
               en="a password that can be decrypted (ENCRYPTED_TEXT_PWD_ALLOWED)"),
    0x2000: Text(fr="contrôleur de domaine (SERVER_TRUST_ACCOUNT)", en="domain controller (SERVER_TRUST_ACCOUNT)"),
    0x10000: Text(fr="mot de passe sans expiration (DONT_EXPIRE_PASSWORD)",
                  en="a password that never expires (DONT_EXPIRE_PASSWORD)"),
    0x80000: Text(fr="délégation (TRUSTED_FOR_DELEGATION)", en="delegation (TRUSTED_FOR_DELEGATION)"),
    0x200000: Text(fr="chiffrement DES (USE_DES_KEY_ONLY)", en="DES encryption (USE_DES_KEY_ONLY)"),
    0x400000: Text(fr="Kerberos sans préauthentification (DONT_REQ_PREAUTH)",
                   en="Kerberos without preauthentication (DONT_REQ_PREAUTH)"),
    0x1000000: Text(fr="délégation au nom de tous (TRUSTED_TO_AUTH_FOR_DELEGATION)",
                    en="delegation for anybody (TRUSTED_TO_AUTH_FOR_DELEGATION)"),
}  # fmt: skip
"""Flag of ``userAccountControl`` -> what an account with it may do, or need not do."""
_DISABLED = 0x2
_WEAK_ENCRYPTION = 0x7
"""Two kinds of DES, and RC4."""
_COMPLEX, _CLEAR_TEXT = 0x1, 0x10
"""Bits of ``pwdProperties``."""

_Strictness = Callable[[int], float]


def _longer(value: int) -> float:
    """Return how strict a length of time is that protects: negative, in 100 ns; the least number is for ever."""
    return abs(value)


def _locks_for(value: int) -> float:
    """Return how strict the length of a lock is; 0 and the least number are for ever."""
    return abs(value) or _NEVER


def _at_most(value: int) -> float:
    """Return how strict a highest number is; 0 is none."""
    return -value if value else -_NEVER


def _expires_within(value: int) -> float:
    """Return how strict the longest life of a password is; 0 and the least number are no limit."""
    return -abs(value) if value else -_NEVER


_LIMITS: Final[Mapping[str, _Strictness]] = {
    **dict.fromkeys(("minpwdlength", "msds-minimumpasswordlength"), float),
    **dict.fromkeys(("pwdhistorylength", "msds-passwordhistorylength"), float),
    **dict.fromkeys(("minpwdage", "msds-minimumpasswordage"), _longer),
    **dict.fromkeys(("maxpwdage", "msds-maximumpasswordage"), _expires_within),
    **dict.fromkeys(("lockoutthreshold", "msds-lockoutthreshold"), _at_most),
    **dict.fromkeys(("lockoutduration", "msds-lockoutduration"), _locks_for),
    **dict.fromkeys(("lockoutobservationwindow", "msds-lockoutobservationwindow"), _longer),
    "pwdproperties": lambda value: (value & _COMPLEX) - (value & _CLEAR_TEXT),
}
"""A password policy's numbers -> how strict a value is."""
_SWITCHES = {"msds-passwordcomplexityenabled": "FALSE", "msds-passwordreversibleencryptionenabled": "TRUE"}
"""A password policy's switches -> the position that protects less."""


def think_of_samba_ad(change: StateChange) -> Thought:
    """Return what is thought of a change that ``SambaAdState`` told.

    Args:
        change: of one attribute of an object.
    """
    for judge in (_gone, _rights_gained, _flags_weaker, _policy_weaker):
        if what := judge(change):
            return Thought("forbidden", _about(change, what))
    return Thought("unexplained", _about(change, _changed(change)))


def _lines(value: str | None) -> set[str]:
    return set(filter(None, (value or "").split("\n")))


def _added(change: StateChange) -> str:
    """Return which values there are that there were not, as one text."""
    return "; ".join(sorted(_lines(change.now) - _lines(change.before)))


def _lost(change: StateChange) -> str:
    return "; ".join(sorted(_lines(change.before) - _lines(change.now)))


def _number(value: str | None) -> int:
    return int(value) if value and re.fullmatch(r"-?\d+", value) else 0


def _common_name(dn: str) -> str:
    return dn.partition(",")[0].partition("=")[2]


def _gone(change: StateChange) -> Text | None:
    """Return what is said of an object that was there: each has classes."""
    return Text(fr="n'existe plus", en="is gone") if change.field == "objectClass" and change.now is None else None


def _rights_gained(change: StateChange) -> Text | None:
    """Return what is said of who may do more than before."""
    field, added = change.field.lower(), _added(change)
    if field == "member" and added and _common_name(change.object) in _ADMINISTRATION:
        return Text(
            fr=f"donne ses droits d'administration à : {added}", en=f"gives its rights to administer to: {added}"
        )
    if field == "primarygroupid" and (group := _ADMINISTRATING_GROUPS.get(change.now or "")):
        return Text(fr=f"a gagné les droits du groupe {group}", en=f"has gained the rights of the group {group}")
    if field == "sidhistory" and added:
        return Text(
            fr="a gagné les droits d'un autre compte (sIDHistory)",
            en="has gained another account's rights (sIDHistory)",
        )
    if field.startswith("msds-allowedto") and added:
        return Text(
            fr=f"a gagné un droit de délégation ({change.field})",
            en=f"has gained a right of delegation ({change.field})",
        )
    return None


def _flags_weaker(change: StateChange) -> Text | None:
    """Return what is said of an account that is less protected than before."""
    field, before, now = change.field.lower(), _number(change.before), _number(change.now)
    if field == "unicodepwd" and change.now is None:
        return Text(fr="n'a plus de mot de passe", en="no longer has a password")
    if field == "useraccountcontrol":
        flags = [what for flag, what in _WEAK_FLAGS.items() if now & ~before & flag]
        if flags:
            fr, en = (", ".join(one.in_(language) for one in flags) for language in ("fr", "en"))
            return Text(fr=f"est moins protégé : {fr}", en=f"is less protected: {en}")
        if before & ~now & _DISABLED and change.now is not None:
            return Text(fr="n'est plus désactivé", en="is no longer disabled")
    if field == "msds-supportedencryptiontypes" and change.before and now & ~before & _WEAK_ENCRYPTION:
        return Text(fr="accepte un chiffrement faible (DES ou RC4)", en="accepts a weak encryption (DES or RC4)")
    return None


def _policy_weaker(change: StateChange) -> Text | None:
    """Return what is said of a password policy that asks for less; what a new one changes, is not known here."""
    field = change.field.lower()
    if change.before is None:
        return None
    weaker = _SWITCHES.get(field) == change.now != change.before and field in _SWITCHES
    if field in _LIMITS:
        strictness = _LIMITS[field]
        weaker = strictness(_number(change.now)) < strictness(_number(change.before))
    if not weaker:
        return None
    now = change.now or "-"
    return Text(
        fr=f"protège moins les comptes : {change.field} = {now}, au lieu de {change.before}",
        en=f"protects accounts less: {change.field} = {now} instead of {change.before}",
    )


_TOLD: Final = {
    "unicodePwd": (
        Text(fr="n'a plus de mot de passe", en="no longer has a password"),
        Text(fr="a un autre mot de passe", en="has another password"),
    ),
    "lockoutTime": (
        Text(fr="n'est plus verrouillé", en="is no longer locked"),
        Text(fr="est verrouillé", en="is locked"),
    ),
    "pwdLastSet": (
        Text(fr="n'a plus à changer de mot de passe", en="no longer has to change the password"),
        Text(fr="doit changer de mot de passe", en="has to change the password"),
    ),
    "nTSecurityDescriptor": (
        Text(fr="n'a plus de droits d'accès", en="has no access rights any more"),
        Text(fr="a d'autres droits d'accès", en="has other access rights"),
    ),
}
"""Attribute -> what is said where it is gone, and where it is there or another one."""


def _changed(change: StateChange) -> Text:
    """Return what is said of any other change."""
    if change.field == "objectClass" and change.before is None:
        return Text(fr="n'existait pas", en="is new")
    if change.field in _TOLD:
        gone, there = _TOLD[change.field]
        return gone if change.now is None else there
    added, lost = _added(change), _lost(change)
    shown = "; ".join(f"{sign} {values}" for sign, values in (("+", added), ("-", lost)) if values)
    return Text(fr=f"a changé ({change.field} : {shown})", en=f"has changed ({change.field}: {shown})")


def _about(change: StateChange, what: Text) -> Text:
    """Return a sentence about an object: a name of DNS, or what else there is in the domain."""
    dn = change.object
    zone = re.match(r"dc=([^,]+),dc=([^,]+),cn=microsoftdns,", dn)
    if zone:
        host, domain = zone.groups()
        called = domain if host == "@" else f"{host}.{domain}"
        return Text(
            fr=f"Dans le DNS du domaine, le nom « {called} » {what.fr}.",
            en=f"In the domain's DNS, the name '{called}' {what.en}.",
        )
    return Text(
        fr=f"Dans le domaine Samba, l'objet « {dn} » {what.fr}.",
        en=f"In the Samba domain, the object '{dn}' {what.en}.",
    )
