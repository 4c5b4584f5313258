"""Does the person log in again, everywhere and for good, with the same password and under the same policy?"""

import pytest

from grader import check

PASSWORDS = {
    "afaure": "Rabot-41",
    "croux": "Copeau-52",
    "kbenali": "Ciseau-63",
    "snguyen": "Equerre-74",
    "tgarnier": "Gabarit-85",
    "mlebreton": "Maillet-96",
}
CLIENTS = ("files1", "pc1", "pc2")


def login_of(lab):
    """Return the login of the person who wrote the ticket."""
    first, last = lab.values["user"].split()
    return f"{first[0]}{last}".lower()


def entry_values(lab, dn, attribute):
    """Return the values of an attribute of an entry of the directory, asked on the server itself."""
    server = lab.listener("ldap1", "/run/slapd/ldapi", "/usr/sbin/slapd")
    assert server.is_genuine, f"ldap1, /run/slapd/ldapi: {'; '.join(server.doubts)}"
    done = lab.host("ldap1").run(
        "ldapsearch -Q -Y EXTERNAL -H ldapi:/// -LLL -o ldif-wrap=no -s base -b %s %s", dn, attribute
    )
    assert done.rc == 0, f"ldapsearch on ldap1: {done.stderr.strip()}"
    prefix = f"{attribute}: "
    return [line.removeprefix(prefix) for line in done.stdout.splitlines() if line.startswith(prefix)]


@pytest.mark.parametrize("host", CLIENTS)
@check(
    "symptom",
    points=2,
    competence="2.4",
    fr="{{ user }} ouvre une session sur {{ host }} avec son mot de passe.",
    en="{{ user }} logs in on {{ host }} with the usual password.",
    timeout=60,
)
def test_logs_in(lab, host):
    login = login_of(lab)
    done = lab.login("lan", host, login, PASSWORDS[login])
    assert done.accepted, f"{login} on {host}: {done.problem}"


@check(
    "symptom",
    points=3,
    competence="2.4",
    fr="Le compte de {{ user }} n'est plus verrouillé, et plus rien ne le verrouille.",
    en="The account of {{ user }} is no longer locked, and nothing locks it any more.",
    host="ldap1",
)
def test_stays_unlocked(lab):
    login = login_of(lab)
    dn = f"uid={login},ou=people,dc=valbocage,dc=internal"
    locked = entry_values(lab, dn, "pwdAccountLockedTime")
    assert not locked, f"the account {login} is locked since {locked[0]}"
    before = entry_values(lab, dn, "pwdFailureTime")

    def fails_again():
        assert set(entry_values(lab, dn, "pwdFailureTime")) - set(before), "no wrong password"
        return True

    try:
        lab.wait(fails_again, within=5, every=0.5)
    except AssertionError:
        return
    raise AssertionError(f"wrong passwords for {login} keep arriving at the directory")


@check(
    "guard",
    points=1,
    competence="2.4",
    fr="Un mauvais mot de passe est toujours refusé.",
    en="A wrong password is still refused.",
    timeout=120,
)
def test_wrong_password_is_refused(lab):
    done = lab.login("lan", "pc1", "mlebreton", PASSWORDS["afaure"])
    assert done.refused, f"mlebreton on pc1 with a wrong password: status {done.status} {done.problem}"
    again = lab.login("lan", "pc1", "mlebreton", PASSWORDS["mlebreton"])  # a right one clears the count of failures
    assert again.accepted, f"mlebreton on pc1: {again.problem}"


@check(
    "guard",
    points=1,
    competence="2.4",
    fr="La politique de mots de passe verrouille toujours un compte après cinq essais faux.",
    en="The password policy still locks an account after five wrong attempts.",
    host="ldap1",
)
def test_policy_is_in_force(lab):
    policy = "cn=default,ou=policies,dc=valbocage,dc=internal"
    assert entry_values(lab, policy, "pwdLockout") == ["TRUE"], "pwdLockout is no longer TRUE"
    assert entry_values(lab, policy, "pwdMaxFailure") == ["5"], "pwdMaxFailure is no longer 5"
    overlays = lab.host("ldap1").run(
        "ldapsearch -Q -Y EXTERNAL -H ldapi:/// -LLL -o ldif-wrap=no -b cn=config '(olcOverlay=*)' olcPPolicyDefault"
    )
    assert f"olcPPolicyDefault: {policy}" in overlays.stdout, "slapd no longer applies the policy"
    own = entry_values(lab, f"uid={login_of(lab)},ou=people,dc=valbocage,dc=internal", "pwdPolicySubentry")
    assert not own, f"the account has a policy of its own: {own}"


@check(
    "guard",
    points=1,
    competence="2.4",
    fr="Les autres ouvrent leur session comme avant.",
    en="The others log in as before.",
    timeout=240,
)
def test_others_log_in(lab):
    for login in sorted(set(PASSWORDS) - {login_of(lab), "mlebreton"}):
        done = lab.login("lan", "pc2", login, PASSWORDS[login])
        assert done.accepted, f"{login} on pc2: {done.problem}"


@pytest.mark.parametrize("host", CLIENTS)
@check(
    "guard",
    points=1,
    competence="2.4",
    fr="Les comptes de {{ host }} viennent de l'annuaire : aucun n'a été recréé sur la machine.",
    en="The accounts of {{ host }} come from the directory: none was made anew on the machine.",
    host="{{ host }}",
)
def test_no_local_account(lab, host):
    there = lab.host(host)
    local = {line.split(":")[0] for line in there.file("/etc/passwd").content_string.splitlines()}
    assert not local & set(PASSWORDS), f"{host}: /etc/passwd has {', '.join(sorted(local & set(PASSWORDS)))}"
    sssd = there.service("sssd")
    assert sssd.is_running, f"sssd does not run on {host}"
    assert sssd.is_enabled, f"sssd does not start with {host}"
