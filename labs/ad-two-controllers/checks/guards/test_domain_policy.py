"""Are the domain's passwords, its administrators and its protection what they were?"""

import re

import pytest

from grader import check, domain_administrators_added, reason
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
    lock="",
)
def test_policy_is_as_strict(lab, controller):
    host = lab.host(controller)
    said = host.check_output(f"{LDB} -s base -b DC=brocelia,DC=internal pwdProperties minPwdLength")
    policy = {
        name: int(value) for name, value in re.findall(r"^(pwdProperties|minPwdLength): (\d+)$", said, re.MULTILINE)
    }
    assert policy["pwdProperties"] & COMPLEX, reason(
        fr="le domaine accepte des mots de passe simples", en="the domain accepts simple passwords"
    )
    length = policy["minPwdLength"]
    assert length >= 7, reason(
        fr=f"le domaine accepte des mots de passe de {length} caractères (7 au moins auparavant)",
        en=f"the domain accepts passwords of {length} characters (at least 7 before)",
    )
    strong = host.check_output("testparm -s --parameter-name='ldap server require strong auth' 2>/dev/null").strip()
    assert strong.lower() == "yes", reason(
        fr=f"{controller} accepte des mots de passe en clair : ldap server require strong auth = {strong}",
        en=f"{controller} takes passwords in clear: ldap server require strong auth = {strong}",
    )


@pytest.mark.parametrize("controller", CONTROLLERS)
@check(
    "guard",
    points=1,
    fr="Pour {{ controller }}, le domaine n'a pas d'autre administrateur qu'avant.",
    en="To {{ controller }} the domain has no other administrator than before.",
    host="{{ controller }}",
    lock="",
)
def test_administrators_are_the_same(lab, controller):
    added = domain_administrators_added(lab.host(controller))
    assert not added, "; ".join(added)
