"""Does the person log in again, everywhere and for good, with the same password and under the same policy?"""

import re

import pytest

from grader import account_names, check, ldap_values, password_policy_weaknesses
from lab_tools import PASSWORDS, assert_asks_the_directory, assert_slapd_answers, login_of

ADMINISTRATOR = "Annuaire-2026"
"""The password of the directory's administrator."""
CLIENTS = ("files1", "pc1", "pc2")
SETTINGS, PROGRAM = "/etc/default/synchro-contacts", "/usr/local/bin/synchro-contacts"
UNITS = "/etc/systemd/system"
NUMBERS = {"croux": 10002, "kbenali": 10003, "snguyen": 10004, "tgarnier": 10005}
"""The numbers of those who may write the ticket: what belongs to them belongs to these."""


def entry_values(lab, dn, attribute):
    """Return the values of an attribute of an entry of the directory, asked on the server itself."""
    assert_slapd_answers(lab)
    return ldap_values(lab.host("ldap1"), dn, attribute)


def text_of(file):
    """Return what is in a file; nothing where there is none."""
    return file.content_string if file.exists else ""


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
        pass
    else:
        raise AssertionError(f"wrong passwords for {login} keep arriving at the directory")
    machine = lab.host(lab.values["machine"])
    old = f"{PASSWORDS[login].split('-')[0]}-{lab.values['old_number']}"
    stale = re.search(rf"^\s*PASSWORD=[\"']?{old}\b", text_of(machine.file(SETTINGS)), re.MULTILINE)
    again = stale and machine.service("synchro-contacts").is_enabled
    assert not again, f"what locked it starts again with {lab.values['machine']}, and still has the old password"


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
    fr="La politique verrouille toujours un compte, après cinq essais faux au plus et pour un quart d'heure au moins.",
    en="The policy still locks an account, after five wrong attempts at most and for a quarter of an hour at least.",
    host="ldap1",
)
def test_policy_is_in_force(lab):
    assert_slapd_answers(lab)
    person = f"uid={login_of(lab)},ou=people,dc=valbocage,dc=internal"
    weak = password_policy_weaknesses(lab.host("ldap1"), "cn=default,ou=policies,dc=valbocage,dc=internal", person)
    assert not weak, "; ".join(weak)


@check(
    "guard",
    points=1,
    competence="2.4",
    fr="{{ user }} garde son compte : même numéro, même groupe principal.",
    en="{{ user }} keeps the account: same number, same primary group.",
    host="ldap1",
)
def test_same_account(lab):
    login = login_of(lab)
    dn = f"uid={login},ou=people,dc=valbocage,dc=internal"
    numbers = [*entry_values(lab, dn, "uidNumber"), *entry_values(lab, dn, "gidNumber")]
    assert numbers == [str(NUMBERS[login]), "10000"], f"{login} now has the numbers {', '.join(numbers) or '(none)'}"


@check(
    "guard",
    points=1,
    competence="2.4",
    fr="Aucun programme n'emprunte le compte d'un autre ; aucun mot de passe enregistré n'est lisible par tous.",
    en="No program uses another's account; no stored password is readable by everybody.",
)
def test_stored_passwords(lab):
    machine = lab.host(lab.values["machine"])
    settings = machine.file(SETTINGS)
    used = text_of(settings)
    if pid := machine.service("synchro-contacts").main_pid:
        used += "\n" + machine.file(f"/proc/{pid}/environ").content_string.replace("\0", "\n")
    administrator = re.search(r"^\s*BIND_DN=\W*cn=admin\b", used, re.MULTILINE | re.IGNORECASE)
    assert not administrator, "synchro-contacts logs in as the directory's administrator"
    named = set(re.findall(r"^\s*BIND_DN=\W*uid=([\w.-]+)", used, re.MULTILINE | re.IGNORECASE))
    others = named & set(PASSWORDS) - {login_of(lab)}
    assert not others, f"synchro-contacts logs in as {', '.join(sorted(others))}"
    assert not settings.exists or not settings.mode & 0o007, f"{SETTINGS} is readable by everybody"
    for one in machine.file(UNITS).tree():
        if one.kind == "file" and one.mode & 0o007:
            text = text_of(machine.file(f"{UNITS}/{one.path}"))
            shown = any(word in text for word in (ADMINISTRATOR, *PASSWORDS.values()))
            assert not shown, f"{UNITS}/{one.path} shows a password to everybody"
    program = text_of(machine.file(PROGRAM))
    written = [word for word in ("cn=admin", ADMINISTRATOR, *PASSWORDS.values()) if word in program]
    assert not written, f"{PROGRAM} itself says who logs in, or with which password"


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
    fr="Les comptes de {{ host }} viennent de l'annuaire de l'entreprise : aucun n'a été recréé sur la machine.",
    en="The accounts of {{ host }} come from the company's directory: none was made anew on the machine.",
    host="{{ host }}",
    timeout=60,
)
def test_no_local_account(lab, host):
    there = lab.host(host)
    local = account_names(there.file("/etc/passwd").content_string)
    assert not local & set(PASSWORDS), f"{host}: /etc/passwd has {', '.join(sorted(local & set(PASSWORDS)))}"
    sssd = there.service("sssd")
    assert sssd.is_running, f"sssd does not run on {host}"
    assert sssd.is_enabled, f"sssd does not start with {host}"
    assert_asks_the_directory(lab, host)
