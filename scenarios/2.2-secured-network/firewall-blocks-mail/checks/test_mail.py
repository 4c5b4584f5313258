"""Does mail pass again both ways, by the relay and for good, and is everything else as closed and as open as before?"""

import re

import pytest

from grader import check, scaled_timeout
from lab_tools import (
    ARRIVES,
    FW1,
    INET1,
    NOMADE1,
    PC1,
    PROXY1,
    PUBLIC,
    RELAY1,
    SERVERS,
    SRV1,
    SUPPLIER,
    WEB1,
    arrived,
    assert_no_more_than_before,
    assert_policy_is_kept,
    assert_still_reaches,
    ports_of,
    published_besides,
    send,
)

STEPS = {
    "from-internet": ("nomade1", PUBLIC),
    "published-port": ("nomade1", PUBLIC),
    "to-mailboxes": ("relay1", SRV1),
    "to-internet": ("relay1", INET1),
}
"""Which step of a message's way each missing rule blocks: who opens port 25, and of whom."""

FORBIDDEN = {
    "outside": [
        *ports_of(PUBLIC, 25, 80),
        (PUBLIC, 3128),
        *((server, port) for server in SERVERS for port in (22, 80, 3128)),
        *ports_of(RELAY1, 22, 25, 80),
        *((SRV1, port) for port in (22, 25, 53, 80)),
        (PC1, 22),
    ],
    "lan": [(FW1, 22), *((server, 22) for server in SERVERS), (RELAY1, 25), *ports_of(INET1)],
    "dmz": [*ports_of(SRV1), (PC1, 22), *ports_of(INET1)],
}
REFUSED = {
    "srv1": ports_of(INET1),
    "pc1": [(FW1, 22), (RELAY1, 25), *ports_of(INET1)],
    "relay1": [*ports_of(SRV1, 25), (PC1, 22), (PC1, 25), *ports_of(INET1, 25, 53), (NOMADE1, 53)],
    "proxy1": [*ports_of(SRV1), *ports_of(INET1, 53, 80, 443), (NOMADE1, 53)],
    "web1": [*ports_of(SRV1), *ports_of(INET1)],
    "vpn1": [*ports_of(SRV1), *ports_of(INET1)],
    "nomade1": [*ports_of(SRV1, 25, 80), (PC1, 22)],
}
ALLOWED = {
    "srv1": [(RELAY1, 25), (RELAY1, 22), (WEB1, 22), (FW1, 22)],
    "pc1": [(PROXY1, 3128), (WEB1, 80)],
    "proxy1": [(INET1, 80), (INET1, 443), (INET1, 53)],
    "nomade1": [(PUBLIC, 80), (SRV1, 80), (SRV1, 25)],
}


def received(lab, host, mailbox, mark):
    """Wait until a mailbox has the message with a mark, and return its text."""
    folder = f"/var/mail/boites/{mailbox}/new"

    def text():
        found = lab.host(host).run("grep -rlF %s %s", f"Subject: {mark}", folder)
        assert found.rc == 0, f"the message does not arrive in the mailbox {mailbox}"
        return lab.host(host).check_output("cat %s", found.stdout.split()[0])

    return lab.wait(text, within=ARRIVES, every=0.5)


def comes_in(lab):
    """Send a message from the Internet to the user, and see by which way it has come."""
    mark = send(lab.probe("outside"), PUBLIC, SUPPLIER, f"{lab.values['login']}@{lab.domain}")
    text = received(lab, "srv1", lab.values["login"], mark)
    assert f"[{RELAY1}]" in text, "the message has not come through the relay of the DMZ"


def goes_out(lab):
    """Send a message from the workstation to the supplier, and see by which way it has come."""
    mark = send(lab.client("pc1"), f"srv1.{lab.domain}", f"{lab.values['login']}@{lab.domain}", SUPPLIER)
    text = received(lab, "inet1", "commandes", mark)
    assert re.search(rf"by mail\.{re.escape(lab.domain)} ", text), (
        "the message has not come through the relay of the DMZ"
    )


