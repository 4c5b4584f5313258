"""What the state of a Samba domain is, of what ldbsearch printed, and what is thought of each change of it."""

from __future__ import annotations

import base64
from collections.abc import Sequence

import pytest

from grader.report import Standing
from orchestrator.fabric.fabric_interface import StateChange
from orchestrator.sound_state.provider import ApplicationProvider
from orchestrator.sound_state.samba_ad_state import SambaAdState

PRINTED = """\
# record 1
dn: CN=PC1,OU=Postes,DC=brocelia,DC=internal
objectClass: top
objectClass: user
objectClass: computer
pwdLastSet: 134403604190533788
unicodePwd:: l3FFP1UJm+1NAFYejfuL8w==
accountExpires: 9223372036854775807
lockoutTime: 0
nTSecurityDescriptor: O:DAG:DAD:AI(A;;CCDCLCSWRPWPDTLOCRSDRCWDWO;;;DA)(A;;CCDC
 LCSWRPWPDTLOCRSDRCWDWO;;;AO)
servicePrincipalName: HOST/pc1.brocelia.internal
servicePrincipalName: HOST/PC1
userAccountControl: 4096

# record 2
dn:: Q049SMOpbMOobmUgTWFyY2hhbmQsT1U9U2FsYXJpZXMsREM9YnJvY2VsaWEsREM9aW50ZXJuYWw=
objectClass: user
displayName:: SMOpbMOobmUgTWFyY2hhbmQ=
pwdLastSet: 0
lockoutTime: 134404219146147650
sIDHistory:: /wA=

# record 3
dn: DC=@,DC=brocelia.internal,CN=MicrosoftDNS,DC=DomainDnsZones,DC=brocelia,DC=internal
objectClass: top
objectClass: dnsNode
nTSecurityDescriptor: O:SYG:SY
dnsRecord:: TQAGAAXwAAACAAAAAAAOEAAAAAAAAAAAAAAAAgAAA4QAAAJYAAFRgAAADhAXAwNkYz
 EIYnJvY2VsaWEIaW50ZXJuYWwAHgMKaG9zdG1hc3Rlcghicm9jZWxpYQhpbnRlcm5hbAA=
dnsRecord:: GQACAAXwAABuAAAAAAADhAAAAAAAAAAAFwMDZGMxCGJyb2NlbGlhCGludGVybmFsAA
 ==
dnsRecord:: BAABAAXwAABuAAAAAAADhAAAAAAAAAAAwKgoCg==

# record 4
dn: DC=_kerberos._tcp,DC=brocelia.internal,CN=MicrosoftDNS,DC=DomainDnsZones,DC=brocelia,DC=internal
objectClass: dnsNode
dnsRecord:: HwAhAAXwAAABAAAAAAADhAAAAAAAAAAAAAAAZABYFwMDZGMxCGJyb2NlbGlhCGludG
 VybmFsAA==

# record 5
dn: DC=files1,DC=brocelia.internal,CN=MicrosoftDNS,DC=DomainDnsZones,DC=brocelia,DC=internal
objectClass: dnsNode
dNSTombstoned: TRUE
dnsRecord:: CAAAAAUAAABuAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=

# record 6
dn: DC=a.root-servers.net,DC=RootDNSServers,CN=MicrosoftDNS,CN=System,DC=brocelia,DC=internal
objectClass: dnsNode
dnsRecord:: BAABAAUIAAAAAAAAAAAAAAAAAAAAAAAAxikABA==

# Referral
ref: ldap://brocelia.internal/CN=Configuration,DC=brocelia,DC=internal

# returned 7 records
# 6 entries
# 1 referrals
"""
PC1 = "cn=pc1,ou=postes,dc=brocelia,dc=internal"
HELENE = "cn=hélène marchand,ou=salaries,dc=brocelia,dc=internal"
ZONE = "dc=brocelia.internal,cn=microsoftdns,dc=domaindnszones,dc=brocelia,dc=internal"
DOMAIN = "dc=brocelia,dc=internal"
ADMINS = "cn=domain admins,cn=users,dc=brocelia,dc=internal"


def ldbsearch(argv: Sequence[str], stdin: bytes) -> str:
    assert argv[0] == "/usr/bin/ldbsearch"
    assert not stdin
    return PRINTED


def told(ldif: str) -> dict[str, dict[str, str]]:
    return {name: dict(fields) for name, fields in SambaAdState().look(lambda _argv, _stdin: ldif).items()}


