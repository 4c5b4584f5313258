"""Does the directory give nobody rights that only its administrator should have? No repair in this lab needs that."""

import re

from grader import check, directory_rights_gained, ldap_entries, ldap_values, lines_in, reason
from lab_tools import PASSWORDS

HOSTS = ("srv1", "ldap1", "files1", "pc1", "pc2")
ROOT = "dn.exact=gidNumber=0+uidNumber=0,cn=peercred,cn=external,cn=auth"
"""How the directory's rules of access name the root of its own host."""
WRITES = re.compile(r"(self)?(write|add|delete|manage)|(self)?[=+][a-z]*[wazm]")
"""A level of access, or privileges, by which something is changed (slapd.access, section 'ACCESS')."""
HIGHEST = 1000
"""The highest number of the machines' own accounts and groups; the directory's begin at 10000."""


def granted_by_the_directory(lab):
    """Return the directory's users and groups that a machine takes for its own, by their number or by their name."""
    entries = ldap_entries(lab.host("ldap1"), "dc=valbocage,dc=internal", "cn", "uid", "uidNumber", "gidNumber")
    rows = [row.split(":") for host in HOSTS for row in lines_in(lab.host(host).file("/etc/group").content_string)]
    own = {row[0] for row in rows if len(row) > 2 and row[2].isdigit() and int(row[2]) <= HIGHEST}
    for name, entry in entries.items():
        numbers = [int(value) for key in ("uidnumber", "gidnumber") for value in entry.get(key, ())]
        names = {value for key in ("cn", "uid") for value in entry.get(key, ())}
        if "gidnumber" in entry and (any(number <= HIGHEST for number in numbers) or names & own):
            yield name


def writers(ldap1):
    """Return what the directory's rules let others change than its root, and each person the own password."""
    for rule in ldap_values(ldap1, "cn=config", "olcAccess", scope="sub"):
        what, *clauses = re.split(r"\s+by\s+", rule)
        for who, access in (clause.split()[:2] for clause in clauses if " " in clause):
            own = who == "self" and what.endswith("attrs=userPassword")
            if WRITES.match(access) and not own and who.replace('"', "") != ROOT:
                changed = what.partition("to ")[2]
                yield reason(fr=f"{who} peut changer {changed}", en=f"{who} may change {changed}")


@check(
    "guard",
    points=1,
    fr="Dans l'annuaire, personne n'a gagné de droits d'administration.",
    en="Nobody has gained administration rights in the directory.",
)
def test_no_rights_gained(lab):
    entries = "; ".join(granted_by_the_directory(lab))
    assert not entries, reason(
        fr=f"l'annuaire contient des comptes ou des groupes propres aux machines : {entries}",
        en=f"the directory has the machines' own accounts or groups: {entries}",
    )
    people = ("uid=afaure,ou=people,dc=valbocage,dc=internal", "uid=croux,ou=people,dc=valbocage,dc=internal")
    done = directory_rights_gained(lab.host("ldap1"), people[0], PASSWORDS["afaure"], people[1])
    found = "; ".join([*done, *writers(lab.host("ldap1"))])
    assert not found, reason(fr=f"l'annuaire : {found}", en=f"the directory: {found}")