@check(
    "symptom",
    points=3,
    competence="2.2",
    fr="Le courrier arrive de nouveau à son destinataire, par le relais.",
    en="Mail arrives at its recipient again, through the relay.",
    because="does not (take|arrive)",
    timeout=180,
)
def test_mail_passes(lab):
    (goes_out if lab.values["cause"] == "to-internet" else comes_in)(lab)


@check(
    "symptom",
    points=2,
    competence="2.2",
    fr="Chaque étape du chemin du courrier s'ouvre sur le port 25, quel que soit le correspondant.",
    en="Each step of the mail's way opens at port 25, whoever the correspondent is.",
    because="silent|unreachable",
)
def test_each_step_opens(lab):
    for host, address in sorted({*STEPS.values(), ("srv1", RELAY1)}):
        answer = lab.client(host).tcp(address, 25, timeout=5)
        assert answer, f"{host} does not open {address}:25 ({answer.state})"
    answer = lab.client("relay1").tcp(NOMADE1, 25, timeout=5)
    assert answer.arrived, f"relay1 does not reach {NOMADE1}:25, another host of the Internet ({answer.state})"


@check(
    "guard",
    points=1,
    competence="2.2",
    fr="Le courrier passe toujours dans l'autre sens, par le relais.",
    en="Mail still passes the other way, through the relay.",
    timeout=180,
)
def test_other_direction(lab):
    (comes_in if lab.values["cause"] == "to-internet" else goes_out)(lab)


@check(
    "guard",
    points=2,
    competence="2.2",
    fr="Les règles en vigueur sur fw1 sont celles du fichier qu'il charge au démarrage.",
    en="The rules in force on fw1 are those of the file that it loads at boot.",
    host="fw1",
)
def test_policy_is_kept(lab):
    assert_policy_is_kept(lab)


@pytest.mark.parametrize("segment", FORBIDDEN)
@check(
    "guard",
    points=2,
    competence="2.2",
    fr="Une machine quelconque du segment {{ segment }} n'ouvre rien de ce que la politique interdit.",
    en="An ordinary machine of the segment {{ segment }} opens nothing that the policy forbids.",
)
def test_still_closed(lab, segment):
    passed = arrived(lab.probe(segment), FORBIDDEN[segment])
    assert not passed, f"the firewall lets pass: {', '.join(passed)}"
    if segment == "outside":
        wide = published_besides(lab.host("fw1"), RELAY1, 25)
        assert not wide, (
            f"{wide} of the rules publish more of relay1 than the policy says, even if nothing comes through"
        )


@pytest.mark.parametrize("host", REFUSED)
@check(
    "guard",
    points=1,
    competence="2.2",
    fr="{{ host }} n'a pas gagné de droits.",
    en="{{ host }} has gained no rights.",
    host="{{ host }}",
)
def test_no_more_than_before(lab, host):
    assert_no_more_than_before(lab, host, REFUSED[host])


@pytest.mark.parametrize("host", ALLOWED)
@check(
    "guard",
    points=1,
    competence="2.2",
    fr="{{ host }} garde les accès que la politique lui donne.",
    en="{{ host }} keeps the access that the policy gives it.",
    host="{{ host }}",
)
def test_no_less_than_before(lab, host):
    assert_still_reaches(lab, host, ALLOWED[host])


@check(
    "guard",
    points=1,
    competence="2.2",
    fr="Le relais ne relaie toujours pas d'Internet vers Internet.",
    en="The relay still does not relay from the Internet to the Internet.",
)
def test_relay_is_closed(lab):
    stranger = ("--mail-from", "a@meteo-bocage.example", "--mail-rcpt", SUPPLIER, "--upload-file", "/dev/null")
    upload = ["curl", "--disable", "-sS", "--max-time", str(scaled_timeout(8)), *stranger]
    asking = {"the DMZ": (lab.probe("dmz"), RELAY1)}
    if lab.probe("outside").tcp(PUBLIC, 25):  # the firewall may still let nobody in
        asking |= {"the Internet": (lab.probe("outside"), PUBLIC), "inet1": (lab.client("inet1"), PUBLIC)}
    for sender, (station, address) in asking.items():
        said = station.ask([*upload, f"smtp://{address}"]).stderr.strip()
        assert "RCPT failed: 55" in said, (
            f"relay1 should refuse {sender} the recipient: {said or 'it takes the message'}"
        )
