"""Is the workstation a member of the domain again, with the account that it had, and with no other's keys?"""

import re

import pytest

from grader import check, concurrently, reason
from lab_tools import (
    assert_relies_on_the_domain,
    assert_still_refuses,
    sssd_settings,
    wait_for_login,
    wait_for_passage,
    wait_for_share,
    words_of,
)

PEOPLE = {"nbrunet": "Cyan-58147", "mcarre": "Magenta-930", "sdasilva": "Pantone-286"}
HOSTS = ("dc1", "files1", "pc1", "pc2")
FOLDERS = ("/home", "/opt", "/root", "/srv", "/tmp", "/usr/local", "/var/tmp")
"""Where keys may have been put; in ``/etc``, the file's name tells."""
KEYTAB, LARGEST = b"\x05\x02", 1 << 20
"""How a file of keys begins, and its size at most."""
REFUSED = "revoked|Preauthentication failed|No such file|no suitable keys|Key table"
"""What kinit says of an account that the domain refuses for itself or its keys, and of keys that are not there."""
WORKSTATION, DISABLED, NEVER_EXPIRES = 0x1000, 0x2, 0x10000
"""Bits of userAccountControl; ``adcli join`` sets the last one."""
LDB = "ldbsearch -H /var/lib/samba/private/sam.ldb"


def account_of(lab, host):
    """Return the attributes of a machine's account, as the controller keeps them."""
    query = f"{LDB} '(sAMAccountName={host.upper()}$)' objectSid userAccountControl memberOf"
    found = lab.host("dc1").run(query).stdout
    return dict(re.findall(r"^(dn|objectSid|userAccountControl|memberOf): (.*)$", found, re.MULTILINE))


def refused(lab, host):
    """Return in words why a machine gets no ticket, where the domain refuses it or its keys are lost; else nothing."""
    done = lab.client(host).run(["kinit", "-c", "MEMORY:", "-k", f"{host.upper()}$"], timeout=30)
    if done.status == 0 or not re.search(REFUSED, done.stderr):
        return ""
    return reason(
        fr=f"{host} n'obtient pas de ticket pour lui-même ({words_of(done)})",
        en=f"{host} gets no ticket of its own ({words_of(done)})",
    )


def has_keys(host, path):
    """Return whether a file holds keys."""
    try:
        return host.file(path).content.startswith(KEYTAB)
    except AssertionError:  # deleted meanwhile
        return False


def keytabs_on(host):
    """Yield the files of keys that are on a host, each with what is known of it."""
    for folder in ("/etc", *FOLDERS):
        for entry in host.file(folder).tree():
            path = f"{folder}/{entry.path}"
            likely = "keytab" in entry.path if folder == "/etc" else entry.size <= LARGEST
            if entry.kind == "file" and likely and has_keys(host, path):
                yield path, entry


@check(
    "symptom",
    points=3,
    competence="2.4",
    fr="Sur {{ pc }}, chacun ouvre de nouveau une session avec son mot de passe du domaine.",
    en="Everybody can log in on {{ pc }} again with their domain password.",
    before_fr="Personne n'ouvre de session sur {{ pc }}.",
    before_en="Nobody can log in on {{ pc }}.",
    timeout=120,
)
def test_everybody_logs_in(lab):
    pc = lab.values["pc"]
    concurrently(lambda who: wait_for_login(lab, pc, *who, unless=lambda: refused(lab, pc)), PEOPLE.items())


@check(
    "symptom",
    points=2,
    competence="2.4",
    fr="Avec ses propres clés, {{ pc }} obtient un ticket du domaine, et accepte celui de qui vient de l'autre poste.",
    en="With its own keys {{ pc }} gets a ticket, and accepts those of people who come from the other PC.",
    before_fr="Même en venant de l'autre poste, où l'on est déjà reconnu, on n'entre pas sur {{ pc }}.",
    before_en="Even coming from the other PC, where you are already known, you cannot get into {{ pc }}.",
    because=REFUSED,
    timeout=120,
)
def test_machine_gets_a_ticket(lab):
    pc = lab.values["pc"]
    done = lab.client(pc).run(["kinit", "-c", "MEMORY:", "-k", f"{pc.upper()}$"], timeout=30)
    assert done.status == 0, reason(fr=f"{pc} : {words_of(done)}", en=f"{pc}: {words_of(done)}")
    other = "pc2" if pc == "pc1" else "pc1"
    wait_for_passage(lab, other, pc, "nbrunet", PEOPLE["nbrunet"], unless=lambda _: refused(lab, pc))


