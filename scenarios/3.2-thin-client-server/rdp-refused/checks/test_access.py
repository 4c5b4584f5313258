"""Does the desktop open again, for the right person, with the right password, under the same rules, and for good?"""

from grader import account_names, check, ldap_values, password_policy_weaknesses, ruleset_differences
from lab_tools import PASSWORDS, SOON, assert_usable, forget_failures, login_of

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
    fr="Le bureau de {{ user }} s'ouvre sur term2, term1 atteint ts1, et l'accès est rendu pour de bon.",
    en="The desktop of {{ user }} opens on term2, term1 reaches ts1, and access is back for good.",
    host="ts1",
    timeout=300,
    because="no desktop",
)
def test_desktop_opens(lab):
    login = login_of(lab)
    member = login in members_of(lab, DEPARTMENTS[login])

    def known():
        assert DEPARTMENTS[login] in lab.host("ts1").run("id -Gn %s", login).stdout.split(), (
            f"ts1 does not know that {login} is in the department {DEPARTMENTS[login]}"
        )
        return True

    if member:  # ts1 asks the directory anew every five seconds
        lab.wait(known, within=20, every=0.5)
    assert_usable(lab, "term2", login)
    reached = lab.client("term1").tcp(lab.address("ts1"), 3389)
    assert reached.state == "open", f"term1 does not reach the desktops of ts1: {reached.state}"
    assert member, f"in the directory {login} is no member of the department {DEPARTMENTS[login]}"
    locked = ldap_values(lab.host("ldap1"), f"uid={login},ou=people,{BASE}", "pwdAccountLockedTime")
    assert not locked, f"the directory has locked the account {login}"
    for name in ("xrdp", "xrdp-sesman"):
        assert lab.host("ts1").service(name).is_enabled, f"the service {name} does not start with ts1"
    differs = ruleset_differences(lab.host("ts1"))
    assert not differs, f"the firewall of ts1 will be another one after a reboot: {differs}"


@check(
    "guard",
    points=1,
    competence="3.2",
    fr="Sans mot de passe juste, ou sans service de l'entreprise, ts1 n'ouvre pas de bureau.",
    en="Without the right password, or without a department of the company, ts1 opens no desktop.",
    host="ts1",
    timeout=180,
)
def test_others_are_refused(lab):
    for login, password in (("tgarnier", PASSWORDS["afaure"]), ("technicien", "technicien")):
        answer = lab.client("ts1").run(["essai-bureau", login, password], timeout=SOON).stdout
        assert "refused" in answer, f"{login} with the password {password}: {answer.strip()}"
    forget_failures(lab, "tgarnier")


@check(
    "guard",
    points=1,
    competence="3.2",
    fr="L'annuaire verrouille toujours un compte après cinq essais faux au plus, et ses groupes sont ceux d'avant.",
    en="The directory still locks an account after five wrong attempts at most, and its groups are those of before.",
    host="ldap1",
)
def test_directory_is_as_it_was(lab):
    login = login_of(lab)
    person = f"uid={login},ou=people,{BASE}"
    weak = password_policy_weaknesses(lab.host("ldap1"), POLICY, person)
    assert not weak, "; ".join(weak)
    for group, members in MEMBERS.items():
        changed = (members_of(lab, group) ^ members) - ({login} if group == DEPARTMENTS[login] else set())
        assert not changed, f"in the group {group} these were added or are missing: {', '.join(sorted(changed))}"
    group = ldap_values(lab.host("ldap1"), person, "gidNumber")
    assert group == ["10000"], f"the first group of {login} is no longer that of all employees"


@check(
    "guard",
    points=1,
    competence="3.2",
    fr="Les comptes et les groupes de ts1 viennent de l'annuaire : aucun n'a été recréé sur la machine.",
    en="The accounts and groups of ts1 come from the directory: none was made anew on the machine.",
    host="ts1",
)
def test_no_local_account(lab):
    ts1 = lab.host("ts1")
    for path, companys in (("/etc/passwd", set(PASSWORDS)), ("/etc/group", {"salaries", *MEMBERS})):
        local = account_names(ts1.file(path).content_string)
        assert not local & companys, f"{path} of ts1 has {', '.join(sorted(local & companys))}"
    sssd = ts1.service("sssd")
    assert sssd.is_running, "sssd does not run on ts1"
    assert sssd.is_enabled, "sssd does not start with ts1"
