"""Do the thin clients work? Asked as their users do: a desktop opens on a terminal, and a document is kept."""

import pytest

from grader import check, concurrently, reason
from lab_tools import (
    PASSWORDS,
    STATES,
    assert_logon_script,
    assert_seen,
    desktop,
    forget_failures,
    in_session,
    login_answer,
    note_to_save,
    settings_of,
    state_of,
)


@pytest.mark.parametrize(
    ("login", "terminal"),
    [
        ("afaure", "term1"),
        ("croux", "term2"),
        ("kbenali", "term1"),
        ("snguyen", "term2"),
        ("tgarnier", "term1"),
        ("mlebreton", "term2"),
    ],
)
@check(
    "guard",
    fr="Le bureau {{ login | de }} s'affiche sur {{ terminal }}, et ce qui y est enregistré arrive sur home1.",
    en="The desktop of {{ login }} shows on {{ terminal }}, and what is saved there arrives on home1.",
    host="{{ terminal }}",  # its lock as well: a terminal has one screen
    timeout=240,
)
def test_desktop(lab, login, terminal):
    with note_to_save(lab, login) as (note, text):
        with desktop(lab, terminal, login):
            assert_seen(lab, terminal, login)
            saved = in_session(lab, login, "sh -c %s", f"echo {text} >/home/{login}/Documents/{note}")
            assert saved.rc == 0, reason(
                fr=f"{login} ne peut pas enregistrer : {saved.stderr.strip()}",
                en=f"{login} cannot save: {saved.stderr.strip()}",
            )
            assert_logon_script(login, settings_of(lab, login))
        kept = lab.host("home1").run("cat %s", f"/srv/profils/{login}/Documents/{note}").stdout.strip()
        assert kept == text, reason(
            fr=f"ce que {login} a enregistré n'est pas arrivé sur home1",
            en=f"what {login} saved did not arrive on home1",
        )


@check(
    "guard",
    fr="Un mauvais mot de passe n'ouvre pas de bureau.",
    en="A wrong password opens no desktop.",
    host="ts1",
    timeout=90,
    lock="term1",  # where the desktop of the same person opens
)
def test_wrong_password(lab):
    answer = login_answer(lab, "afaure", PASSWORDS["croux"])
    assert "could not be authenticated" in answer, reason(
        fr=f"afaure avec un mauvais mot de passe : ts1 devait refuser, et répond : {answer}",
        en=f"afaure with a wrong password: ts1 should refuse, and answers: {answer}",
    )
    forget_failures(lab, "afaure")


@check(
    "guard",
    fr="Depuis le réseau, ts1 ne répond qu'en RDP et en SSH.",
    en="From the network, ts1 answers only RDP and SSH.",
)
def test_firewall(lab):
    wanted = {3389: "open", 22: "open", 3350: "silent"}
    seen = concurrently(lambda port: lab.probe("lan").tcp(lab.address("ts1"), port), wanted)
    for (port, state), answer in zip(wanted.items(), seen, strict=True):
        assert answer.state == state, reason(
            fr=f"port {port} de ts1, vu du réseau : {state_of(answer)} (attendu : {STATES[state]})",
            en=f"port {port} of ts1, seen from the network: {state_of(answer)} (expected: {state})",
        )


@check(
    "guard",
    fr="Chaque machine a son nom dans le DNS, et son nom inverse.",
    en="Every machine has its name in DNS, and its reverse name.",
    timeout=90,
)
def test_names_both_ways(lab):
    lan, server = lab.probe("lan"), lab.address("srv1")
    names = {f"{name}.{lab.domain}": lab.address(name) for name in ("srv1", "ldap1", "home1", "ts1", "term1", "term2")}
    there = concurrently(lambda fqdn: lan.resolve(fqdn, server), names)
    back = concurrently(lambda address: lan.resolve(address, server, "PTR"), names.values())
    for (fqdn, address), forward, reverse in zip(names.items(), there, back, strict=True):
        for asked, answer, record in ((fqdn, forward, address), (address, reverse, fqdn)):
            found = ", ".join(answer.records)
            assert answer.records == (record,), reason(
                fr=f"{asked} : {record} attendu, le DNS répond {found or answer.status or 'rien'}",
                en=f"{asked}: expected {record}, DNS answers {found or answer.status or 'nothing'}",
            )


@check(
    "guard",
    fr="Les services démarrent avec les machines et fonctionnent.",
    en="The services start with the machines and run.",
    timeout=90,
)
def test_services(lab):
    expected = [("srv1", "named"), ("ldap1", "slapd"), ("home1", "sssd"), ("home1", "ssh"), ("ts1", "sssd")]
    for host, name in [*expected, ("ts1", "xrdp"), ("ts1", "xrdp-sesman"), ("ts1", "nftables")]:
        service = lab.host(host).service(name)
        assert service.is_running, reason(
            fr=f"{name} ne fonctionne pas sur {host}", en=f"{name} does not run on {host}"
        )
        assert service.is_enabled, reason(
            fr=f"{name} ne démarre pas avec {host}", en=f"{name} does not start with {host}"
        )
