"""Does the desktop open again, for the right person, with the right password, under the same rules, and for good?"""

import re

from grader import check
from lab_tools import PASSWORDS, SOON, assert_usable, login_of


@check(
    "symptom",
    points=4,
    competence="3.2",
    fr="Le bureau de {{ user }} s'ouvre sur term2, et le service démarrera de nouveau avec ts1.",
    en="The desktop of {{ user }} opens on term2, and the service will start with ts1 again.",
    host="ts1",
    timeout=300,
    because="no desktop",
)
def test_desktop_opens(lab):
    assert_usable(lab, "term2", login_of(lab))
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
    fr="L'annuaire verrouille toujours un compte après trop d'essais, et {{ user }} n'y a pas gagné de groupe.",
    en="The directory still locks an account after too many attempts, and {{ user }} has gained no group.",
    host="ldap1",
)
def test_directory_is_as_it_was(lab):
    ldap1, login = lab.host("ldap1"), login_of(lab)
    search = "ldapsearch -Q -Y EXTERNAL -H ldapi:/// -LLL -o ldif-wrap=no"
    policy = ldap1.check_output(f"{search} -s base -b cn=default,ou=policies,dc=valbocage,dc=internal pwdLockout")
    assert "pwdLockout: TRUE" in policy, "the policy no longer locks accounts"
    groups = ldap1.check_output(f"{search} -b ou=groups,dc=valbocage,dc=internal %s cn", f"(memberUid={login})")
    gained = set(re.findall(r"^cn: (\S+)", groups, re.MULTILINE)) - {
        {"kbenali": "comptabilite", "snguyen": "etudes", "mlebreton": "atelier"}[login]
    }
    assert not gained, f"{login} is now in {', '.join(sorted(gained))}"


@check(
    "guard",
    points=1,
    competence="3.2",
    fr="Les comptes de ts1 viennent de l'annuaire : aucun n'a été recréé sur la machine.",
    en="The accounts of ts1 come from the directory: none was made anew on the machine.",
    host="ts1",
)
def test_no_local_account(lab):
    ts1 = lab.host("ts1")
    local = {line.split(":")[0] for line in ts1.file("/etc/passwd").content_string.splitlines()}
    assert not local & set(PASSWORDS), f"/etc/passwd of ts1 has {', '.join(sorted(local & set(PASSWORDS)))}"
    sssd = ts1.service("sssd")
    assert sssd.is_running, "sssd does not run on ts1"
    assert sssd.is_enabled, "sssd does not start with ts1"
