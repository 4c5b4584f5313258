"""Do both controllers serve the domain? Asked as its users do, and by what reaches the other one of a change."""

import pytest

from grader import check
from lab_tools import CONTROLLERS, PEOPLE, arrives, ticket

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
    for login, (password, _) in PEOPLE.items():

        def logs_in(login=login, password=password):
            done = lab.login("lan", host, login, password)
            assert done.accepted, f"{login} on {host}: {done.problem}"
            return True

        lab.wait(logs_in, within=SOON, every=1)


@pytest.mark.parametrize("host", MEMBERS)
@check(
    "guard",
    fr="{{ host }} refuse un mauvais mot de passe et le compte d'un ancien salarié, et connaît les groupes de chacun.",
    en="{{ host }} refuses a wrong password and the account of a former employee, and knows everybody's groups.",
    timeout=180,
)
def test_refusals_and_groups(lab, host):
    for login, password in (("hmarchand", "Offset-4625"), ("pmorel", "Bristol-640")):
        done = lab.login("lan", host, login, password)
        assert done.refused, f"{login} on {host}: {done.status} {done.problem}"
    for login, (_, groups) in PEOPLE.items():
        found = set(lab.client(host).run(["id", "-Gn", login]).stdout.split())
        assert found >= groups, f"{login} on {host}: {sorted(found)}"


@pytest.mark.parametrize("controller", CONTROLLERS)
@check(
    "guard",
    fr="{{ controller }} connaît chacun, et l'annonce du domaine nomme les deux contrôleurs.",
    en="{{ controller }} knows everybody, and the domain's announcement names both controllers.",
    timeout=300,
)
def test_each_controller_serves(lab, controller):
    for login, (password, _) in PEOPLE.items():

        def known(login=login, password=password):
            done = ticket(lab, "pc1", controller, login, password)
            assert done.status == 0, f"{controller}, {login}: {done.stderr.strip()}"
            return True

        lab.wait(known, within=SOON, every=1)
    both = sorted(f"{name}.{lab.domain}" for name in CONTROLLERS)
    for name, port in SERVICES.items():
        found = lab.probe("lan").resolve(f"{name}.{lab.domain}", lab.address(controller), "SRV")
        assert sorted(r.split()[3] for r in found.records) == both, f"{controller}, {name}: {found}"
        assert {r.split()[2] for r in found.records} == {str(port)}, f"{controller}, {name}: {found}"


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
        assert lab.host(controller).service(name).is_enabled, f"{name} does not start with {controller}"
    assert lab.host(controller).service("samba-ad-dc").is_running, f"samba-ad-dc does not run on {controller}"
    (other,) = set(CONTROLLERS) - {controller}
    found = lab.client(controller).run(["getent", "ahostsv4", f"{other}.{lab.domain}"]).stdout.split()
    assert lab.address(other) in found, f"{controller} finds {other} at: {' '.join(found)}"
