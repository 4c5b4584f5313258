"""Writes the second controller's names into the domain's zone, as samba_dnsupdate would at its first start."""

import re
from collections.abc import Iterator
from pathlib import Path

from ldb import FLAG_MOD_ADD, SCOPE_BASE, Dn, LdbError, Message, MessageElement
from samba.auth import system_session
from samba.dcerpc import dnsp
from samba.dcerpc.misc import GUID
from samba.ndr import ndr_pack, ndr_unpack
from samba.param import LoadParm
from samba.samdb import SamDB

DOMAIN = "brocelia.internal"
NAME = f"dc2.{DOMAIN}"
ADDRESS = "192.168.40.11"
UPDATE_LIST = Path("/usr/share/samba/setup/dns_update_list")
TTL = 900
HIGHEST_PRIORITY, EQUAL_WEIGHT = 0, 100


def wanted(guids: dict[str, str]) -> Iterator[tuple[str, str, int]]:
    """Yield type, name and port (0: none) of what a second controller registers."""
    for line in UPDATE_LIST.read_text(encoding="utf-8").splitlines():
        found = re.match(r"(?:\$\{IF_(?!PDC)\w+\})?(A|CNAME|NS|SRV) +(\S+) +\S+(?: +(\d+))?$", line)
        if found:
            name = found[2].replace("${HOSTNAME}", NAME).replace("${SITE}", "Default-First-Site-Name")
            name = re.sub(r"\$\{DNS(DOMAIN|FOREST)\}", DOMAIN, name)
            yield found[1], re.sub(r"\$\{(\w+)\}", lambda guid: guids[guid[1]], name), int(found[3] or 0)


def record(kind: str, port: int) -> dnsp.DnssrvRpcRecord:
    """Return a record as the directory keeps it."""
    made = dnsp.DnssrvRpcRecord()
    made.wType = getattr(dnsp, f"DNS_TYPE_{kind}")
    made.rank = dnsp.DNS_RANK_ZONE
    made.dwTtlSeconds = TTL
    if kind == "SRV":
        made.data.nameTarget = NAME
        made.data.wPort, made.data.wPriority, made.data.wWeight = port, HIGHEST_PRIORITY, EQUAL_WEIGHT
    else:
        made.data = ADDRESS if kind == "A" else NAME
    return made


parameters = LoadParm()
parameters.load_default()
database = SamDB(session_info=system_session(), lp=parameters)


def entry_of(name: str) -> str:
    """Return the DN of a name's entry, in the zone of the domain or in that of the forest."""
    forest = f"_msdcs.{DOMAIN}"
    zone, partition = (forest, "ForestDnsZones") if name.endswith(forest) else (DOMAIN, "DomainDnsZones")
    node = "@" if name == zone else name.removesuffix(f".{zone}")
    return f"DC={node},DC={zone},CN=MicrosoftDNS,DC={partition},{database.domain_dn()}"


def guid_of(dn: str) -> str:
    """Return an object's identifier."""
    (found,) = database.search(dn, scope=SCOPE_BASE, attrs=["objectGUID"])
    return str(ndr_unpack(GUID, found["objectGUID"][0]))


settings = f"CN=NTDS Settings,CN=DC2,CN=Servers,CN=Default-First-Site-Name,CN=Sites,{database.get_config_basedn()}"
identifiers = {"DOMAINGUID": guid_of(database.domain_dn()), "NTDSGUID": guid_of(settings)}
for kind, name, port in sorted(set(wanted(identifiers))):
    entry, packed = entry_of(name), ndr_pack(record(kind, port))
    try:
        database.search(entry, scope=SCOPE_BASE, attrs=[])
    except LdbError:  # the first controller has no such name
        database.add({"dn": entry, "objectClass": ["top", "dnsNode"], "dnsRecord": packed})
    else:
        more = Message(Dn(database, entry))
        more["dnsRecord"] = MessageElement(packed, FLAG_MOD_ADD, "dnsRecord")
        database.modify(more)
