"""What an OpenLDAP server's state is, of what slapcat printed, and what is thought of each change of it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from grader.report import Standing
from orchestrator.fabric.fabric_interface import StateChange
from orchestrator.sound_state.openldap_state import OpenldapState
from orchestrator.sound_state.provider import ApplicationProvider

CONFIGURATION = """\
dn: cn=config
objectClass: olcGlobal
cn: config
olcTLSVerifyClient: never
structuralObjectClass: olcGlobal
entryUUID: be9ac376-7f9c-1041-873b-972a452b4dd2
creatorsName: cn=config
createTimestamp: 20261128172735Z
entryCSN: 20261128172735.063128Z#000000#000#000000
modifiersName: cn=config
modifyTimestamp: 20261128172735Z

dn: cn={3}inetorgperson,cn=schema,cn=config
objectClass: olcSchemaConfig
cn: {3}inetorgperson
olcObjectClasses: {0}( 2.16.840.1.113730.3.2.2 NAME 'inetOrgPerson' )

dn: olcDatabase={0}config,cn=config
objectClass: olcDatabaseConfig
olcDatabase: {0}config

dn: olcDatabase={1}mdb,cn=config
objectClass: olcDatabaseConfig
objectClass: olcMdbConfig
olcDatabase: {1}mdb
olcSuffix: dc=valbocage,dc=internal
olcRootPW:: e1NTSEF9cHJNRXpTSzhhV0lWdjJoeTVMMDFjSmhuVTNFcE0vQ1o=

"""
DATA = """\
dn: uid=croux, ou=People,dc=valbocage,dc=internal
objectClass: inetOrgPerson
objectClass: posixAccount
cn:: Q2zDqW1lbmNlIFJvdXg=
jpegPhoto:: /9j/4A==
userPassword:: e1NTSEF9dFFoU3oweWdBYVRFa1ZFQWxWVHpXQ2Y4UXM4bWNyK24=
pwdFailureTime: 20261129102812.119292Z
pwdAccountLockedTime: 20261129102812Z
entryCSN: 20261129102812.119292Z#000000#000#000000

dn: cn=atelier,ou=groups,dc=valbocage,dc=internal
objectClass: posixGroup
cn: atelier
memberUid: tgarnier
memberUid: mlebreton

