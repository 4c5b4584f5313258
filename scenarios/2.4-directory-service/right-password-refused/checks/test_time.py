"""Do the machines agree on the time again, on the right one, and does Kerberos let people in by its own rules?"""

import re
from datetime import UTC, datetime

import pytest

from grader import check, concurrently, reason
from lab_tools import (
    FOR_GOOD,
    SOON,
    assert_relies_on_the_domain,
    assert_still_refuses,
    sssd_settings,
    wait_for_login,
    wait_for_passage,
    words_of,
)

PEOPLE = {"pc1": ("sdasilva", "Pantone-286"), "pc2": ("nbrunet", "Cyan-58147")}
APART = 60
"""Seconds by which two clocks that are read one after the other may differ."""
FIVE_MINUTES = 300
SKEWED = "Clock skew too great"
"""What Kerberos says of two clocks that are further apart than that."""


def time_of_controller(lab):
    """Return the time that the controller gives to anybody who asks, in seconds; None where it gives none."""
    ask = ["ldapsearch", "-x", "-LLL", "-H", f"ldap://{lab.address('dc1')}", "-s", "base", "-b", "", "currentTime"]
    found = re.search(r"^currentTime: (\d{14})", lab.client("pc1").run(ask).stdout, re.MULTILINE)
    return datetime.strptime(found[1], "%Y%m%d%H%M%S").replace(tzinfo=UTC).timestamp() if found else None


def time_of_services(lab, host):
    """Return the time that a service of a host sees, in seconds; None where it sees none."""
    return number_in(lab.client(host).run(["systemd-run", "--quiet", "--pipe", "--wait", "date", "+%s"]).stdout)


def time_of_sessions(lab, host):
    """Return the time that a session on a host sees, in seconds; None where it sees none."""
    return number_in(lab.client(host).run(["su", "-", "technicien", "-c", "date +%s"]).stdout)


def number_in(text):
    """Return the number that a command printed, or None."""
    return int(text) if text.strip().isdecimal() else None


def too_far_apart(lab, host):
    """Return in words that a host's services and the controller see times for which Kerberos refuses; else nothing."""
    service, controller = concurrently(
        lambda ask: ask(), [lambda: time_of_services(lab, host), lambda: time_of_controller(lab)]
    )
    if None in {service, controller} or abs(service - controller) <= FIVE_MINUTES:
        return ""
    seconds = f"{abs(service - controller):.0f}"
    return reason(
        fr=f"entre l'heure des services de {host} et celle du contrôleur, il y a {seconds} s d'écart",
        en=f"the times of {host}'s services and of the controller are {seconds} s apart",
    )


@check(
    "symptom",
    points=3,
    competence="2.4",
    fr="Sur les deux postes, on ouvre une session avec un mot de passe du domaine, ou avec un ticket pris sur l'autre.",
    en="On both PCs people log in with their domain password, or with a ticket from the other PC.",
    before_fr="Le bon mot de passe n'ouvre pas de session.",
    before_en="The right password does not let people in.",
    timeout=180,
)
def test_logs_in(lab):
    def comes_in(host):
        login, password = PEOPLE[host]
        (other,) = PEOPLE.keys() - {host}

        def hopeless(said=""):
            return FOR_GOOD if SKEWED in said else too_far_apart(lab, host)

        wait_for_login(lab, host, login, password, hopeless)
        wait_for_passage(lab, other, host, login, password, hopeless)

    concurrently(comes_in, PEOPLE)


@check(
    "symptom",
    points=2,
    competence="2.4",
    fr="Dans une session de chaque poste, kinit obtient un ticket.",
    en="In a session on each PC, kinit gets a ticket.",
    before_fr="Dans une session déjà ouverte, le bon mot de passe est refusé aussi.",
    before_en="In a session that is already open, the right password is refused as well.",
    because="Clock skew too great",
    timeout=120,
)
def test_ticket(lab):
    def gets_ticket(host):
        login, password = PEOPLE[host]
        said = ""

        def gets_one():
            nonlocal said
            script = f"echo {password} | kinit -c MEMORY: {login}"
            done = lab.client(host).run(["su", "-", "technicien", "-c", script], timeout=30)
            said = words_of(done)
            assert done.status == 0, reason(fr=f"{login} sur {host} : {said}", en=f"{login} on {host}: {said}")
            return True

        lab.wait(gets_one, within=SOON, every=0.5, unless=lambda: FOR_GOOD if SKEWED in said else "")

    concurrently(gets_ticket, PEOPLE)


