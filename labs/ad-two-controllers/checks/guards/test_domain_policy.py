"""Are the domain's passwords, its administrators and its protection what they were?"""

import re

import pytest

from grader import check, domain_administrators_added
from lab_tools import CONTROLLERS

LDB = "ldbsearch -H /var/lib/samba/private/sam.ldb"
COMPLEX = 1
"""DOMAIN_PASSWORD_COMPLEX in pwdProperties."""


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
    added = domain_administrators_added(lab.host(controller))
    assert not added, "; ".join(added)
