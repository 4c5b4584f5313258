"""Is everything else in the directory as it was: the account itself, the others, the policy?"""

from grader import check, ldap_values, password_policy_weaknesses, reason
from lab_tools import PASSWORDS, assert_logs_in, assert_no_local_account, assert_slapd_answers, login_of

NUMBERS = {"croux": 10002, "kbenali": 10003, "snguyen": 10004, "tgarnier": 10005}
"""The numbers of those in whose name the call may come."""


def account_of(login):
    """Return the distinguished name of somebody's account."""
    return f"uid={login},ou=people,dc=valbocage,dc=internal"


@check(
    "guard",
    points=1,
    competence="1.4",
    fr="Le compte n'a été changé que s'il le fallait ; il n'est ni bloqué ni recréé.",
    en="The account was changed only if it had to be; it is neither locked nor recreated.",
    host="ldap1",
    lock="",
)
def test_account(lab):
    login, ldap1 = login_of(lab), lab.host("ldap1")
    assert_slapd_answers(lab)
    numbers = [*ldap_values(ldap1, account_of(login), "uidNumber"), *ldap_values(ldap1, account_of(login), "gidNumber")]
    assert numbers == [str(NUMBERS[login]), "10000"], reason(
        fr=f"le compte {login} n'est plus le même", en=f"the account {login} is not the same one"
    )
    assert not ldap_values(ldap1, account_of(login), "pwdAccountLockedTime"), reason(
        fr=f"le compte {login} est bloqué", en=f"the account {login} is locked"
    )
    touched = lab.values["behind"] == "stranger" and ldap_values(ldap1, account_of(login), "pwdChangedTime")
    assert not touched, reason(
        fr=f"le mot de passe de {login} a été changé, sans que cette personne le demande",
        en=f"{login}'s password was changed, though its owner never asked for that",
    )


@check(
    "guard",
    points=1,
    competence="1.4",
    fr="Personne d'autre n'a changé de mot de passe : chacun ouvre sa session comme avant.",
    en="Nobody else's password was changed: they all log in as before.",
    timeout=120,
)
def test_others(lab):
    others = sorted(set(PASSWORDS) - {login_of(lab)})
    changed = [one for one in others if ldap_values(lab.host("ldap1"), account_of(one), "pwdChangedTime")]
    named = ", ".join(changed)
    assert not changed, reason(fr=f"mot de passe changé : {named}", en=f"password changed: {named}")
    assert_logs_in(lab, "pc2", others)


@check(
    "guard",
    points=1,
    competence="2.4",
    fr="La politique protège les comptes autant qu'avant.",
    en="The policy protects the accounts as much as before.",
    host="ldap1",
    lock="",
)
def test_policy(lab):
    assert_slapd_answers(lab)
    policy = "cn=default,ou=policies,dc=valbocage,dc=internal"
    weak = password_policy_weaknesses(lab.host("ldap1"), policy, account_of(login_of(lab)))
    assert not weak, "; ".join(weak)


@check(
    "guard",
    points=1,
    competence="2.4",
    fr="Les comptes viennent de l'annuaire : aucun n'a été recréé sur un poste.",
    en="The accounts come from the directory: none was recreated on a PC.",
    lock="",
)
def test_no_local_account(lab):
    for host in ("pc1", "pc2", "files1"):
        assert_no_local_account(lab, host)
