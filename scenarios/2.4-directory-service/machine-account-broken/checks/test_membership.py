"""Is the workstation a member of the domain again, with the account that it had, and with no other's keys?"""

import re

import pytest

from grader import account_names, check
from lab_tools import go_to, open_share, sssd_settings

PEOPLE = {"nbrunet": "Cyan-58147", "mcarre": "Magenta-930", "sdasilva": "Pantone-286"}
HOSTS = ("dc1", "files1", "pc1", "pc2")
FOLDERS = ("/home", "/opt", "/root", "/srv", "/tmp", "/usr/local", "/var/tmp")
"""Where keys may have been put; in ``/etc``, the file's name tells."""
KEYTAB, LARGEST = b"\x05\x02", 1 << 20
"""How a file of keys begins, and its size at most."""
SOON = 25
"""Seconds after which SSSD has surely tried the domain again."""
LONG = 90
"""Seconds after which the file server has surely done so, where the controller was restarted."""
WORKSTATION, DISABLED, NEVER_EXPIRES = 0x1000, 0x2, 0x10000
"""Bits of userAccountControl; ``adcli join`` sets the last one."""
LDB = "ldbsearch -H /var/lib/samba/private/sam.ldb"


def account_of(lab, host):
    """Return the attributes of a machine's account, as the controller keeps them."""
    query = f"{LDB} '(sAMAccountName={host.upper()}$)' objectSid userAccountControl memberOf"
    found = lab.host("dc1").run(query).stdout
    return dict(re.findall(r"^(dn|objectSid|userAccountControl|memberOf): (.*)$", found, re.MULTILINE))


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
    en="On {{ pc }} everybody logs in again with their password of the domain.",
    timeout=120,
)
def test_everybody_logs_in(lab):
    pc = lab.values["pc"]
    for login, password in PEOPLE.items():

        def logs_in(login=login, password=password):
            done = lab.login("lan", pc, login, password)
            assert done.accepted, f"{login} on {pc}: {done.problem}"
            return True

        lab.wait(logs_in, within=SOON, every=1)


@check(
    "symptom",
    points=2,
    competence="2.4",
    fr="Avec ses propres clés, {{ pc }} obtient un ticket du domaine, et accepte celui de qui vient de l'autre poste.",
    en="With its own keys {{ pc }} gets a ticket, and accepts one from whoever comes from the other workstation.",
    because="revoked|Preauthentication failed|No such file|no suitable keys|Key table",
    timeout=120,
)
def test_machine_gets_a_ticket(lab):
    pc = lab.values["pc"]
    done = lab.client(pc).run(["kinit", "-c", "MEMORY:", "-k", f"{pc.upper()}$"], timeout=30)
    assert done.status == 0, f"{pc}: {done.stderr.strip()}"
    other = "pc2" if pc == "pc1" else "pc1"

    def accepts():
        done = go_to(lab, other, pc, "nbrunet", PEOPLE["nbrunet"])
        assert done.status == 0, f"nbrunet from {other} to {pc}, with a ticket: {done.stderr.strip()}"
        return True

    lab.wait(accepts, within=SOON, every=1)


@check(
    "guard",
    points=2,
    competence="2.4",
    fr="Le compte de {{ pc }} est celui d'avant, à sa place dans le domaine et avec ses seuls droits.",
    en="The account of {{ pc }} is the one of before, in its place in the domain and with no more rights.",
    host="dc1",
    timeout=120,
)
def test_same_account(lab):
    pc = lab.values["pc"]
    account = account_of(lab, pc)
    assert account, f"there is no account {pc.upper()}$"
    # Accounts are numbered as they are made, and the file server's was made after the workstations'.
    number, later = (int(a["objectSid"].rpartition("-")[2]) for a in (account, account_of(lab, "files1")))
    assert number < later, f"{pc.upper()}$ is another account than before: {account['objectSid']}"
    assert ",OU=Postes," in account["dn"], f"the account is now {account['dn']}"
    assert "memberOf" not in account, f"the account has become a member of {account['memberOf']}"
    flags = int(account["userAccountControl"])
    assert flags & ~(DISABLED | NEVER_EXPIRES) == WORKSTATION, f"userAccountControl = {flags}"


