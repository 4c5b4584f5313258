"""Writes the machines' names into the domain's zone, and takes out what the building machine left there."""

from samba.auth import system_session
from samba.dcerpc import dnsp
from samba.ndr import ndr_pack
from samba.param import LoadParm
from samba.samdb import SamDB

DOMAIN = "brocelia.internal"
MACHINES = {"files1": "192.168.40.12", "pc1": "192.168.40.21", "pc2": "192.168.40.22"}


def address(text: str) -> dnsp.DnssrvRpcRecord:
    """Return an A record as the directory keeps it."""
    record = dnsp.DnssrvRpcRecord()
    record.wType = dnsp.DNS_TYPE_A
    record.rank = dnsp.DNS_RANK_ZONE
    record.dwTtlSeconds = 900
    record.data = text
    return record


parameters = LoadParm()
parameters.load_default()
database = SamDB(session_info=system_session(), lp=parameters)
zone = f"DC={DOMAIN},CN=MicrosoftDNS,DC=DomainDnsZones,{database.domain_dn()}"
for host, where in MACHINES.items():
    entry = {"dn": f"DC={host},{zone}", "objectClass": ["top", "dnsNode"], "dnsRecord": ndr_pack(address(where))}
    database.add(entry)
for name in (f"dc1.{DOMAIN}", DOMAIN, f"gc._msdcs.{DOMAIN}", f"DomainDnsZones.{DOMAIN}", f"ForestDnsZones.{DOMAIN}"):
    try:
        _, records = database.dns_lookup(name)
    except RuntimeError:
        continue
    kept = [record for record in records if record.wType != dnsp.DNS_TYPE_AAAA]
    if len(kept) < len(records):
        database.dns_replace(name, kept)
