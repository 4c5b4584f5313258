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
from collections.abc import Iterator
from typing import Final

from orchestrator.fabric.fabric_interface import StateChange
from orchestrator.sound_state.provider import Objects, RunInHost, Thought
from orchestrator.sound_state.samba_ad_changes import think_of_samba_ad

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
_NO_DATE = str(2**63 - 1)
_DIGESTS = {"unicodepwd", "ntsecuritydescriptor", "msds-allowedtoactonbehalfofotheridentity"}


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
        return think_of_samba_ad(change)


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
        return "" if first in {"0", _NO_DATE} else first
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
