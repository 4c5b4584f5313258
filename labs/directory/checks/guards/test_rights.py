"""Has nobody gained rights that only the administrator should have? No repair in this lab needs that."""

import re

from grader import check, scaled_timeout
from grader.directory import opened
from grader.rights import gained

HOSTS = ("srv1", "ldap1", "files1", "pc1", "pc2")
HIGHEST = 1000
"""The highest number of the machines' own accounts and groups; the directory's begin at 10000."""


def granted_by_the_directory(lab):
    """Return the directory's users and groups that a machine takes for its own, by their number or by their name."""
    wanted = "dc=valbocage,dc=internal?cn,uid,uidNumber,gidNumber?sub?(gidNumber=*)"
    options = ("--disable", "--silent", "--show-error", "--max-time", str(scaled_timeout(15)))
    done = lab.probe("lan").run(["curl", *options, f"ldap://{lab.address('ldap1')}/{wanted}"], timeout=20)
    assert done.status == 0, f"ldap1: {done.stderr.strip()}"
    rows = [row.split(":") for host in HOSTS for row in lab.host(host).file("/etc/group").content_string.splitlines()]
    own = {row[0] for row in rows if len(row) > 2 and row[2].isdigit() and int(row[2]) <= HIGHEST}
    for entry in re.split(r"^DN: ", done.stdout, flags=re.MULTILINE)[1:]:
        values = re.findall(r"^\s+(\w+): (.*?)\s*$", entry, re.MULTILINE)
        if any(int(value) <= HIGHEST if key.endswith("Number") else value in own for key, value in values):
            yield entry.splitlines()[0]


@check(
    "guard",
    points=1,
    fr="Personne n'a gagné de droits d'administration sur les machines, ni dans l'annuaire.",
    en="Nobody has gained administration rights on the machines, or in the directory.",
    timeout=90,
)
def test_no_rights_gained(lab):
    for host in HOSTS:
        found = gained(lab.host(host))
        assert not found, f"{host}: {'; '.join(found)}"
    entries = list(granted_by_the_directory(lab))
    assert not entries, f"the directory has the machines' own accounts or groups: {'; '.join(entries)}"
    people = ("uid=afaure,ou=people,dc=valbocage,dc=internal", "uid=croux,ou=people,dc=valbocage,dc=internal")
    done = opened(lab.host("ldap1"), people[0], "Rabot-41", people[1])
    assert not done, f"the directory: {'; '.join(done)}"
