"""Does the desktop open again, for the right person, with the right password, under the same rules, and for good?"""

from grader import (
    account_names,
    check,
    concurrently,
    ldap_values,
    password_policy_weaknesses,
    reason,
    ruleset_differences,
)
from lab_tools import PASSWORDS, assert_reaches, assert_usable, forget_failures, login_answer, login_of

BASE = "dc=valbocage,dc=internal"
POLICY = f"cn=default,ou=policies,{BASE}"
DEPARTMENTS = {"kbenali": "comptabilite", "snguyen": "etudes", "mlebreton": "atelier"}
MEMBERS = {
    "direction": {"afaure", "croux"},
    "comptabilite": {"croux", "kbenali"},
    "etudes": {"snguyen", "tgarnier"},
    "atelier": {"mlebreton", "tgarnier"},
}


def members_of(lab, group):
    """Return the members of a group, as the directory has them."""
    return set(ldap_values(lab.host("ldap1"), f"cn={group},ou=groups,{BASE}", "memberUid"))


@check(
    "symptom",
    points=4,
    competence="3.2",
    fr="Le bureau {{ user | de }} s'ouvre sur term2, term1 atteint ts1, et l'accès est rendu pour de bon.",
    en="The desktop of {{ user }} opens on term2, term1 reaches ts1, and access is back for good.",
    before_fr="{{ user }} n'arrive pas à ouvrir son bureau sur term2.",
    before_en="{{ user }} cannot open a desktop on term2.",
    host="ts1",
    timeout=300,
    because="no desktop",
    lock="",  # the desktop of the author of the ticket, who logs in nowhere else
)
def test_desktop_opens(lab):
    login, ts1 = login_of(lab), lab.host("ts1")
    concurrently(lambda terminal: assert_reaches(lab, terminal), ("term2", "term1"))
    for name in ("xrdp", "xrdp-sesman"):
        assert ts1.service(name).is_enabled, reason(
            fr=f"le service {name} ne démarre pas avec ts1", en=f"the service {name} does not start with ts1"
        )
    differs = ruleset_differences(ts1)
    assert not differs, reason(
        fr=f"le pare-feu de ts1 sera un autre après un redémarrage : {differs}",
        en=f"the firewall of ts1 will be another one after a reboot: {differs}",
    )
    department = DEPARTMENTS[login]

    def denied():
        if login not in members_of(lab, department):
            return reason(
                fr=f"dans l'annuaire, {login} n'est pas membre du service {department}",
                en=f"in the directory {login} is not a member of the department {department}",
            )
        if ldap_values(lab.host("ldap1"), f"uid={login},ou=people,{BASE}", "pwdAccountLockedTime"):
            return reason(
                fr=f"l'annuaire a verrouillé le compte {login}", en=f"the directory has locked the account {login}"
            )
        return None

    def known():
        groups = ts1.run("id -Gn %s", login).stdout.split()
        assert department in groups, reason(
            fr=f"ts1 ne sait pas que {login} est du service {department}, mais de {', '.join(groups) or 'rien'}",
            en=f"ts1 does not know that {login} is in the department {department}, but in "
            f"{', '.join(groups) or 'nothing'}",
        )
        return True

    def unknowable():
        if ts1.service("sssd").is_running:
            return None
        return reason(fr="sssd ne fonctionne pas sur ts1", en="sssd does not run on ts1")

    if not denied():  # ts1 asks the directory again every five seconds
        lab.wait(known, within=10, every=0.3, unless=unknowable)
    assert_usable(lab, "term2", login, denied)
    against = denied()
    assert not against, against


@check(
    "guard",
    points=1,
    competence="3.2",
    fr="Sans mot de passe juste, ou sans service de l'entreprise, ts1 n'ouvre pas de bureau.",
    en="Without the right password, or without a department of the company, ts1 opens no desktop.",
    host="ts1",
    timeout=180,
    lock="",  # people who log in nowhere else
)
def test_others_are_refused(lab):
    strangers = {"tgarnier": PASSWORDS["afaure"], "technicien": "technicien"}
    answers = concurrently(lambda login: login_answer(lab, login, strangers[login]), strangers)
    forget_failures(lab, "tgarnier")
    for (login, password), answer in zip(strangers.items(), answers, strict=True):
        assert not answer.startswith("ok "), reason(
            fr=f"{login}, avec le mot de passe {password}, obtient un bureau : {answer}",
            en=f"{login} with the password {password} gets a desktop: {answer}",
        )


@check(
    "guard",
    points=1,
    competence="2.4",
    fr="L'annuaire verrouille toujours un compte après cinq essais faux au plus, et ses groupes sont ceux d'avant.",
    en="The directory still locks an account after five wrong attempts at most, and its groups are what they were.",
    host="ldap1",
    lock="",
)
def test_directory_is_as_it_was(lab):
    login = login_of(lab)
    person = f"uid={login},ou=people,{BASE}"
    weak = password_policy_weaknesses(lab.host("ldap1"), POLICY, person)
    assert not weak, reason(fr=" ; ".join(weak), en="; ".join(weak))
    for group, members in MEMBERS.items():
        changed = (members_of(lab, group) ^ members) - ({login} if group == DEPARTMENTS[login] else set())
        assert not changed, reason(
            fr=f"dans le groupe {group}, ajoutés ou manquants : {', '.join(sorted(changed))}",
            en=f"in the group {group} these were added or are missing: {', '.join(sorted(changed))}",
        )
    group = ldap_values(lab.host("ldap1"), person, "gidNumber")
    assert group == ["10000"], reason(
        fr=f"le groupe principal de {login} n'est plus celui de tous les salariés : {', '.join(group) or 'aucun'}",
        en=f"the first group of {login} is no longer the one of all employees: {', '.join(group) or 'none'}",
    )


@check(
    "guard",
    points=1,
    competence="2.4",
    fr="Les comptes et les groupes de ts1 viennent de l'annuaire : aucun n'a été recréé sur la machine.",
    en="The accounts and groups of ts1 come from the directory: none was created on the machine.",
    host="ts1",
    lock="",
)
def test_no_local_account(lab):
    ts1 = lab.host("ts1")
    for path, companys in (("/etc/passwd", set(PASSWORDS)), ("/etc/group", {"salaries", *MEMBERS})):
        local = account_names(ts1.file(path).content_string)
        anew = ", ".join(sorted(local & companys))
        assert not anew, reason(fr=f"{path}, sur ts1, contient {anew}", en=f"{path} of ts1 has {anew}")
    sssd = ts1.service("sssd")
    assert sssd.is_running, reason(fr="sssd ne fonctionne pas sur ts1", en="sssd does not run on ts1")
    assert sssd.is_enabled, reason(fr="sssd ne démarre pas avec ts1", en="sssd does not start with ts1")
