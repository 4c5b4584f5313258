"""Does the workstation know the directory's users again, as the other one does, and after a reboot as well?"""

import re

from grader import check, concurrently, reason
from lab_tools import (
    PASSWORDS,
    assert_logs_in,
    assert_no_local_account,
    assert_service_lasts,
    assert_wrong_password_is_refused,
    sssd_settings,
    words_of,
)

GROUPS = {
    "afaure": {"direction"},
    "croux": {"direction", "comptabilite"},
    "kbenali": {"comptabilite"},
    "snguyen": {"etudes"},
    "tgarnier": {"etudes", "atelier"},
    "mlebreton": {"atelier"},
}
SOON = 5


def sssd_is_down(lab):
    """Return in words that SSSD of the workstation has failed, or was stopped; or nothing."""
    pc = lab.values["pc"]
    state = lab.host(pc).service("sssd").systemd_property("Unit.ActiveState")
    if state == "failed":
        return reason(fr=f"le service sssd est en échec sur {pc}", en=f"the service sssd has failed on {pc}")
    if state == "inactive":
        return reason(fr=f"le service sssd est arrêté sur {pc}", en=f"the service sssd is stopped on {pc}")
    return ""


@check(
    "symptom",
    points=3,
    competence="2.4",
    fr="Chacun ouvre une session sur {{ pc }} avec son mot de passe de l'annuaire.",
    en="Everybody can log in on {{ pc }} with their password from the directory.",
    before_fr="Personne ne peut ouvrir de session sur {{ pc }}.",
    before_en="Nobody can log in on {{ pc }}.",
    timeout=240,
)
def test_everybody_logs_in(lab):
    assert_logs_in(lab, lab.values["pc"], list(PASSWORDS), within=SOON, unless=lambda: sssd_is_down(lab))


@check(
    "symptom",
    points=1,
    competence="2.4",
    fr="{{ pc }} connaît les groupes de chacun.",
    en="{{ pc }} knows everybody's groups.",
    before_fr="{{ pc }} ne sait pas à quel service chacun appartient.",
    before_en="{{ pc }} does not know which department anyone is in.",
    timeout=60,
)
def test_everybody_has_their_groups(lab):
    pc = lab.client(lab.values["pc"])

    def known():
        for login, done in zip(GROUPS, concurrently(lambda login: pc.run(["id", "-Gn", login]), GROUPS), strict=True):
            found, expected = set(done.stdout.split()), {"salaries", *GROUPS[login]}
            seen, right = ", ".join(sorted(found)), ", ".join(sorted(expected))
            assert found == expected, reason(
                fr=f"{login} a pour groupes : {seen or 'aucun'}, au lieu de {right}",
                en=f"{login} is in {seen or 'no group'}, instead of {right}",
            )
        return True

    lab.wait(known, within=SOON, every=0.5, unless=lambda: sssd_is_down(lab))


@check(
    "symptom",
    points=3,
    competence="2.4",
    fr="Le service SSSD de {{ pc }} fonctionne, et démarre avec le poste.",
    en="The SSSD service runs on {{ pc }}, and starts with the workstation.",
    before_fr="{{ pc }} n'est pas rétabli pour de bon.",
    before_en="{{ pc }} is not back for good.",
    host="{{ pc }}",
    lock="",
)
def test_sssd_is_a_service(lab):
    pc = lab.values["pc"]
    assert_service_lasts(lab, pc, "sssd")
    sssd = lab.host(pc).service("sssd")
    running = {process.pid for process in lab.host(pc).process.filter(comm="sssd")}
    outside = ", ".join(map(str, sorted(running - {sssd.main_pid})))
    assert not outside, reason(
        fr=f"sssd tourne hors de son service (processus {outside})",
        en=f"sssd runs outside its service (process {outside})",
    )
    assert running, reason(fr="aucun processus ne s'appelle sssd", en="no process is called sssd")
    doubts = "; ".join(sssd.doubts)
    assert not doubts, doubts


