"""Does the person log in again, everywhere and for good, with the same password and under the same policy?"""

import re
import time

import pytest

from grader import check, ldap_values, lines_in, password_policy_weaknesses, reason, scaled_timeout
from lab_tools import (
    PASSWORDS,
    assert_asks_the_directory,
    assert_logs_in,
    assert_no_local_account,
    assert_service_lasts,
    assert_slapd_answers,
    assert_wrong_password_is_refused,
    login_of,
)

ADMINISTRATOR = "Annuaire-2026"
"""The password of the directory's administrator."""
CLIENTS = ("files1", "pc1", "pc2")
SETTINGS, PROGRAM = "/etc/default/synchro-contacts", "/usr/local/bin/synchro-contacts"
UNITS = "/etc/systemd/system"
NUMBERS = {"croux": 10002, "kbenali": 10003, "snguyen": 10004, "tgarnier": 10005}
"""The numbers of those who may write the ticket: what belongs to them belongs to these."""
QUIET = 4
"""Seconds without a wrong password after which no program tries one any more: the forgotten one does every two."""
MINUTE = 60.0
JOURNAL = f"journalctl --quiet --no-pager --output=short-unix --identifier=slapd --since=-{MINUTE:.0f}s; date +%s.%N"
OPERATION = re.compile(r"([\d.]+) \S+ slapd\[(\d+)\]: (?:conn=(\d+) op=(\d+) (.*)|slapd starting)")
"""A line of slapd's log: time, process, connection, operation and what is said of it."""


def entry_of(lab):
    """Return the distinguished name of the person who wrote the ticket."""
    return f"uid={login_of(lab)},ou=people,dc=valbocage,dc=internal"


def entry_values(lab, dn, attribute):
    """Return the values of an attribute of an entry of the directory, asked on the server itself."""
    assert_slapd_answers(lab)
    return ldap_values(lab.host("ldap1"), dn, attribute)


def refusals(lab, dn):
    """Return when slapd refused a password of an entry, by its log of the last minute, and for how long it did not.

    The log tells until its last line, whoever asked; the second is 0 where that is old: slapd may not log any more. A
    login that succeeds makes the directory forget the wrong passwords before it; the log does not.
    """
    *rows, now = lines_in(lab.host("ldap1").check_output(JOURNAL))
    bound, refused, last, since = {}, [], 0.0, float(now) - MINUTE
    for row in filter(None, map(OPERATION.match, rows)):
        when, said = float(row[1]), (row[5] or "").casefold()
        last = when
        if row[5] is None:
            since = when
        elif said.startswith(f'bind dn="{dn.casefold()}" '):
            bound[row.group(2, 3, 4)] = when
        elif said.startswith("result tag=97 err=49 ") and row.group(2, 3, 4) in bound:
            refused.append(when)
    return set(refused), last - max([since, *refused]) if float(now) - last < QUIET else 0.0


def text_of(file):
    """Return what is in a file; nothing where there is none."""
    return file.content_string if file.exists else ""


@pytest.mark.parametrize("host", CLIENTS)
@check(
    "symptom",
    points=2,
    competence="2.4",
    fr="{{ user }} ouvre une session sur {{ host }} avec son mot de passe.",
    en="{{ user }} logs in on {{ host }} with the same password as before.",
    before_fr="{{ user }} n'arrive pas à ouvrir de session sur {{ host }}.",
    before_en="{{ user }} cannot log in on {{ host }}.",
    timeout=60,
)
def test_logs_in(lab, host):
    assert_logs_in(lab, host, [login_of(lab)])


@check(
    "symptom",
    points=3,
    competence="2.4",
    fr="Le compte de {{ user }} n'est plus verrouillé, et plus rien ne le verrouille.",
    en="{{ user }}'s account is not locked, and nothing will lock it again.",
    before_fr="{{ user }} n'est pas à l'abri d'un nouveau refus.",
    before_en="{{ user }} may be refused again at any moment.",
    host="ldap1",
    lock="",
)
def test_stays_unlocked(lab):
    login, dn, ldap1 = login_of(lab), entry_of(lab), lab.host("ldap1")
    locked = entry_values(lab, dn, "pwdAccountLockedTime")
    assert not locked, reason(
        fr=f"le compte {login} est verrouillé depuis {locked[0]}",
        en=f"the account {login} has been locked since {locked[0]}",
    )
    began = time.monotonic()
    failures, (refused, _) = ldap_values(ldap1, dn, "pwdFailureTime"), refusals(lab, dn)

    def ended():
        new = set(ldap_values(ldap1, dn, "pwdFailureTime")) - set(failures)
        seen, silence = refusals(lab, dn)
        if new or seen - refused:
            return "failed"
        return "quiet" if max(silence, time.monotonic() - began) >= scaled_timeout(QUIET) else None

    assert lab.wait(ended, within=2 * QUIET, every=1) == "quiet", reason(
        fr=f"des mots de passe faux pour {login} continuent d'arriver à l'annuaire",
        en=f"wrong passwords for {login} keep arriving at the directory",
    )
    assert_slapd_answers(lab)  # still the same one as when the wait began
    machine = lab.host(lab.values["machine"])
    old = f"{PASSWORDS[login].split('-')[0]}-{lab.values['old_number']}"
    stale = re.search(rf"^\s*PASSWORD=[\"']?{old}\b", text_of(machine.file(SETTINGS)), re.MULTILINE)
    again = stale and machine.service("synchro-contacts").is_enabled
    assert not again, reason(
        fr=f"ce qui le verrouillait redémarre avec {lab.values['machine']}, et a toujours l'ancien mot de passe",
        en=f"what locked it will start again with {lab.values['machine']}, and still has the old password",
    )


