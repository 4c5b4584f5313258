"""What state a domain of Samba is in: its accounts, groups, policies and the names in its DNS.

The controller's own database is read (``/var/lib/samba/private/sam.ldb``, where Debian has it), which no service and no
right hides. With two controllers, each has its own copy.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import ipaddress
import re
import struct
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from orchestrator.core.text import Text
from orchestrator.fabric.fabric_interface import StateChange
from orchestrator.sound_state.provider import Objects, RunInHost, Thought

_CLASSES: Final = (
    *("user", "group", "organizationalUnit", "domainDNS", "groupPolicyContainer", "msDS-PasswordSettings"),
    *("trustedDomain", "nTDSDSA", "site", "subnet", "dnsZone", "dnsNode"),
)
"""Of what objects the state is told; a computer is a user."""
_POLICY: Final = (
    *("minPwdLength", "pwdHistoryLength", "pwdProperties", "minPwdAge", "maxPwdAge"),
    *("lockoutThreshold", "lockoutDuration", "lockOutObservationWindow"),
    *("msDS-MinimumPasswordLength", "msDS-PasswordHistoryLength", "msDS-PasswordComplexityEnabled"),
    *("msDS-MinimumPasswordAge", "msDS-MaximumPasswordAge", "msDS-LockoutThreshold", "msDS-LockoutDuration"),
    *("msDS-LockoutObservationWindow", "msDS-PasswordReversibleEncryptionEnabled", "msDS-PasswordSettingsPrecedence"),
    *("msDS-PSOAppliesTo", "ms-DS-MachineAccountQuota"),
)
_ATTRIBUTES: Final = (
    *("objectClass", "sAMAccountName", "userPrincipalName", "displayName", "description", "mail", "dNSHostName"),
    *("userAccountControl", "accountExpires", "lockoutTime", "pwdLastSet", "unicodePwd", "primaryGroupID", "member"),
    *("groupType", "servicePrincipalName", "sIDHistory", "msDS-SupportedEncryptionTypes"),
    *("msDS-AllowedToDelegateTo", "msDS-AllowedToActOnBehalfOfOtherIdentity", "userWorkstations", "logonHours"),
    *("scriptPath", "profilePath", "homeDirectory", "homeDrive"),
    *("uidNumber", "gidNumber", "loginShell", "unixHomeDirectory"),
    *("gPLink", "gPOptions", "gPCFileSysPath", "flags", "options", "siteObject"),
    *("trustDirection", "trustAttributes", "trustType", "nTSecurityDescriptor", "dnsRecord", "dNSTombstoned"),
    *_POLICY,
)
"""What is configured. All else is left out: who changed what when, logins, replication, what is worked out."""
_FILTER = "(|" + "".join(f"(objectClass={name})" for name in _CLASSES) + ")"
_SEARCH = ("/usr/bin/ldbsearch", "-H", "/var/lib/samba/private/sam.ldb", "--cross-ncs", _FILTER, *_ATTRIBUTES)

_ROOT_SERVERS = re.compile(r"\bDC=RootDNSServers,", re.IGNORECASE)
"""Addresses that came with Samba, and that it does not use."""
_NEVER = 2**63
_DIGESTS = {"unicodepwd", "ntsecuritydescriptor", "msds-allowedtoactonbehalfofotheridentity"}
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
    **dict.fromkeys(("lockoutduration", "msds-lockoutduration"), _longer),
    **dict.fromkeys(("lockoutobservationwindow", "msds-lockoutobservationwindow"), _longer),
    "pwdproperties": lambda value: (value & _COMPLEX) - (value & _CLEAR_TEXT),
}
"""A password policy's numbers -> how strict a value is."""
_SWITCHES = {"msds-passwordcomplexityenabled": "FALSE", "msds-passwordreversibleencryptionenabled": "TRUE"}
"""A password policy's switches -> the position that protects less."""


class SambaAdState:
    """The provider of the state of a domain, as one of its controllers keeps it."""

    name = "samba_ad"

    def look(self, run: RunInHost) -> Objects:
        """Return each object of the domain with what is configured of it; a name of DNS without records is none.

        Raises:
            LabError: the controller's database cannot be read.
        """
        return dict(_objects(run(_SEARCH, b"")))

    def think(self, change: StateChange) -> Thought:
        """See ``Provider.think``."""
        for judge in (_gone, _rights_gained, _flags_weaker, _policy_weaker):
            if what := judge(change):
                return Thought("forbidden", _about(change, what))
        return Thought("unexplained", _about(change, _changed(change)))


