"""Does the desktop open again, for the right person, with the right password, under the same rules, and for good?"""

from grader import check
from lab_tools import PASSWORDS, SOON, assert_usable, login_of

BASE = "dc=valbocage,dc=internal"
POLICY = f"cn=default,ou=policies,{BASE}"
DEPARTMENTS = {"kbenali": "comptabilite", "snguyen": "etudes", "mlebreton": "atelier"}
GROUPS = {"salaries", "direction", *DEPARTMENTS.values()}


def entry_values(lab, base, attribute, condition="(objectClass=*)"):
    """Return the values of an attribute in the directory, as its root reads them on ldap1."""
    command = "ldapsearch -Q -Y EXTERNAL -H ldapi:/// -LLL -o ldif-wrap=no -b %s %s %s"
    lines = lab.host("ldap1").check_output(command, base, condition, attribute).splitlines()
    return [line.partition(": ")[2] for line in lines if line.startswith(f"{attribute}: ")]


def departments_of(lab, login):
    """Return the groups of the directory that name a person as a member."""
    return set(entry_values(lab, f"ou=groups,{BASE}", "cn", f"(memberUid={login})"))


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
    member = DEPARTMENTS[login] in departments_of(lab, login)

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
    for name in ("xrdp", "xrdp-sesman"):
        assert lab.host("ts1").service(name).is_enabled, f"the service {name} does not start with ts1"


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


@check(
    "guard",
    points=1,
    competence="3.2",
    fr="L'annuaire verrouille toujours un compte après cinq essais faux, et {{ user }} n'y a pas gagné de groupe.",
    en="The directory still locks an account after five wrong attempts, and {{ user }} has gained no group.",
    host="ldap1",
)
def test_directory_is_as_it_was(lab):
    login = login_of(lab)
    person = f"uid={login},ou=people,{BASE}"
    assert entry_values(lab, POLICY, "pwdLockout") == ["TRUE"], "the policy no longer locks accounts"
    assert entry_values(lab, POLICY, "pwdMaxFailure") == ["5"], "the policy no longer locks after five attempts"
    applied = entry_values(lab, "cn=config", "olcPPolicyDefault", "(olcOverlay=*)")
    assert POLICY in applied, "slapd no longer applies the policy"
    own = entry_values(lab, person, "pwdPolicySubentry")
    assert not own, f"{login} has a policy apart: {own[0]}"
    gained = departments_of(lab, login) - {DEPARTMENTS[login]}
    assert not gained, f"{login} is now in {', '.join(sorted(gained))}"
    group = entry_values(lab, person, "gidNumber")
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
    for path, companys in (("/etc/passwd", set(PASSWORDS)), ("/etc/group", GROUPS)):
        local = {line.split(":")[0] for line in ts1.file(path).content_string.splitlines()}
        assert not local & companys, f"{path} of ts1 has {', '.join(sorted(local & companys))}"
    sssd = ts1.service("sssd")
    assert sssd.is_running, "sssd does not run on ts1"
    assert sssd.is_enabled, "sssd does not start with ts1"