@check(
    "guard",
    points=2,
    competence="2.4",
    fr="Le compte de {{ pc }} est celui d'avant, à sa place dans le domaine et avec ses seuls droits.",
    en="The account of {{ pc }} is the same as before, in its place in the domain and with no more rights.",
    host="dc1",
    lock="",
    timeout=120,
)
def test_same_account(lab):
    pc = lab.values["pc"]
    account, neighbour = concurrently(lambda host: account_of(lab, host), (pc, "files1"))
    name = f"{pc.upper()}$"
    assert account, reason(fr=f"il n'y a pas de compte {name}", en=f"there is no account {name}")
    # Accounts are numbered as they are made, and the file server's was made after the workstations'.
    number, later = (int(a["objectSid"].rpartition("-")[2]) for a in (account, neighbour))
    assert number < later, reason(
        fr=f"{name} est un autre compte qu'avant : {account['objectSid']}",
        en=f"{name} is not the same account as before: {account['objectSid']}",
    )
    assert ",OU=Postes," in account["dn"], reason(
        fr=f"le compte n'est plus dans l'unité Postes : {account['dn']}",
        en=f"the account is no longer in the unit Postes: {account['dn']}",
    )
    assert "memberOf" not in account, reason(
        fr=f"le compte est devenu membre de {account.get('memberOf')}",
        en=f"the account has become a member of {account.get('memberOf')}",
    )
    flags = int(account["userAccountControl"])
    assert flags & ~(DISABLED | NEVER_EXPIRES) == WORKSTATION, reason(
        fr=f"userAccountControl = {flags}, qui n'est pas celui d'un poste (4096)",
        en=f"userAccountControl = {flags}, which is not a workstation's (4096)",
    )


@check(
    "guard",
    points=2,
    competence="2.4",
    fr="Aucune machine ne détient les clés du compte d'une autre, et root seul peut y lire des clés.",
    en="No machine holds the keys of another's account, and root alone may read keys on it.",
    timeout=120,
)
def test_only_its_own_keys(lab):
    def holds_its_own(host):
        there = lab.host(host)
        for path, entry in keytabs_on(there):
            assert entry.uid == 0, reason(
                fr=f"{host} : {path} n'appartient pas à root", en=f"{host}: {path} belongs to another account than root"
            )
            assert not entry.mode & 0o077, reason(
                fr=f"{host} : d'autres que root peuvent lire {path}",
                en=f"{host}: {path} may be read by others than root",
            )
            if host == "dc1":  # root has the whole domain's keys there
                continue
            keys = there.run("klist -k %s", f"FILE:{path}").stdout
            for principal in re.findall(r"^ *\d+ (\S+)@", keys, re.MULTILINE):
                own = principal.partition("/")[2] or principal
                mine = own.lower() in {f"{host}$", host, f"{host}.{lab.domain}"}
                assert mine, reason(
                    fr=f"{host} : {path} contient une clé de {principal}", en=f"{host}: {path} has a key of {principal}"
                )

    concurrently(holds_its_own, HOSTS)


@check(
    "guard",
    points=2,
    competence="2.4",
    fr="SSSD utilise toujours le compte de {{ pc }}, sans mot de passe écrit dans un fichier, et vérifie les tickets.",
    en="SSSD still uses the account of {{ pc }}, with no password in its configuration, and verifies tickets.",
    host="{{ pc }}",
    lock="",
    timeout=120,
)
def test_sssd_unchanged(lab):
    there, settings = lab.host(lab.values["pc"]), sssd_settings(lab, lab.values["pc"])
    assert_relies_on_the_domain(settings, unset=("auth_provider", "chpass_provider"))
    for key in ("ldap_default_authtok", "ldap_default_bind_dn", "ldap_sasl_authid", "ldap_krb5_keytab", "krb5_keytab"):
        assert key not in settings, reason(
            fr=f"SSSD n'utilise plus le compte de la machine comme avant : {key} est réglé",
            en=f"SSSD no longer uses the machine's account as before: {key} is set",
        )
    assert there.service("sssd").is_enabled, reason(
        fr="sssd ne démarre pas avec le poste", en="sssd does not start with the workstation"
    )


@check(
    "guard",
    points=1,
    competence="2.4",
    fr="{{ pc }} refuse toujours un mauvais mot de passe et un ancien salarié ; aucun compte n'y est recréé.",
    en="{{ pc }} still refuses a wrong password and a former employee; no local account was created on it.",
    timeout=120,
)
def test_still_refuses(lab):
    assert_still_refuses(lab, lab.values["pc"])


@pytest.mark.parametrize(("login", "share"), [("nbrunet", "prepresse"), ("sdasilva", "comptabilite")])
@check(
    "guard",
    points=1,
    competence="2.4",
    fr="Sur l'autre poste, {{ login }} ouvre toujours une session, puis son partage avec un ticket.",
    en="On the other PC {{ login }} still logs in, and opens the share with a ticket.",
    timeout=120,
)
def test_other_workstation(lab, login, share):
    other = "pc2" if lab.values["pc"] == "pc1" else "pc1"
    wait_for_login(lab, other, login, PEOPLE[login], lambda: refused(lab, other))
    wait_for_share(lab, other, login, PEOPLE[login], share)
