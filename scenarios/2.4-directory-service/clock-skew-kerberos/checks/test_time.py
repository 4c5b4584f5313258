"""Do the machines agree on the time again, on the right one, and does Kerberos let people in by its own rules?"""

import re
from datetime import UTC, datetime

import pytest

from grader import check
from lab_tools import assert_still_refuses, go_to, sssd_settings

PEOPLE = {"pc1": ("sdasilva", "Pantone-286"), "pc2": ("nbrunet", "Cyan-58147")}
SOON = 20
"""Seconds after which SSSD has surely tried the domain again."""
APART = 60
"""Seconds by which two clocks that are read one after the other may differ."""
FIVE_MINUTES = 300
SERVICES = {"dc1": ["samba-ad-dc"], "files1": ["smbd", "winbind"], "pc1": ["sssd"], "pc2": ["sssd"]}


def time_of_controller(lab):
    """Return the time that the controller gives to anybody who asks, in seconds."""
    ask = ["ldapsearch", "-x", "-LLL", "-H", f"ldap://{lab.address('dc1')}", "-s", "base", "-b", "", "currentTime"]
    shown = lab.client("pc1").run(ask).stdout
    found = re.search(r"^currentTime: (\d{14})", shown, re.MULTILINE)
    assert found, f"the controller tells no time: {shown[-200:]}"
    return datetime.strptime(found[1], "%Y%m%d%H%M%S").replace(tzinfo=UTC).timestamp()


@check(
    "symptom",
    points=3,
    competence="2.4",
    fr="Sur les deux postes, on ouvre une session avec un mot de passe du domaine, ou avec un ticket pris sur l'autre.",
    en="On both workstations one logs in with a password of the domain, or with a ticket got on the other one.",
    timeout=180,
)
def test_logs_in(lab):
    for host, (login, password) in PEOPLE.items():
        (other,) = PEOPLE.keys() - {host}

        def logs_in(host=host, other=other, login=login, password=password):
            done = lab.login("lan", host, login, password)
            assert done.accepted, f"{login} on {host}: {done.problem}"
            done = go_to(lab, other, host, login, password)
            assert done.status == 0, f"{login} from {other} to {host}, with a ticket: {done.stderr.strip()}"
            return True

        lab.wait(logs_in, within=SOON, every=1)


@check(
    "symptom",
    points=2,
    competence="2.4",
    fr="Dans une session de chaque poste, kinit obtient un ticket.",
    en="In a session on each workstation kinit gets a ticket.",
    because="Clock skew too great",
    timeout=120,
)
def test_ticket(lab):
    for host, (login, password) in PEOPLE.items():
        script = f"echo {password} | kinit -c MEMORY: {login}"

        def gets_one(host=host, login=login, script=script):
            done = lab.client(host).run(["su", "-", "technicien", "-c", script], timeout=30)
            assert done.status == 0, f"{login} on {host}: {done.stderr.strip()}"
            return True

        lab.wait(gets_one, within=SOON, every=1)


@check(
    "symptom",
    points=3,
    competence="2.4",
    fr="Le contrôleur et les postes ont la même heure, la bonne.",
    en="The controller and the workstations have the same time, the right one.",
    timeout=240,
)
def test_same_time(lab):
    for host in PEOPLE:

        def agree(host=host):
            # Asked without a session, a host shows the clock of the machine that all of them run on.
            right = int(lab.host(host).check_output("date +%s"))
            session = int(lab.client(host).run(["su", "-", "technicien", "-c", "date +%s"]).stdout)
            assert abs(session - right) < APART, f"the sessions of {host} are {session - right:+} s off"
            service = int(lab.client(host).run(["systemd-run", "--quiet", "--pipe", "--wait", "date", "+%s"]).stdout)
            assert abs(service - right) < APART, f"the services of {host} are {service - right:+} s off"
            controller = time_of_controller(lab)
            assert abs(controller - right) < APART, f"the controller is {controller - right:+.0f} s off"
            return True

        lab.wait(agree, within=SOON, every=1)
    for host in ("dc1", *PEOPLE):  # what a running service or a session overrides is back with the next boot
        units = "/etc/systemd/system"
        files = [f.path for f in lab.host(host).file(units).tree() if f.kind == "file"]
        paths = [f"{units}/{path}" for path in files if path.endswith((".conf", ".service"))]
        for path in ("/etc/environment", *paths):
            text = lab.host(host).file(path).content_string
            shifts = re.search(r"^\s*[^#;\s].*(FAKETIME|libfaketime)", text, re.MULTILINE)
            assert not shifts, f"on {host} something still shifts the time, or will after the next boot"


@pytest.mark.parametrize("host", ["dc1", "files1", "pc1", "pc2"])
@check(
    "guard",
    points=1,
    competence="2.4",
    fr="Kerberos reste aussi strict sur {{ host }} : cinq minutes d'écart, sans correction cachée.",
    en="Kerberos stays as strict on {{ host }}: five minutes of difference, with no hidden correction.",
    host="{{ host }}",
    timeout=120,
)
def test_still_strict(lab, host):
    there = lab.host(host)
    text = there.check_output("cat /etc/krb5.conf $(find /etc/krb5.conf.d -type f 2>/dev/null)")
    settings = dict(re.findall(r"^\s*(\w+)\s*=\s*(.*?)\s*$", text, re.MULTILINE))
    # The controller's Kerberos, another one, corrects nothing.
    assert host == "dc1" or settings.get("kdc_timesync") == "0", f"kdc_timesync = {settings.get('kdc_timesync', '1')}"
    tolerance = settings.get("clockskew", str(FIVE_MINUTES))
    assert tolerance.isdecimal(), f"clockskew = {tolerance}"
    assert int(tolerance) <= FIVE_MINUTES, f"clockskew = {tolerance}"


@pytest.mark.parametrize("host", PEOPLE)
@check(
    "guard",
    points=1,
    competence="2.4",
    fr="{{ host }} refuse toujours un mauvais mot de passe et un ancien salarié ; il s'en remet au domaine seul.",
    en="{{ host }} still refuses a wrong password and a former employee; it relies on the domain alone.",
    timeout=120,
)
def test_still_refuses(lab, host):
    assert_still_refuses(lab, host)
    settings = sssd_settings(lab, host)
    for key in ("id_provider", "access_provider"):
        assert settings.get(key) == "ad", f"{key} = {settings.get(key)}"
    assert settings.get("auth_provider", "ad") == "ad", f"auth_provider = {settings['auth_provider']}"
    assert settings.get("krb5_validate", "true").lower() == "true", "SSSD no longer verifies tickets"
    assert settings.get("cache_credentials", "false").lower() == "false", "SSSD logs in from a cache of passwords"


@check(
    "guard",
    points=1,
    competence="2.4",
    fr="Les services fonctionnent et démarrent avec les machines.",
    en="The services run and start with the machines.",
    timeout=120,
)
def test_services(lab):
    for host, names in SERVICES.items():
        for name in names:
            service = lab.host(host).service(name)
            assert service.is_running, f"{name} does not run on {host}"
            assert service.is_enabled, f"{name} does not start with {host}"