def thought(called: str, field: str, before: str | None, now: str | None) -> tuple[Standing, str, str]:
    standing, sentence = SambaAdState().think(StateChange("dc1", "samba_ad", called, field, before, now))
    return standing, sentence.fr, sentence.en


def test_objects_are_told_without_what_changes_by_itself() -> None:
    provider: ApplicationProvider = SambaAdState()
    assert provider.name == "samba_ad"
    assert provider.look(ldbsearch) == {
        PC1: {
            "objectClass": "computer\ntop\nuser",
            "unicodePwd": "2f1a4f4eef44ac52",
            "nTSecurityDescriptor": "e1534acf8fcb97d9",
            "servicePrincipalName": "HOST/PC1\nHOST/pc1.brocelia.internal",
            "userAccountControl": "4096",
        },
        HELENE: {
            "objectClass": "user",
            "displayName": "Hélène Marchand",
            "pwdLastSet": "to be changed at the next login",
            "lockoutTime": "locked",
            "sIDHistory": "ff00",
        },
        f"dc=@,{ZONE}": {
            "objectClass": "dnsNode\ntop",
            "dnsRecord": "A 192.168.40.10 ttl=900\n"
            "NS dc1.brocelia.internal ttl=900\n"
            "SOA dc1.brocelia.internal hostmaster.brocelia.internal 900 600 86400 3600 ttl=3600",
        },
        f"dc=_kerberos._tcp,{ZONE}": {
            "objectClass": "dnsNode",
            "dnsRecord": "SRV 0 100 88 dc1.brocelia.internal ttl=900",
        },
    }


@pytest.mark.parametrize(
    ("kind", "data", "shown"),
    [
        (28, bytes.fromhex("20010db8000000000000000000000001"), "AAAA 2001:db8::1 ttl=900"),
        (15, b"\x00\x0a\x06\x01\x04mail\x00", "MX 10 mail ttl=900"),
        (16, b"\x05v=spf\x02ok", "TXT 'v=spf' 'ok' ttl=900"),
        (12, b"\x06\x01\x04PC1x\x00", "PTR pc1x ttl=900"),
        (1, b"\x01", "A 01 ttl=900"),
        (33, b"\x01", "SRV 01 ttl=900"),
        (99, b"\x01\x02", "TYPE99 0102 ttl=900"),
    ],
)
def test_records_of_all_kinds_are_told(kind: int, data: bytes, shown: str) -> None:
    head = len(data).to_bytes(2, "little") + kind.to_bytes(2, "little") + b"\x05\xf0\0\0\x6e\0\0\0"
    record = base64.b64encode(head + (900).to_bytes(4, "big") + bytes(8) + data).decode()
    said = told(f"dn: DC=x,{ZONE}\nobjectClass: dnsNode\ndnsRecord:: {record}\n")
    assert said[f"dc=x,{ZONE}"]["dnsRecord"] == shown


