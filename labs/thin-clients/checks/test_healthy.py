"""Do the thin clients work? Asked as their users do: a desktop opens on a terminal, and a document is kept."""

import secrets

import pytest

from grader import check
from lab_tools import PASSWORDS, SOON, assert_seen, desktop, in_session, settings_of


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
    host="{{ terminal }}",
    timeout=240,
)
def test_desktop(lab, login, terminal):
    text = secrets.token_hex(8)
    note = f"essai-{text[:6]}.txt"
    with desktop(lab, terminal, login):
        assert_seen(lab, terminal, login)
        saved = in_session(lab, login, "sh -c %s", f"echo {text} >/home/{login}/Documents/{note}")
        assert saved.rc == 0, f"{login} cannot save: {saved.stderr.strip()}"
        settings = settings_of(lab, login)
        assert f"MENUISERIE_PROFIL={login}@home1" in settings, f"the logon script did not run for {login}"
    kept = lab.host("home1").run("cat %s", f"/srv/profils/{login}/Documents/{note}").stdout.strip()
    lab.host("home1").run("rm -f %s", f"/srv/profils/{login}/Documents/{note}")
    assert kept == text, f"what {login} saved did not arrive on home1"


@check(
    "guard",
    fr="Un mauvais mot de passe n'ouvre pas de bureau.",
    en="A wrong password opens no desktop.",
    host="ts1",
    timeout=90,
)
def test_wrong_password(lab):
    refused = lab.client("ts1").run(["essai-bureau", "afaure", PASSWORDS["croux"]], timeout=SOON)
    assert refused.status != 0, "afaure gets a desktop with a wrong password"
    assert "refused" in refused.stdout, refused.stdout


@check(
    "guard",
    fr="Depuis le réseau, ts1 ne répond qu'en RDP et en SSH.",
    en="From the network, ts1 answers RDP and SSH only.",
)
def test_firewall(lab):
    lan, ts1 = lab.probe("lan"), lab.address("ts1")
    for port, wanted in ((3389, "open"), (22, "open"), (3350, "silent")):
        seen = lan.tcp(ts1, port)
        assert seen.state == wanted, f"port {port} of ts1: {seen}"


@check(
    "guard",
    fr="Chaque machine a son nom dans le DNS, et son nom inverse.",
    en="Every machine has its name in DNS, and its reverse name.",
    timeout=90,
)
def test_names_both_ways(lab):
    lan, server = lab.probe("lan"), lab.address("srv1")
    for name in ("srv1", "ldap1", "home1", "ts1", "term1", "term2"):
        fqdn, address = f"{name}.{lab.domain}", lab.address(name)
        there, back = lan.resolve(fqdn, server), lan.resolve(address, server, "PTR")
        assert there.records == (address,), f"{fqdn}: {there}"
        assert back.records == (fqdn,), f"{address}: {back}"


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
        assert service.is_running, f"{name} does not run on {host}"
        assert service.is_enabled, f"{name} does not start with {host}"
