"""Are the domain's passwords, its administrators and its protection what they were?"""

import base64
import re

import pytest

from grader import check
from lab_tools import CONTROLLERS

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


@pytest.mark.parametrize("controller", CONTROLLERS)
@check(
    "guard",
    points=1,
    fr="{{ controller }} demande des mots de passe aussi sûrs qu'avant, et ne répond à personne sans protection.",
    en="{{ controller }} asks for passwords as safe as before, and lets nobody query it without protection.",
    host="{{ controller }}",
)
def test_policy_is_as_strict(lab, controller):
    host = lab.host(controller)
    said = host.check_output(f"{LDB} -s base -b DC=brocelia,DC=internal pwdProperties minPwdLength")
    policy = {
        name: int(value) for name, value in re.findall(r"^(pwdProperties|minPwdLength): (\d+)$", said, re.MULTILINE)
    }
    assert policy["pwdProperties"] & COMPLEX, "the domain accepts simple passwords"
    assert policy["minPwdLength"] >= 7, f"the domain accepts passwords of {policy['minPwdLength']} characters"
    strong = host.check_output("testparm -s --parameter-name='ldap server require strong auth' 2>/dev/null").strip()
    assert strong.lower() == "yes", f"{controller} takes passwords in clear: ldap server require strong auth = {strong}"


@pytest.mark.parametrize("controller", CONTROLLERS)
@check(
    "guard",
    points=1,
    fr="Pour {{ controller }}, le domaine n'a pas d'autre administrateur qu'avant.",
    en="To {{ controller }} the domain has no other administrator than before.",
    host="{{ controller }}",
)
def test_administrators_are_the_same(lab, controller):
    for group, members in members_of_administration(lab.host(controller)):
        strangers = sorted(members - ADMINISTRATORS)
        assert not strangers, f"{', '.join(strangers)} in the group {group}"
