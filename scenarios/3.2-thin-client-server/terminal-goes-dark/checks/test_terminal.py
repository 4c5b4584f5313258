"""Does the desktop open again on the terminal, for good and by its own settings, and is the rest as it was?"""

from grader import check, concurrently, ifupdown_interfaces, names_by_hand, reason
from lab_tools import assert_reaches, assert_seen, assert_usable, desktop, login_of

OTHER = {"term1": "term2", "term2": "term1"}
COLLEAGUE = "mlebreton"
"""Somebody who has not written the ticket, whatever the seed draws."""
MISTAKE = "valbocage.interne"
"""The domain that one of the causes has instead of the company's."""


def in_words(values):
    """Return addresses in words."""
    return ", ".join(values) or reason(fr="rien", en="nothing")


def astray(lab, terminal, name="ts1"):
    """Return in words that a terminal does not find the session server by a name, or nothing."""
    found, wanted = lab.client(terminal).lookup(name), lab.address("ts1")
    if found == (wanted,):
        return None
    return reason(
        fr=f"{terminal} cherche {name} et trouve {in_words(found)} au lieu de {wanted}",
        en=f"{terminal} looks for {name} and finds {in_words(found)} instead of {wanted}",
    )


def assert_addressed(lab, host):
    """Find a host under its own address in the company's network, now and at its next start, and under no other."""
    own = lab.address(host)
    seen = lab.client(host).addresses("eth0")
    assert seen == (f"{own}/24",), reason(
        fr=f"adresse de {host} : {in_words(seen)} au lieu de {own}/24",
        en=f"the address of {host} is {in_words(seen)} instead of {own}/24",
    )
    later = ifupdown_interfaces(lab.host(host)).get("eth0", [])
    assert later == [own], reason(
        fr=f"adresse de {host} au prochain démarrage : {in_words(later)} au lieu de {own}",
        en=f"the address of {host} at the next start is {in_words(later)} instead of {own}",
    )


def assert_finds_server(lab, terminal):
    """Let a terminal find the session server by both its names, which only DNS may tell it."""
    for name in ("ts1", f"ts1.{lab.domain}"):
        wrong = astray(lab, terminal, name)
        assert not wrong, wrong
    by_hand = names_by_hand(lab.host(terminal), "ts1")
    assert not by_hand, reason(
        fr=f"{terminal} n'a pas ts1 du DNS : {by_hand}", en=f"{terminal} does not have ts1 from DNS: {by_hand}"
    )


@check(
    "symptom",
    points=4,
    competence="3.2",
    fr="Le bureau {{ user | de }} s'affiche sur {{ terminal }}, avec ses documents et ses réglages.",
    en="The desktop of {{ user }} shows on {{ terminal }}, with documents and settings.",
    before_fr="{{ user }} n'a pas de bureau sur {{ terminal }} : l'écran s'éteint.",
    before_en="{{ user }} gets no desktop on {{ terminal }}: the screen goes dark.",
    host="ts1",
    timeout=300,
    because="looks for ts1",
    lock="",  # the desktop of the author of the ticket, who logs in nowhere else
)
def test_desktop_shows(lab):
    terminal = lab.values["terminal"]

    def finds_server():
        wrong = astray(lab, terminal)
        assert not wrong, wrong
        return True

    # What the RDP client needs first, and takes seconds to give up on.
    assert_reaches(lab, terminal)
    lab.wait(finds_server, within=1, every=0.2)
    assert_usable(lab, terminal, login_of(lab))


@check(
    "objective",
    points=3,
    competence="2.1",
    fr="{{ terminal }} a sa propre adresse, trouve ts1 par le DNS, et s'en souviendra au prochain démarrage.",
    en="{{ terminal }} has its own address, finds ts1 by DNS, and will do so after its next start.",
    before_fr="{{ terminal }} n'arrive pas jusqu'au serveur.",
    before_en="{{ terminal }} does not get through to the server.",
    host="{{ terminal }}",
    because="looks for ts1",
    lock="",
)
def test_terminal_is_set_up(lab):
    terminal = lab.values["terminal"]
    assert_addressed(lab, terminal)
    assert_finds_server(lab, terminal)


@check(
    "guard",
    points=1,
    competence="3.2",
    fr="L'autre client léger garde ses réglages, et on y ouvre toujours un bureau.",
    en="The other terminal keeps its settings, and a desktop still opens there.",
    host="{{ 'term2' if terminal == 'term1' else 'term1' }}",
    timeout=240,
    lock="",
)
def test_other_terminal(lab):
    other = OTHER[lab.values["terminal"]]
    assert_addressed(lab, other)
    assert_finds_server(lab, other)
    with desktop(lab, other, COLLEAGUE):
        assert_seen(lab, other, COLLEAGUE)


@check(
    "guard",
    points=1,
    competence="3.2",
    fr="Les serveurs ne se sont pas adaptés à l'erreur : mêmes adresses, mêmes noms, et xrdp démarre avec ts1.",
    en="The servers have not been bent to the mistake: same addresses, same names, and xrdp starts with ts1.",
    timeout=90,
)
def test_servers_are_as_they_were(lab):
    concurrently(lambda host: assert_addressed(lab, host), ("ts1", "srv1"))
    lan, dns, wanted = lab.probe("lan"), lab.address("srv1"), lab.address("ts1")
    names = {f"ts1.{lab.domain}": (wanted,), f"ts1.{MISTAKE}": ()}
    answers = concurrently(lambda name: lan.resolve(name, dns).records, names)
    for (name, records), seen in zip(names.items(), answers, strict=True):
        assert seen == records, reason(
            fr=f"pour {name}, le DNS répond {in_words(seen)} au lieu de {in_words(records)}",
            en=f"for {name} DNS answers {in_words(seen)} instead of {in_words(records)}",
        )
    for name in ("xrdp", "xrdp-sesman"):
        service = lab.host("ts1").service(name)
        assert service.is_running, reason(
            fr=f"le service {name} ne fonctionne pas", en=f"the service {name} does not run"
        )
        assert service.is_enabled, reason(
            fr=f"le service {name} ne démarre pas avec ts1", en=f"the service {name} does not start with ts1"
        )