@check(
    "guard",
    points=1,
    competence="2.4",
    fr="Un mauvais mot de passe est toujours refusé.",
    en="A wrong password is still refused.",
    timeout=120,
)
def test_wrong_password_is_refused(lab):
    assert_wrong_password_is_refused(lab, "pc1", "mlebreton", PASSWORDS["afaure"])
    assert_logs_in(lab, "pc1", ["mlebreton"])  # a right one clears the count of failures


@check(
    "guard",
    points=1,
    competence="2.4",
    fr="La politique verrouille toujours un compte, après cinq essais faux au plus et pour un quart d'heure au moins.",
    en="The policy still locks an account, after five wrong attempts at most and for a quarter of an hour at least.",
    host="ldap1",
    lock="",
)
def test_policy_is_in_force(lab):
    assert_slapd_answers(lab)
    policy = "cn=default,ou=policies,dc=valbocage,dc=internal"
    weak = password_policy_weaknesses(lab.host("ldap1"), policy, entry_of(lab))
    assert not weak, "; ".join(weak)


@check(
    "guard",
    points=1,
    competence="2.4",
    fr="{{ user }} garde son compte : même numéro, même groupe principal.",
    en="{{ user }} keeps the same account: same number, same primary group.",
    host="ldap1",
    lock="",
)
def test_same_account(lab):
    login, dn, ldap1 = login_of(lab), entry_of(lab), lab.host("ldap1")
    assert_slapd_answers(lab)
    numbers = [*ldap_values(ldap1, dn, "uidNumber"), *ldap_values(ldap1, dn, "gidNumber")]
    expected = [str(NUMBERS[login]), "10000"]
    seen, right = ", ".join(numbers), ", ".join(expected)
    assert numbers == expected, reason(
        fr=f"{login} a maintenant {f'les numéros {seen}' if seen else 'aucun numéro'}, au lieu de {right}",
        en=f"{login} now has {f'the numbers {seen}' if seen else 'no number'}, instead of {right}",
    )


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
    assert not administrator, reason(
        fr="synchro-contacts s'identifie comme l'administrateur de l'annuaire",
        en="synchro-contacts logs in as the directory's administrator",
    )
    named = set(re.findall(r"^\s*BIND_DN=\W*uid=([\w.-]+)", used, re.MULTILINE | re.IGNORECASE))
    others = ", ".join(sorted(named & set(PASSWORDS) - {login_of(lab)}))
    assert not others, reason(
        fr=f"synchro-contacts s'identifie comme {others}", en=f"synchro-contacts logs in as {others}"
    )
    assert not settings.exists or not settings.mode & 0o007, reason(
        fr=f"{SETTINGS} est lisible par tous", en=f"{SETTINGS} is readable by everybody"
    )
    for one in machine.file(UNITS).tree():
        if one.kind == "file" and one.mode & 0o007:
            text = text_of(machine.file(f"{UNITS}/{one.path}"))
            shown = any(word in text for word in (ADMINISTRATOR, *PASSWORDS.values()))
            assert not shown, reason(
                fr=f"{UNITS}/{one.path} montre un mot de passe à tout le monde",
                en=f"{UNITS}/{one.path} shows a password to everybody",
            )
    program = text_of(machine.file(PROGRAM))
    written = [word for word in ("cn=admin", ADMINISTRATOR, *PASSWORDS.values()) if word in program]
    assert not written, reason(
        fr=f"{PROGRAM} dit lui-même qui s'identifie, ou avec quel mot de passe",
        en=f"{PROGRAM} itself says who logs in, or with which password",
    )


@check(
    "guard",
    points=1,
    competence="2.4",
    fr="Les autres ouvrent leur session comme avant.",
    en="The others log in as before.",
    timeout=240,
)
def test_others_log_in(lab):
    assert_logs_in(lab, "pc2", sorted(set(PASSWORDS) - {login_of(lab), "mlebreton"}))


@pytest.mark.parametrize("host", CLIENTS)
@check(
    "guard",
    points=1,
    competence="2.4",
    fr="Les comptes de {{ host }} viennent de l'annuaire de l'entreprise : aucun n'a été recréé sur la machine.",
    en="The accounts of {{ host }} come from the company's directory: none was recreated on the machine.",
    host="{{ host }}",
    lock="",
    timeout=60,
)
def test_no_local_account(lab, host):
    assert_no_local_account(lab, host)
    assert_service_lasts(lab, host, "sssd")
    assert_asks_the_directory(lab, host)