@check(
    "symptom",
    points=3,
    competence="2.4",
    fr="Le contrôleur et les postes ont la même heure, la bonne.",
    en="The controller and the PCs have the same time, the right one.",
    before_fr="Rien ne dit que cela marchera demain matin.",
    before_en="Nothing says that it will work tomorrow morning.",
    timeout=240,
)
def test_same_time(lab):
    off = reason(fr="une horloge ne se remet pas à l'heure seule", en="a clock does not set itself right")

    def agrees(host):
        told = False

        def agree():
            nonlocal told
            told = False
            session, service, controller = concurrently(
                lambda ask: ask(),
                [
                    lambda: time_of_sessions(lab, host),
                    lambda: time_of_services(lab, host),
                    lambda: time_of_controller(lab),
                ],
            )
            assert None not in {session, service}, reason(fr=f"{host} ne donne pas l'heure", en=f"{host} tells no time")
            assert controller is not None, reason(
                fr="le contrôleur ne donne pas l'heure", en="the controller tells no time"
            )
            # Asked without a session, a host shows the clock of the machine that all of them run on.
            right = int(lab.host(host).check_output("date +%s"))
            told = True
            assert abs(session - right) < APART, reason(
                fr=f"l'heure des sessions de {host} est décalée de {session - right:+} s",
                en=f"the sessions of {host} are {session - right:+} s off",
            )
            assert abs(service - right) < APART, reason(
                fr=f"l'heure des services de {host} est décalée de {service - right:+} s",
                en=f"the services of {host} are {service - right:+} s off",
            )
            assert abs(controller - right) < APART, reason(
                fr=f"l'heure du contrôleur est décalée de {controller - right:+.0f} s",
                en=f"the controller is {controller - right:+.0f} s off",
            )
            return True

        lab.wait(agree, within=SOON, every=0.5, unless=lambda: off if told else "")

    def stays_right(host):  # what a running service or a session overrides is back with the next boot
        units = "/etc/systemd/system"
        files = [f.path for f in lab.host(host).file(units).tree() if f.kind == "file"]
        paths = [f"{units}/{path}" for path in files if path.endswith((".conf", ".service"))]
        for path in ("/etc/environment", *paths):
            text = lab.host(host).file(path).content_string
            shifts = re.search(r"^\s*[^#;\s].*(FAKETIME|libfaketime)", text, re.MULTILINE)
            assert not shifts, reason(
                fr=f"sur {host}, quelque chose décale encore l'heure, ou le fera au prochain démarrage",
                en=f"on {host} something still shifts the time, or will after the next boot",
            )

    concurrently(agrees, PEOPLE)
    concurrently(stays_right, ("dc1", *PEOPLE))


@pytest.mark.parametrize("host", ["dc1", "files1", "pc1", "pc2"])
@check(
    "guard",
    points=1,
    competence="2.4",
    fr="Kerberos reste aussi strict sur {{ host }} : cinq minutes d'écart, sans correction cachée.",
    en="Kerberos is as strict as before on {{ host }}: five minutes at most, and no hidden correction.",
    host="{{ host }}",
    lock="",
    timeout=120,
)
def test_still_strict(lab, host):
    there = lab.host(host)
    text = there.check_output("cat /etc/krb5.conf $(find /etc/krb5.conf.d -type f 2>/dev/null)")
    settings = dict(re.findall(r"^\s*(\w+)\s*=\s*(.*?)\s*$", text, re.MULTILINE))
    correction = settings.get("kdc_timesync", "1")
    # The controller's Kerberos, another one, corrects nothing.
    assert host == "dc1" or correction == "0", reason(
        fr=f"sur {host}, Kerberos corrige l'écart en cachette : kdc_timesync = {correction}, au lieu de 0",
        en=f"on {host} Kerberos secretly corrects the difference: kdc_timesync = {correction}, not 0",
    )
    tolerance = settings.get("clockskew", str(FIVE_MINUTES))
    strict = tolerance.isdecimal() and int(tolerance) <= FIVE_MINUTES
    assert strict, reason(
        fr=f"sur {host}, Kerberos tolère un plus grand écart : clockskew = {tolerance}, au lieu de 300 au plus",
        en=f"on {host} Kerberos tolerates a greater difference: clockskew = {tolerance}, not 300 at most",
    )


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
    assert_relies_on_the_domain(sssd_settings(lab, host))