"""
CROUX = "uid=croux,ou=people,dc=valbocage,dc=internal"
POLICY = "cn=default,ou=policies,dc=valbocage,dc=internal"
BASE = "olcdatabase={1}mdb,cn=config"


def slapcat(argv: Sequence[str], stdin: bytes) -> str:
    assert argv[0] == "/usr/sbin/slapcat"
    assert not stdin
    return {"0": CONFIGURATION, "1": DATA}[argv[-1]]


def thought(called: str, field: str, before: str | None, now: str | None) -> tuple[Standing, str, str]:
    standing, sentence = OpenldapState().think(StateChange("ldap1", "openldap", called, field, before, now))
    return standing, sentence.fr, sentence.en


def test_entries_are_told_of_both_databases() -> None:
    provider: ApplicationProvider = OpenldapState()
    assert provider.name == "openldap"
    assert provider.look(slapcat) == {
        "cn=config": {"objectClass": "olcGlobal", "cn": "config", "olcTLSVerifyClient": "never"},
        "cn={3}inetorgperson,cn=schema,cn=config": {
            "objectClass": "olcSchemaConfig",
            "cn": "{3}inetorgperson",
            "olcObjectClasses": "1 definitions, bed58eda9d878fe3",
        },
        "olcdatabase={0}config,cn=config": {"objectClass": "olcDatabaseConfig", "olcDatabase": "{0}config"},
        BASE: {
            "objectClass": "olcDatabaseConfig\nolcMdbConfig",
            "olcDatabase": "{1}mdb",
            "olcSuffix": "dc=valbocage,dc=internal",
            "olcRootPW": "{SSHA} 3a5008ba5242cea5",
        },
        CROUX: {
            "objectClass": "inetOrgPerson\nposixAccount",
            "cn": "Clémence Roux",
            "jpegPhoto": "/9j/4A==",
            "userPassword": "{SSHA} 9d0aa319c9289f0b",
            "pwdAccountLockedTime": "locked",
        },
        "cn=atelier,ou=groups,dc=valbocage,dc=internal": {
            "objectClass": "posixGroup",
            "cn": "atelier",
            "memberUid": "mlebreton\ntgarnier",
        },
    }


@pytest.mark.parametrize(
    ("called", "field", "before", "now", "what"),
    [
        (CROUX, "objectClass", "inetOrgPerson", None, "is gone"),
        ("cn=admins,dc=x", "memberUid", "a", "a\nb", "lets b administer"),
        ("cn=admins,dc=x", "memberUid", "a\nb", "a", "no longer has the member b"),
        ("cn=Domain Admins,dc=x".lower(), "member", None, "uid=a,dc=x", "lets uid=a,dc=x administer"),
        (CROUX, "uidNumber", "10002", "0", "has the rights of root (uidNumber: 0)"),
        (CROUX, "userPassword", "{SSHA} a", None, "no longer has a password"),
        (CROUX, "userPassword", "{SSHA} a", "clear b", "has a password in clear"),
        (BASE, "olcRootDN", "cn=admin,dc=x", "uid=croux,dc=x", "has another administrator: uid=croux,dc=x"),
        (BASE, "olcRootPW", None, "{SSHA} a", "has a new password of an administrator"),
        (POLICY, "pwdLockout", "TRUE", "FALSE", "protects accounts less: pwdLockout = FALSE instead of TRUE"),
        (POLICY, "pwdLockout", "TRUE", None, "protects accounts less: pwdLockout = - instead of TRUE"),
        (POLICY, "pwdMinLength", "8", "4", "protects accounts less: pwdMinLength = 4 instead of 8"),
        (POLICY, "pwdMaxFailure", "5", "50", "protects accounts less: pwdMaxFailure = 50 instead of 5"),
        (POLICY, "pwdMaxFailure", "5", "0", "protects accounts less: pwdMaxFailure = 0 instead of 5"),
        (POLICY, "pwdMaxFailure", "5", None, "protects accounts less: pwdMaxFailure = - instead of 5"),
        (POLICY, "pwdFailureCountInterval", "900", "1", "protects accounts less: pwdFailureCountInterval = 1 instead"
            " of 900"),
        (POLICY, "pwdLockoutDuration", None, "1", "protects accounts less: pwdLockoutDuration = 1 instead of -"),
        (POLICY, "pwdGraceAuthNLimit", "0", "3", "protects accounts less: pwdGraceAuthNLimit = 3 instead of 0"),
        ("olcoverlay={0}ppolicy,cn=config", "olcPPolicyDefault", POLICY, None, "protects accounts less:"
            f" olcPPolicyDefault = - instead of {POLICY}"),
        ("cn=config", "olcSecurity", "tls=1 ssf=128", "ssf=128", "protects what is exchanged less: olcSecurity ="
            " ssf=128 instead of tls=1 ssf=128"),
        ("cn=config", "olcDisallows", "bind_anon", None, "protects what is exchanged less: olcDisallows = - instead of"
            " bind_anon"),
        ("cn=config", "olcAllows", None, "bind_v2", "protects what is exchanged less: olcAllows = bind_v2 instead of"
            " -"),
        ("cn=config", "olcTLSProtocolMin", "3.3", "3.1", "protects what is exchanged less: olcTLSProtocolMin = 3.1"
            " instead of 3.3"),
        ("cn=config", "olcTLSVerifyClient", "demand", "never", "protects what is exchanged less: olcTLSVerifyClient ="
            " never instead of demand"),
        ("cn=config", "olcTLSCertificateFile", "/a", None, "protects what is exchanged less: olcTLSCertificateFile = -"
            " instead of /a"),
    ],
)  # fmt: skip
def test_what_is_forbidden(called: str, field: str, before: str | None, now: str | None, what: str) -> None:
    place = "In OpenLDAP's configuration" if called.endswith("cn=config") else "In the OpenLDAP directory"
    standing, _, english = thought(called, field, before, now)
    assert (standing, english) == ("forbidden", f"{place}, the entry '{called}' {what}.")


@pytest.mark.parametrize(
    ("called", "field", "before", "now", "what"),
    [
        ("uid=new,dc=x", "objectClass", None, "person", "n'existait pas"),
        ("uid=new,dc=x", "userPassword", None, "clear a", "a un autre mot de passe"),
        (CROUX, "userPassword", "{SSHA} a", "{SSHA} b", "a un autre mot de passe"),
        (CROUX, "pwdAccountLockedTime", None, "locked", "est verrouillée"),
        (CROUX, "pwdAccountLockedTime", "locked", None, "n'est plus verrouillée"),
        (CROUX, "mail", "a@x", None, "n'a plus d'attribut mail"),
        (CROUX, "loginShell", "/bin/bash", "/bin/sh", "a changé (loginShell : + /bin/sh; - /bin/bash)"),
        ("cn=atelier,dc=x", "memberUid", "a", "a\nb", "a changé (memberUid : + b)"),
        (POLICY, "pwdMaxFailure", "5", "3", "a changé (pwdMaxFailure : + 3; - 5)"),
        (POLICY, "pwdLockoutDuration", "60", "0", "a changé (pwdLockoutDuration : + 0; - 60)"),
    ],
)
def test_what_is_to_explain(called: str, field: str, before: str | None, now: str | None, what: str) -> None:
    standing, french, _ = thought(called, field, before, now)
    assert (standing, french) == ("unexplained", f"Dans l'annuaire OpenLDAP, l'entrée « {called} » {what}.")


def test_access_rules_are_to_explain() -> None:
    assert thought(BASE, "olcAccess", "{0}to * by * read", "{0}to * by * write") == (
        "unexplained",
        "Dans la configuration d'OpenLDAP, l'entrée « olcdatabase={1}mdb,cn=config » a changé"
        " (olcAccess : + {0}to * by * write; - {0}to * by * read).",
        "In OpenLDAP's configuration, the entry 'olcdatabase={1}mdb,cn=config' has changed"
        " (olcAccess: + {0}to * by * write; - {0}to * by * read).",
    )