def _objects(ldif: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the objects that ldbsearch printed: it folds long lines."""
    for record in ldif.replace("\n ", "").split("\n\n"):
        attributes: dict[str, list[bytes]] = defaultdict(list)
        for line in record.split("\n"):
            name, colon, value = line.partition(":")
            if colon and not line.startswith("#"):
                attributes[name].append(_decoded(value))
        dn = attributes.pop("dn", [b""])[0].decode(errors="replace")
        if not dn:
            continue
        values = ((name, _value(name.lower(), some)) for name, some in attributes.items() if name != "dNSTombstoned")
        fields = {name: value for name, value in values if value}
        if b"dnsNode" in attributes["objectClass"]:
            fields.pop("nTSecurityDescriptor", None)  # depends on who registered the name last
            if "dnsRecord" not in fields:
                continue
        if not _ROOT_SERVERS.search(dn):
            yield dn.lower(), fields


def _decoded(value: str) -> bytes:
    """Return a value of LDIF."""
    if not value.startswith(":"):
        return value.removeprefix(" ").encode()
    try:
        return base64.b64decode(value[1:].strip())
    except binascii.Error:
        return value.encode()


def _value(key: str, values: list[bytes]) -> str:
    """Return an attribute's values as they are kept; nothing for a value that says the same as none."""
    if key == "dnsrecord":
        return "\n".join(sorted(filter(None, map(_record, values))))
    if key in _DIGESTS:
        return "\n".join(sorted(hashlib.sha256(value).hexdigest()[:16] for value in values))
    first = values[0].decode(errors="replace")
    if key == "lockouttime":
        return "locked" if first != "0" else ""
    if key == "pwdlastset":
        return "to be changed at the next login" if first == "0" else ""
    if key == "accountexpires":
        return "" if first in {"0", str(_NEVER - 1)} else first
    return "\n".join(sorted(map(_text, values)))


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.hex()


def _record(value: bytes) -> str:
    """Return a DNS record as the directory keeps it ([MS-DNSP] 2.3.2.2), without serial number and time stamp."""
    if len(value) < _RECORD.size:
        return value.hex()
    length, kind = _RECORD.unpack_from(value)[:2]
    ttl = struct.unpack_from(">I", value, 12)[0]
    data = value[_RECORD.size : _RECORD.size + length]
    name = _TYPES.get(kind)
    if kind == 0:  # the tombstone of a record that was removed
        return ""
    try:
        shown = _data(name, data) if name else data.hex()
    except (IndexError, ValueError, struct.error):
        shown = data.hex()
    return f"{name or f'TYPE{kind}'} {shown} ttl={ttl}"


_RECORD: Final = struct.Struct("<HHBBHIIII")
_TYPES: Final = {1: "A", 2: "NS", 5: "CNAME", 6: "SOA", 12: "PTR", 15: "MX", 16: "TXT", 28: "AAAA", 33: "SRV"}


def _data(kind: str, data: bytes) -> str:
    """Return what a record says.

    Raises:
        IndexError: it is too short.
        ValueError: it is no address.
        struct.error: it is too short.
    """
    match kind:
        case "A" | "AAAA":
            return str(ipaddress.ip_address(data))
        case "MX":
            return f"{struct.unpack_from('>H', data)[0]} {_name(data[2:])[0]}"
        case "SRV":
            priority, weight, port = struct.unpack_from(">HHH", data)
            return f"{priority} {weight} {port} {_name(data[6:])[0]}"
        case "SOA":  # its serial number comes first
            times = " ".join(map(str, struct.unpack_from(">IIII", data, 4)))
            server, rest = _name(data[20:])
            return f"{server} {_name(rest)[0]} {times}"
        case "TXT":
            return " ".join(_strings(data))
        case _:
            return _name(data)[0]


def _name(data: bytes) -> tuple[str, bytes]:
    """Return a name at the beginning of some data, and what comes after it: length, count of labels, labels."""
    length, labels = data[0], data[1]
    found, at = [], 2
    for _ in range(labels):
        found.append(data[at + 1 : at + 1 + data[at]].decode(errors="replace"))
        at += 1 + data[at]
    return ".".join(found).lower(), data[2 + length :]


def _strings(data: bytes) -> Iterator[str]:
    while data:
        yield repr(data[1 : 1 + data[0]].decode(errors="replace"))
        data = data[1 + data[0] :]


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
