"""Is the service desk healthy? Asked as its users and agents do: they write, sign in, and open documents."""

import pytest

from grader import check, concurrently, reason, scaled_timeout
from lab_tools import (
    AGENTS,
    HOSTS,
    PASSWORDS,
    assert_service,
    desk,
    forget,
    page,
    received,
    sftp,
    signs_in,
    words_of,
    write_to_support,
)

SERVICES = {
    "srv1": ("named",),
    "ldap1": ("slapd",),
    "files1": ("ssh", "sssd"),
    "mail1": ("postfix", "dovecot", "opendkim"),
    "helpdesk1": ("nginx", "postfix", "rt5-fcgi"),
    "pc1": ("sssd",),
    "pc2": ("sssd",),
}
DOCUMENTS = {
    "croux": "comptabilite/factures-2026-10.csv",
    "snguyen": "etudes/escalier-saint-aubin.txt",
    "mlebreton": "atelier/planning-semaine-48.txt",
}
SOON = 8
"""Seconds after which SSSD has surely asked the directory again."""


@check(
    "guard",
    fr="Un message à support@ devient un ticket, et son auteur en est averti.",
    en="A message to support@ becomes a ticket, and its author hears of it.",
    timeout=90,
)
def test_mail_becomes_a_ticket(lab):
    subject = write_to_support(lab, "kbenali")
    missing = reason(fr=f"aucun ticket « {subject} »", en=f"no ticket '{subject}'")
    try:
        found = lab.wait(lambda: desk(lab).about(subject), within=20, every=0.5, what=missing)
        received(lab, "kbenali", subject)
    finally:
        forget(lab, subject)
    assert len(found) == 1, reason(
        fr=f"{len(found)} tickets pour un message", en=f"{len(found)} tickets of one message"
    )


@pytest.mark.parametrize("login", AGENTS)
@check(
    "guard",
    fr="{{ login }} se connecte au centre de services avec son mot de passe de l'annuaire.",
    en="{{ login }} signs in to the service desk with the directory's password.",
    timeout=90,
)
def test_agents_sign_in(lab, login):
    assert signs_in(lab, login, AGENTS[login]), reason(fr=f"{login} est refusé", en=f"{login} is refused")


@check(
    "guard",
    fr="Le centre de services refuse un mauvais mot de passe.",
    en="The service desk refuses a wrong password.",
    timeout=90,
)
def test_wrong_password(lab):
    assert not signs_in(lab, "kbenali", "Ciseau-64"), reason(fr="il est accepté", en="it is accepted")
    assert signs_in(lab, "kbenali", PASSWORDS["kbenali"]), reason(fr="le bon est refusé", en="the right one is refused")


@pytest.mark.parametrize("host", ["pc1", "pc2"])
@check(
    "guard",
    fr="Sur {{ host }}, la page du centre de services s'ouvre sans avertissement.",
    en="On {{ host }}, the service desk's page opens without a warning.",
    timeout=60,
)
def test_page(lab, host):
    argv = [
        "curl",
        "--silent",
        "--show-error",
        "--fail",
        "--output",
        "/dev/null",
        "--max-time",
        str(scaled_timeout(20)),
    ]
    done = lab.client(host).run([*argv, f"https://helpdesk.{lab.domain}/"], timeout=40)
    assert done.status == 0, reason(fr=f"{host} : {words_of(done.stderr)}", en=f"{host}: {words_of(done.stderr)}")
    assert "Request Tracker" in page(lab, "/").stdout, reason(fr="ce n'est pas RT", en="it is not RT")


@pytest.mark.parametrize("login", DOCUMENTS)
@check(
    "guard",
    fr="{{ login }} lit un document de son service, et n'entre pas dans les sauvegardes.",
    en="{{ login }} can read a document of the department, and cannot enter the backups.",
    timeout=60,
)
def test_documents(lab, login):
    def reads():
        done = sftp(lab, login, f"/srv/partages/{DOCUMENTS[login]}")
        said = words_of(done.stderr)
        assert done.status == 0, reason(fr=f"{login} : {said}", en=f"{login}: {said}")
        return True

    lab.wait(reads, within=SOON, every=0.5)
    done = sftp(lab, login, "/srv/sauvegardes/")
    assert done.status != 0, reason(fr=f"{login} lit les sauvegardes", en=f"{login} reads the backups")


@check(
    "guard",
    fr="Une sauvegarde garde les documents tels qu'ils étaient ce jour-là.",
    en="A backup keeps the documents as they were on that day.",
)
def test_backups(lab):
    files1 = lab.host("files1")
    plans = {
        day: files1.file(f"/srv/sauvegardes/2026-10-{day}/atelier/planning-semaine-44.txt").content_string
        for day in (26, 27, 28, 29, 30)
    }
    assert len(set(plans.values())) == len(plans), reason(fr="des jours se confondent", en="some days are alike")
    assert files1.service("sauvegarde.timer").is_running, reason(
        fr="la sauvegarde n'est plus programmée", en="the backup is no longer scheduled"
    )


@pytest.mark.parametrize("host", SERVICES)
@check(
    "guard",
    fr="Les services de {{ host }} fonctionnent et démarrent avec la machine.",
    en="The services of {{ host }} run and start with the machine.",
)
def test_services(lab, host):
    for name in SERVICES[host]:
        assert_service(lab, host, name)


@check(
    "guard",
    fr="Le DNS nomme chaque machine, et le serveur qui reçoit le courrier.",
    en="DNS names every host, and the server that takes the mail.",
)
def test_dns(lab):
    client = lab.client("pc1")
    names = {name: name for name in HOSTS} | {"helpdesk": "helpdesk1", "mail": "mail1"}
    found = concurrently(lambda name: client.resolve(f"{name}.{lab.domain}", lab.address("srv1")).records, names)
    for (name, host), records in zip(names.items(), found, strict=True):
        said = ", ".join(records)
        assert records == (lab.address(host),), reason(
            fr=f"{name} : {said or 'aucune adresse'}", en=f"{name}: {said or 'no address'}"
        )


@check(
    "guard",
    fr="L'historique des tickets dit d'où vient chaque valeur.",
    en="The tickets' histories say where each value comes from.",
)
def test_recorded(lab):
    wrong = desk(lab).unrecorded
    assert not wrong, "; ".join(wrong)