@check(
    "symptom",
    points=2,
    competence="2.4",
    fr="La configuration de SSSD est juste, et protégée comme il l'exige.",
    en="SSSD's configuration is right, and protected as SSSD demands.",
    before_fr="Rien ne dit que {{ pc }} ne retombera pas en panne.",
    before_en="Nothing says that {{ pc }} will not fail again.",
    host="{{ pc }}",
    lock="",
)
def test_configuration_is_sound(lab):
    host = lab.host(lab.values["pc"])
    found = host.run("sssctl config-check")
    said = words_of(found.stdout + found.stderr)[:300]
    assert found.rc == 0, reason(fr=f"sssctl config-check : {said}", en=f"sssctl config-check: {said}")
    file = host.file("/etc/sssd/sssd.conf")
    owner, mode = file.user, file.mode
    assert owner == "root", reason(
        fr=f"/etc/sssd/sssd.conf appartient à {owner}, au lieu de root",
        en=f"/etc/sssd/sssd.conf belongs to {owner}, instead of root",
    )
    assert not mode & 0o007, reason(
        fr=f"/etc/sssd/sssd.conf a les droits {mode:04o} : il est ouvert à tous",
        en=f"/etc/sssd/sssd.conf has the mode {mode:04o}: it is open to everybody",
    )
    text = sssd_settings(lab, lab.values["pc"])
    sections = dict(re.findall(r"^\s*\[domain/([^\]]+)\]([^\[]*)", text, re.MULTILINE))
    listed = re.findall(r"^\s*domains\s*=\s*(.*?)\s*$", text, re.MULTILINE)
    enabled = {name.strip() for name in listed[-1].split(",")} if listed else set()
    # A domain may say so itself, in a file of its own.
    enabled |= {name for name, lines in sections.items() if re.search(r"(?im)^\s*enabled\s*=\s*true\s*$", lines)}
    assert enabled, reason(fr="aucun domaine n'est activé", en="no domain is enabled")
    missing = ", ".join(sorted(enabled - sections.keys()))
    assert not missing, reason(
        fr=f"aucune section pour le domaine {missing}", en=f"no section for the domain {missing}"
    )


@check(
    "guard",
    points=1,
    competence="2.4",
    fr="{{ pc }} demande toujours l'annuaire de l'entreprise, sous TLS, et en vérifie le certificat.",
    en="{{ pc }} still uses the company's directory, over TLS, and verifies its certificate.",
    host="{{ pc }}",
    lock="",
)
def test_directory_is_verified(lab):
    text = sssd_settings(lab, lab.values["pc"])
    settings = dict(re.findall(r"^\s*(\w+)\s*=\s*(.*?)\s*$", text, re.MULTILINE))
    uri, server = settings.get("ldap_uri", ""), f"ldap1.{lab.domain}"
    assert server in uri, reason(
        fr=f"SSSD interroge {uri or 'aucun annuaire'}, au lieu de {server}",
        en=f"SSSD asks {uri or 'no directory'}, instead of {server}",
    )
    encrypted = uri.startswith("ldaps://") or settings.get("ldap_id_use_start_tls", "").lower() == "true"
    assert encrypted, reason(fr=f"SSSD s'adresse à {uri} sans TLS", en=f"SSSD speaks to {uri} without TLS")
    assert settings.get("ldap_tls_reqcert", "demand") in {"demand", "hard"}, reason(
        fr="SSSD n'exige pas un certificat valable", en="SSSD does not demand a good certificate"
    )
    for key in ("ldap_default_bind_dn", "ldap_default_authtok"):
        assert key not in settings, reason(
            fr=f"{key} est défini : SSSD interroge l'annuaire avec un compte dont il n'a pas besoin",
            en=f"{key} is set: SSSD asks with an account that it does not need",
        )


@check(
    "guard",
    points=1,
    competence="2.4",
    fr="Les comptes de {{ pc }} viennent de l'annuaire : aucun n'a été recréé sur le poste.",
    en="The accounts of {{ pc }} come from the directory: none was recreated on the workstation.",
    host="{{ pc }}",
    lock="",
)
def test_no_local_account(lab):
    assert_no_local_account(lab, lab.values["pc"])


@check(
    "guard",
    points=1,
    competence="2.4",
    fr="{{ pc }} refuse un mauvais mot de passe.",
    en="{{ pc }} refuses a wrong password.",
    timeout=60,
)
def test_wrong_password(lab):
    assert_wrong_password_is_refused(lab, lab.values["pc"], "mlebreton", PASSWORDS["afaure"])


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
    concurrently(lambda host: assert_logs_in(lab, host, list(PASSWORDS)), (other, "files1"))
    assert_service_lasts(lab, "ldap1", "slapd")
