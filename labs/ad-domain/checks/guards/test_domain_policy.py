"""Are the domain's passwords, its administrators and its protection what they were?"""

import base64
import re

from grader import check

LDB = "ldbsearch -H /var/lib/samba/private/sam.ldb"
ADMINISTRATION = (
    "Administrators",
    "Domain Admins",
    "Enterprise Admins",
    "Schema Admins",
    "Group Policy Creator Owners",
    "DnsAdmins",
    "Account Operators",
    "Backup Operators",
    "Print Operators",
    "Server Operators",
)
ADMINISTRATORS = {"Administrator", "Domain Admins", "Enterprise Admins"}
"""Who is in these groups from the start."""
COMPLEX = 1
"""DOMAIN_PASSWORD_COMPLEX in pwdProperties."""


def members_of_administration(host):
    """Yield each group that administers the domain and its members, as the controller keeps them."""
    groups = "".join(f"(sAMAccountName={group})" for group in ADMINISTRATION)
    # ldbsearch folds long lines, and prints in base64 what is not plain ASCII.
    said = host.check_output(f"{LDB} %s sAMAccountName member", f"(|{groups})").replace("\n ", "")
    for record in said.split("\n\n"):
        name = re.search(r"^sAMAccountName: (.*)$", record, re.MULTILINE)
        found = re.findall(r"^member:(:?) (.*)$", record, re.MULTILINE)
        members = {base64.b64decode(value).decode() if encoded else value for encoded, value in found}
        if name:
            yield name[1], {member.removeprefix("CN=").partition(",")[0] for member in members}


@check(
    "guard",
    points=1,
    fr="Le domaine demande des mots de passe aussi sûrs qu'avant, et ne laisse personne l'interroger sans protection.",
    en="The domain asks for passwords as safe as before, and lets nobody query it without protection.",
    host="dc1",
)
def test_policy_is_as_strict(lab):
    dc1 = lab.host("dc1")
    said = dc1.check_output(f"{LDB} -s base -b DC=brocelia,DC=internal pwdProperties minPwdLength")
    policy = {
        name: int(value) for name, value in re.findall(r"^(pwdProperties|minPwdLength): (\d+)$", said, re.MULTILINE)
    }
    assert policy["pwdProperties"] & COMPLEX, "the domain accepts simple passwords"
    assert policy["minPwdLength"] >= 7, f"the domain accepts passwords of {policy['minPwdLength']} characters"
    strong = dc1.check_output("testparm -s --parameter-name='ldap server require strong auth' 2>/dev/null").strip()
    assert strong.lower() == "yes", f"dc1 takes passwords in clear: ldap server require strong auth = {strong}"


@check(
    "guard",
    points=1,
    fr="Le domaine n'a pas d'autre administrateur qu'avant.",
    en="The domain has no other administrator than before.",
    host="dc1",
)
def test_administrators_are_the_same(lab):
    for group, members in members_of_administration(lab.host("dc1")):
        strangers = sorted(members - ADMINISTRATORS)
        assert not strangers, f"{', '.join(strangers)} in the group {group}"