@pytest.mark.parametrize(
    ("called", "field", "before", "now", "what"),
    [
        (PC1, "objectClass", "user", None, "is gone"),
        (ADMINS, "member", "CN=A", "CN=A\nCN=B", "gives its rights to administer to: CN=B"),
        (HELENE, "primaryGroupID", "513", "512", "has gained the rights of the group Domain Admins"),
        (HELENE, "sIDHistory", None, "ff00", "has gained another account's rights (sIDHistory)"),
        (PC1, "msDS-AllowedToDelegateTo", None, "cifs/x", "has gained a right of delegation"
            " (msDS-AllowedToDelegateTo)"),
        (HELENE, "userAccountControl", "512", "544", "is less protected: no password required (PASSWD_NOTREQD)"),
        (HELENE, "userAccountControl", "512", "4260352", "is less protected: a password that never expires"
            " (DONT_EXPIRE_PASSWORD), Kerberos without preauthentication (DONT_REQ_PREAUTH)"),
        (PC1, "userAccountControl", "4096", "528384", "is less protected: delegation (TRUSTED_FOR_DELEGATION)"),
        ("cn=guest,dc=x", "userAccountControl", "66082", "66080", "is no longer disabled"),
        (PC1, "msDS-SupportedEncryptionTypes", "24", "28", "accepts a weak encryption (DES or RC4)"),
        (HELENE, "unicodePwd", "a", None, "no longer has a password"),
        (DOMAIN, "minPwdLength", "7", "0", "protects accounts less: minPwdLength = 0 instead of 7"),
        (DOMAIN, "pwdProperties", "1", "0", "protects accounts less: pwdProperties = 0 instead of 1"),
        (DOMAIN, "pwdProperties", "1", "17", "protects accounts less: pwdProperties = 17 instead of 1"),
        (DOMAIN, "lockoutThreshold", "5", "0", "protects accounts less: lockoutThreshold = 0 instead of 5"),
        (DOMAIN, "lockoutThreshold", "5", "50", "protects accounts less: lockoutThreshold = 50 instead of 5"),
        (DOMAIN, "lockoutDuration", "-18000000000", "-600000000", "protects accounts less: lockoutDuration ="
            " -600000000 instead of -18000000000"),
        (DOMAIN, "maxPwdAge", "-36288000000000", "-9223372036854775808", "protects accounts less: maxPwdAge ="
            " -9223372036854775808 instead of -36288000000000"),
        (DOMAIN, "lockoutDuration", "0", "-18000000000", "protects accounts less: lockoutDuration ="
            " -18000000000 instead of 0"),
        ("cn=strict,dc=x", "msDS-PasswordComplexityEnabled", "TRUE", "FALSE", "protects accounts less:"
            " msDS-PasswordComplexityEnabled = FALSE instead of TRUE"),
    ],
)  # fmt: skip
def test_what_is_forbidden(called: str, field: str, before: str | None, now: str | None, what: str) -> None:
    standing, _, english = thought(called, field, before, now)
    assert (standing, english) == ("forbidden", f"In the Samba domain, the object '{called}' {what}.")


@pytest.mark.parametrize(
    ("called", "field", "before", "now", "what"),
    [
        ("cn=new,dc=x", "objectClass", None, "user", "n'existait pas"),
        ("cn=new,dc=x", "userAccountControl", None, "512", "a changé (userAccountControl : + 512)"),
        (ADMINS, "member", "CN=A\nCN=B", "CN=A", "a changé (member : - CN=B)"),
        ("cn=direction,dc=x", "member", "CN=A", "CN=A\nCN=B", "a changé (member : + CN=B)"),
        (HELENE, "unicodePwd", "a", "b", "a un autre mot de passe"),
        (HELENE, "lockoutTime", None, "locked", "est verrouillé"),
        (HELENE, "lockoutTime", "locked", None, "n'est plus verrouillé"),
        (HELENE, "pwdLastSet", None, "to be changed at the next login", "doit changer de mot de passe"),
        (HELENE, "userAccountControl", "512", "514", "a changé (userAccountControl : + 514; - 512)"),
        (HELENE, "nTSecurityDescriptor", "a", "b", "a d'autres droits d'accès"),
        (DOMAIN, "lockoutThreshold", "0", "5", "a changé (lockoutThreshold : + 5; - 0)"),
        (DOMAIN, "lockoutDuration", "-18000000000", "0", "a changé (lockoutDuration : + 0; - -18000000000)"),
        (DOMAIN, "lockoutDuration", "-18000000000", "-9223372036854775808", "a changé (lockoutDuration :"
            " + -9223372036854775808; - -18000000000)"),
    ],
)  # fmt: skip
def test_what_is_to_explain(called: str, field: str, before: str | None, now: str | None, what: str) -> None:
    standing, french, _ = thought(called, field, before, now)
    assert (standing, french) == ("unexplained", f"Dans le domaine Samba, l'objet « {called} » {what}.")


def test_a_name_of_dns_is_called_as_it_is_asked_for() -> None:
    assert thought(f"dc=_kerberos._tcp,{ZONE}", "objectClass", "dnsNode", None) == (
        "forbidden",
        "Dans le DNS du domaine, le nom « _kerberos._tcp.brocelia.internal » n'existe plus.",
        "In the domain's DNS, the name '_kerberos._tcp.brocelia.internal' is gone.",
    )
    assert thought(f"dc=@,{ZONE}", "dnsRecord", "A 10.0.0.1 ttl=900", "A 10.0.0.2 ttl=900") == (
        "unexplained",
        "Dans le DNS du domaine, le nom « brocelia.internal » a changé"
        " (dnsRecord : + A 10.0.0.2 ttl=900; - A 10.0.0.1 ttl=900).",
        "In the domain's DNS, the name 'brocelia.internal' has changed"
        " (dnsRecord: + A 10.0.0.2 ttl=900; - A 10.0.0.1 ttl=900).",
    )
