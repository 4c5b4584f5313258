"""Do both controllers serve the domain? Asked as its users do, and by what reaches the other one of a change."""

import pytest

from grader import check, concurrently, reason
from lab_tools import CONTROLLERS, PEOPLE, arrives, end_of, listed, ticket, words_of

MEMBERS = ("pc1", "pc2")
SOON = 90
"""Seconds after which SSSD has surely asked the domain again, be it that it was out of reach before."""
SERVICES = {"_ldap._tcp": 389, "_kerberos._tcp": 88, "_kerberos._udp": 88, "_kpasswd._tcp": 464, "_gc._tcp": 3268}


@pytest.mark.parametrize("host", MEMBERS)
@check(
    "guard",
    fr="Sur {{ host }}, chacun ouvre une session avec son mot de passe du domaine.",
    en="On {{ host }} everybody logs in with their password of the domain.",
    timeout=300,
)
def test_everybody_logs_in(lab, host):
    def wait_for_login(login):
        def logs_in():
            done = lab.login("lan", host, login, PEOPLE[login][0])
            assert done.accepted, reason(
                fr=f"{login} sur {host} : {end_of(done)}", en=f"{login} on {host}: {end_of(done)}"
            )
            return True

        lab.wait(logs_in, within=SOON, every=0.5)

    concurrently(wait_for_login, PEOPLE)


@pytest.mark.parametrize("host", MEMBERS)
@check(
    "guard",
    fr="{{ host }} refuse un mauvais mot de passe et le compte d'un ancien salarié, et connaît les groupes de chacun.",
    en="{{ host }} refuses a wrong password and the account of a former employee, and knows everybody's groups.",
    timeout=180,
)
def test_refusals_and_groups(lab, host):
    strangers = (("hmarchand", "Offset-4625"), ("pmorel", "Bristol-640"))
    tried = concurrently(lambda who: lab.login("lan", host, *who), strangers)
    for (login, _), done in zip(strangers, tried, strict=True):
        assert not done.accepted, reason(
            fr=f"{host} laisse entrer {login}, qu'il doit refuser", en=f"{host} lets {login} in, whom it must refuse"
        )
        assert done.refused, reason(
            fr=f"{login} sur {host} : {end_of(done)} au lieu d'un refus",
            en=f"{login} on {host}: {end_of(done)} instead of a refusal",
        )
    for login, (_, groups) in PEOPLE.items():
        found = set(lab.client(host).run(["id", "-Gn", login]).stdout.split())
        lacking = groups - found
        assert not lacking, reason(
            fr=f"{login} sur {host} n'est pas dans {listed(lacking)}, mais dans {listed(found)}",
            en=f"{login} on {host} is not in {listed(lacking)}, but in {listed(found)}",
        )


@pytest.mark.parametrize("controller", CONTROLLERS)
@check(
    "guard",
    fr="{{ controller }} connaît chacun, et l'annonce du domaine nomme les deux contrôleurs.",
    en="{{ controller }} knows everybody, and the domain's announcement names both controllers.",
    timeout=300,
)
def test_each_controller_serves(lab, controller):
    def wait_for_ticket(login):
        def known():
            done = ticket(lab, "pc1", controller, login, PEOPLE[login][0])
            assert done.status == 0, reason(
                fr=f"{controller} refuse un ticket à {login} : {words_of(done)}",
                en=f"{controller} refuses {login} a ticket: {words_of(done)}",
            )
            return True

        lab.wait(known, within=SOON, every=0.5)

    concurrently(wait_for_ticket, PEOPLE)
    both = sorted(f"{name}.{lab.domain}" for name in CONTROLLERS)

    def announced(name):
        return lab.probe("lan").resolve(f"{name}.{lab.domain}", lab.address(controller), "SRV")

    for name, found in zip(SERVICES, concurrently(announced, SERVICES), strict=True):
        port = str(SERVICES[name])
        rows = [record.split() for record in found.records]
        shown = ", ".join(found.records) or reason(fr="aucun enregistrement", en="no record")
        assert sorted(row[3] for row in rows) == both, reason(
            fr=f"{controller}, {name} : {shown}, au lieu de {' et '.join(both)}",
            en=f"{controller}, {name}: {shown}, not {' and '.join(both)}",
        )
        assert {row[2] for row in rows} == {port}, reason(
            fr=f"{controller}, {name} : {shown}, au lieu du port {port}",
            en=f"{controller}, {name}: {shown}, not port {port}",
        )


@check(
    "guard",
    fr="Un compte créé sur dc1 est connu de dc2.",
    en="An account that is made on dc1 is known to dc2.",
    timeout=420,
)
def test_second_receives(lab):
    arrives(lab, "dc1", "dc2")


@check(
    "guard",
    fr="Un compte créé sur dc2 est connu de dc1.",
    en="An account that is made on dc2 is known to dc1.",
    timeout=420,
)
def test_first_receives(lab):
    arrives(lab, "dc2", "dc1")


@pytest.mark.parametrize("controller", CONTROLLERS)
@check(
    "guard",
    fr="Les services de {{ controller }} démarrent avec lui, et il trouve l'autre contrôleur par son nom.",
    en="The services of {{ controller }} start with it, and it finds the other controller by its name.",
)
def test_services(lab, controller):
    for name in ("samba-ad-dc", "nftables"):
        assert lab.host(controller).service(name).is_enabled, reason(
            fr=f"{name} ne démarre pas avec {controller}", en=f"{name} does not start with {controller}"
        )
    assert lab.host(controller).service("samba-ad-dc").is_running, reason(
        fr=f"samba-ad-dc ne fonctionne pas sur {controller}", en=f"samba-ad-dc does not run on {controller}"
    )
    (other,) = set(CONTROLLERS) - {controller}
    due = lab.address(other)
    found = lab.client(controller).run(["getent", "ahostsv4", f"{other}.{lab.domain}"]).stdout.split()
    addresses = sorted({word for word in found if word.count(".") == 3})  # each line: address, kind of socket, name
    shown = ", ".join(addresses) or reason(fr="aucune adresse", en="no address")
    assert due in found, reason(
        fr=f"{controller} trouve {other} à : {shown}, au lieu de {due}",
        en=f"{controller} finds {other} at: {shown}, not {due}",
    )
