"""Are the domain's passwords, its administrators and its protection what they were?"""

import re

from grader import check, domain_administrators_added, reason

LDB = "ldbsearch -H /var/lib/samba/private/sam.ldb"
COMPLEX = 1
"""DOMAIN_PASSWORD_COMPLEX in pwdProperties."""


@check(
    "guard",
    points=1,
    fr="Le domaine demande des mots de passe aussi sûrs qu'avant, et ne laisse personne l'interroger sans protection.",
    en="The domain asks for passwords as safe as before, and lets nobody query it without protection.",
    host="dc1",
    lock="",
)
def test_policy_is_as_strict(lab):
    dc1 = lab.host("dc1")
    said = dc1.check_output(f"{LDB} -s base -b DC=brocelia,DC=internal pwdProperties minPwdLength")
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
    strong = dc1.check_output("testparm -s --parameter-name='ldap server require strong auth' 2>/dev/null").strip()
    assert strong.lower() == "yes", reason(
        fr=f"dc1 accepte des mots de passe en clair : ldap server require strong auth = {strong}",
        en=f"dc1 takes passwords in clear: ldap server require strong auth = {strong}",
    )


@check(
    "guard",
    points=1,
    fr="Le domaine n'a pas d'autre administrateur qu'avant.",
    en="The domain has no other administrator than before.",
    host="dc1",
    lock="",
)
def test_administrators_are_the_same(lab):
    added = domain_administrators_added(lab.host("dc1"))
    assert not added, "; ".join(added)