@check(
    "guard",
    points=2,
    competence="2.4",
    fr="Aucune machine ne détient les clés du compte d'une autre, et root seul peut y lire des clés.",
    en="No machine holds the keys of another's account, and root alone may read keys on it.",
    timeout=120,
)
def test_only_its_own_keys(lab):
    for host in HOSTS:
        there = lab.host(host)
        for path, entry in keytabs_on(there):
            assert entry.uid == 0, f"{host}: {path} belongs to another account than root"
            assert not entry.mode & 0o077, f"{host}: {path} may be read by others than root"
            if host == "dc1":  # root has the whole domain's keys there
                continue
            listed = there.run("klist -k %s", f"FILE:{path}").stdout
            for principal in re.findall(r"^ *\d+ (\S+)@", listed, re.MULTILINE):
                own = principal.partition("/")[2] or principal
                mine = own.lower() in {f"{host}$", host, f"{host}.{lab.domain}"}
                assert mine, f"{host}: {path} has a key of {principal}"


@check(
    "guard",
    points=2,
    competence="2.4",
    fr="SSSD utilise toujours le compte de {{ pc }}, sans mot de passe écrit dans un fichier, et vérifie les tickets.",
    en="SSSD still uses the account of {{ pc }}, with no password in its configuration, and verifies tickets.",
    host="{{ pc }}",
    timeout=120,
)
def test_sssd_unchanged(lab):
    there, settings = lab.host(lab.values["pc"]), sssd_settings(lab, lab.values["pc"])
    for key in ("id_provider", "access_provider"):
        assert settings.get(key) == "ad", f"{key} = {settings.get(key)}"
    for key in ("auth_provider", "chpass_provider"):
        assert settings.get(key, "ad") == "ad", f"{key} = {settings[key]}"
    for key in ("ldap_default_authtok", "ldap_default_bind_dn", "ldap_sasl_authid", "ldap_krb5_keytab", "krb5_keytab"):
        assert key not in settings, f"{key} is set"
    assert settings.get("krb5_validate", "true").lower() == "true", "SSSD no longer verifies tickets"
    assert settings.get("cache_credentials", "false").lower() == "false", "SSSD logs in from a cache of passwords"
    assert there.service("sssd").is_enabled, "sssd does not start with the workstation"


@check(
    "guard",
    points=1,
    competence="2.4",
    fr="{{ pc }} refuse toujours un mauvais mot de passe et un ancien salarié ; aucun compte n'y est recréé.",
    en="{{ pc }} still refuses a wrong password and a former employee; no account was made anew on it.",
    timeout=120,
)
def test_still_refuses(lab):
    pc = lab.values["pc"]
    for login, password in (("hmarchand", "Offset-4625"), ("pmorel", "Bristol-640")):
        done = lab.login("lan", pc, login, password)
        assert done.refused, f"{login} on {pc}: {done.status} {done.problem}"
    text = lab.host(pc).file("/etc/passwd").content_string
    local = account_names(text) & {*PEOPLE, "hmarchand", "ylegoff", "pmorel"}
    assert not local, f"{pc}: /etc/passwd has {', '.join(sorted(local))}"


@pytest.mark.parametrize(("login", "share"), [("nbrunet", "prepresse"), ("sdasilva", "comptabilite")])
@check(
    "guard",
    points=1,
    competence="2.4",
    fr="Sur l'autre poste, {{ login }} ouvre toujours une session, puis son partage avec un ticket.",
    en="On the other workstation {{ login }} still logs in, and opens the share with a ticket.",
    timeout=240,
)
def test_other_workstation(lab, login, share):
    other = "pc2" if lab.values["pc"] == "pc1" else "pc1"

    def logs_in():
        done = lab.login("lan", other, login, PEOPLE[login])
        assert done.accepted, f"{login} on {other}: {done.problem}"
        return True

    def opens_share():
        done = open_share(lab, other, login, PEOPLE[login], share)
        assert done.status == 0, f"{login} on {other}, share {share}: {(done.stderr or done.stdout).strip()}"
        return True

    lab.wait(logs_in, within=SOON, every=1)
    lab.wait(opens_share, within=LONG, every=1)
