"""Does the workstation know the directory's users again, as the other one does, and after a reboot as well?"""

import re

from grader import account_names, check
from lab_tools import PASSWORDS

GROUPS = {
    "afaure": {"direction"},
    "croux": {"direction", "comptabilite"},
    "kbenali": {"comptabilite"},
    "snguyen": {"etudes"},
    "tgarnier": {"etudes", "atelier"},
    "mlebreton": {"atelier"},
}
SOON = 5


def settings_of(host):
    """Return the text of SSSD's configuration: its file, then those of its folder."""
    more = sorted(f.path for f in host.file("/etc/sssd/conf.d").tree() if f.path.endswith(".conf"))
    paths = ("/etc/sssd/sssd.conf", *(f"/etc/sssd/conf.d/{path}" for path in more))
    return "\n".join(host.file(path).content_string for path in paths)


def everybody_logs_in(lab, host):
    """Log in as each person of the directory."""
    for login, password in PASSWORDS.items():
        done = lab.login("lan", host, login, password)
        assert done.accepted, f"{login} on {host}: {done.problem}"
    return True


@check(
    "symptom",
    points=3,
    competence="2.4",
    fr="Chacun ouvre une session sur {{ pc }} avec son mot de passe de l'annuaire.",
    en="Everybody logs in on {{ pc }} with their password of the directory.",
    timeout=240,
)
def test_everybody_logs_in(lab):
    lab.wait(lambda: everybody_logs_in(lab, lab.values["pc"]), within=SOON, every=1)


@check(
    "symptom",
    points=1,
    competence="2.4",
    fr="{{ pc }} connaît les groupes de chacun.",
    en="{{ pc }} knows everybody's groups.",
    timeout=60,
)
def test_everybody_has_their_groups(lab):
    pc = lab.client(lab.values["pc"])

    def known():
        for login, groups in GROUPS.items():
            found = set(pc.run(["id", "-Gn", login]).stdout.split())
            assert found == {"salaries", *groups}, f"{login} is in {', '.join(sorted(found)) or 'no group'}"
        return True

    lab.wait(known, within=SOON, every=1)


@check(
    "symptom",
    points=3,
    competence="2.4",
    fr="Le service SSSD de {{ pc }} fonctionne, et démarre avec le poste.",
    en="The service SSSD of {{ pc }} runs, and starts with the workstation.",
    host="{{ pc }}",
)
def test_sssd_is_a_service(lab):
    host = lab.host(lab.values["pc"])
    sssd = host.service("sssd")
    assert sssd.is_running, "the service sssd does not run"
    assert sssd.is_enabled, "the service sssd does not start with the workstation"
    running = {process.pid for process in host.process.filter(comm="sssd")}
    assert running == {sssd.main_pid}, f"sssd runs outside its service: {running - {sssd.main_pid}}"
    assert sssd.is_genuine, "; ".join(sssd.doubts)


@check(
    "symptom",
    points=2,
    competence="2.4",
    fr="La configuration de SSSD est juste, et protégée comme il l'exige.",
    en="SSSD's configuration is right, and protected as it demands.",
    host="{{ pc }}",
)
def test_configuration_is_sound(lab):
    host = lab.host(lab.values["pc"])
    found = host.run("sssctl config-check")
    assert found.rc == 0, f"sssctl config-check: {' '.join(found.stdout.split())[:300]}"
    file = host.file("/etc/sssd/sssd.conf")
    assert file.user == "root", f"/etc/sssd/sssd.conf belongs to {file.user}"
    assert not file.mode & 0o007, f"/etc/sssd/sssd.conf has the mode {file.mode:04o}"
    text = settings_of(host)
    sections = set(re.findall(r"^\s*\[domain/([^\]]+)\]", text, re.MULTILINE))
    domains = re.findall(r"^\s*domains\s*=\s*(.*?)\s*$", text, re.MULTILINE)
    assert domains, "no domain is enabled"
    missing = {name.strip() for name in domains[-1].split(",")} - sections
    assert not missing, f"no section for the domain {', '.join(sorted(missing))}"


@check(
    "guard",
    points=1,
    competence="2.4",
    fr="{{ pc }} demande toujours l'annuaire de l'entreprise, sous TLS, et en vérifie le certificat.",
    en="{{ pc }} still asks the company's directory, over TLS, and verifies its certificate.",
    host="{{ pc }}",
)
def test_directory_is_verified(lab):
    host = lab.host(lab.values["pc"])
    text = settings_of(host)
    settings = dict(re.findall(r"^\s*(\w+)\s*=\s*(.*?)\s*$", text, re.MULTILINE))
    uri = settings.get("ldap_uri", "")
    assert f"ldap1.{lab.domain}" in uri, f"SSSD asks {uri or 'no directory'}"
    encrypted = uri.startswith("ldaps://") or settings.get("ldap_id_use_start_tls", "").lower() == "true"
    assert encrypted, f"SSSD speaks to {uri} without TLS"
    assert settings.get("ldap_tls_reqcert", "demand") in {"demand", "hard"}, "SSSD does not demand a good certificate"
    for key in ("ldap_default_bind_dn", "ldap_default_authtok"):
        assert key not in settings, f"{key} is set: SSSD asks with an account that it does not need"


@check(
    "guard",
    points=1,
    competence="2.4",
    fr="Les comptes de {{ pc }} viennent de l'annuaire : aucun n'a été recréé sur le poste.",
    en="The accounts of {{ pc }} come from the directory: none was made anew on the workstation.",
    host="{{ pc }}",
)
def test_no_local_account(lab):
    text = lab.host(lab.values["pc"]).file("/etc/passwd").content_string
    local = set(PASSWORDS) & account_names(text)
    assert not local, f"/etc/passwd has {', '.join(sorted(local))}"


@check(
    "guard",
    points=1,
    competence="2.4",
    fr="{{ pc }} refuse un mauvais mot de passe.",
    en="{{ pc }} refuses a wrong password.",
    timeout=60,
)
def test_wrong_password(lab):
    done = lab.login("lan", lab.values["pc"], "mlebreton", PASSWORDS["afaure"])
    assert done.refused, f"mlebreton with a wrong password: {done.status} {done.problem}"


@check(
    "guard",
    points=1,
    competence="2.4",
    fr="L'autre poste et le serveur de fichiers fonctionnent comme avant.",
    en="The other workstation and the file server work as before.",
    timeout=240,
)
def test_others_work(lab):
    other = "pc2" if lab.values["pc"] == "pc1" else "pc1"
    everybody_logs_in(lab, other)
    everybody_logs_in(lab, "files1")
    slapd = lab.host("ldap1").service("slapd")
    assert slapd.is_running, "slapd does not run"
    assert slapd.is_enabled, "slapd does not start with ldap1"
