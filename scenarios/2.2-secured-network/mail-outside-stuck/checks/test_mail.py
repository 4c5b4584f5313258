"""Does mail pass again both ways, by the relay and for good, and is everything else as closed and as open as before?"""

import re

import pytest

from grader import check, concurrently, reason
from lab_tools import (
    DOMAIN,
    FW1,
    INET1,
    NOMADE1,
    PARTNER,
    PATIENCE,
    PC1,
    PROXY1,
    PUBLIC,
    RELAY1,
    SERVERS,
    SOON,
    SRV1,
    WEB1,
    arrived,
    ask,
    assert_no_more_than_before,
    assert_policy_is_kept,
    assert_published_alone,
    assert_rules_are_the_policy,
    assert_still_reaches,
    by_tcp,
    comes_in,
    filter_refuses,
    goes_out,
    in_short,
    in_words,
    limits,
    ports_of,
    state_of,
)

STEPS = {"nomade1": [(PUBLIC, 25)], "relay1": [(SRV1, 25), (INET1, 25), (NOMADE1, 25)], "srv1": [(RELAY1, 25)]}
"""The steps of a message's way: who opens port 25 of whom; the last one of relay1 need only be reached."""
INWARD, OUTWARD = (("relay1", SRV1),), (("srv1", RELAY1), ("relay1", INET1))
"""The steps that a message takes once the first server has it."""

NOT_BY_THE_RELAY = reason(
    fr="le message n'est pas passé par le relais de la DMZ",
    en="the message has not come through the relay of the DMZ",
)

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


def mail_comes_in(lab):
    """Send a message from the Internet to the user, and see by which way it has come."""
    assert_way_is_open(lab, INWARD)
    assert f"[{RELAY1}]" in comes_in(lab, lab.values["login"]), NOT_BY_THE_RELAY


def mail_goes_out(lab):
    """Send a message from the workstation to the partner, and see by which way it has come."""
    assert_way_is_open(lab, OUTWARD)
    text = goes_out(lab, lab.values["login"])
    assert re.search(rf"by mail\.{re.escape(DOMAIN)} ", text), NOT_BY_THE_RELAY


def assert_way_is_open(lab, way):
    """Each server reaches the next one; a message that is held up would keep Postfix from trying later ones at once."""

    def opens(step):
        host, address = step
        state = ""

        def there():
            nonlocal state
            state = state_of(lab.client(host), address, 25)
            assert state == "open", reason(
                fr=f"le message n'arrive pas : {host} n'ouvre pas {address}:25 ({in_words(state)})",
                en=f"the message does not arrive: {host} does not open {address}:25 ({in_words(state)})",
            )
            return True

        lab.wait(there, within=SOON, every=0.3, unless=lambda: filter_refuses(state))

    concurrently(opens, way)


@check(
    "symptom",
    points=3,
    competence="2.2",
    fr="Le courrier arrive de nouveau à son destinataire, par le relais.",
    en="Mail reaches its recipient again, through the relay.",
    before_fr="Les messages n'arrivent pas à leur destinataire.",
    before_en="Messages do not reach the person they are for.",
    because="does not (take|arrive)",
    timeout=180,
)
def test_mail_passes(lab):
    (mail_goes_out if lab.values["cause"] == "to-internet" else mail_comes_in)(lab)


@check(
    "symptom",
    points=2,
    competence="2.2",
    fr="Chaque étape du chemin du courrier s'ouvre sur le port 25, quel que soit le correspondant.",
    en="Each step of the mail's path opens at port 25, whoever the correspondent is.",
    before_fr="Le courrier avec l'extérieur ne passe pas dans les deux sens.",
    before_en="Mail with the outside does not pass both ways.",
    because="silent|unreachable",
)
def test_each_step_opens(lab):
    def closed(host):
        told = zip(STEPS[host], ask(lab.client(host), by_tcp(STEPS[host]), PATIENCE), strict=True)
        return [
            reason(
                fr=f"{host} n'ouvre pas {address}:{port} ({in_words(state)})",
                en=f"{host} does not open {address}:{port} ({in_words(state)})",
            )
            for (address, port), state in told
            if state != "open" and (address, state) != (NOMADE1, "refused")  # a laptop has no mail server
        ]

    steps = in_short([step for steps in concurrently(closed, STEPS) for step in steps])
    assert not steps, steps


@check(
    "objective",
    points=3,
    competence="2.2",
    fr="Ce que les règles de fw1 laissent passer est ce que la politique permet, pour tous les paquets possibles.",
    en="What the rules of fw1 let through is what the policy allows, for every possible packet.",
    before_fr="Une partie de ce qui doit passer entre la mairie et l'extérieur ne passe pas.",
    before_en="Some of what should pass between the town hall and the outside does not.",
    because="let less pass than the policy",
    host="fw1",
    lock="",
)
def test_whole_policy(lab):
    assert_rules_are_the_policy(lab)


@check(
    "guard",
    points=1,
    competence="2.2",
    fr="Le courrier passe toujours dans l'autre sens, par le relais.",
    en="Mail still passes the other way, through the relay.",
    timeout=180,
)
def test_other_direction(lab):
    (mail_comes_in if lab.values["cause"] == "to-internet" else mail_goes_out)(lab)


@check(
    "guard",
    points=2,
    competence="2.2",
    fr="Les règles en vigueur sur fw1 sont celles du fichier qu'il charge au démarrage.",
    en="The rules in force on fw1 are those of the file that it loads at boot.",
    host="fw1",
    lock="",
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
    passed = in_short(arrived(lab.probe(segment), FORBIDDEN[segment]))
    assert not passed, reason(
        fr=f"le pare-feu laisse le segment {segment} atteindre {passed}",
        en=f"the firewall lets the segment {segment} reach {passed}",
    )
    if segment == "outside":
        assert_published_alone(lab, "relay1", RELAY1, 25)


@pytest.mark.parametrize("host", REFUSED)
@check(
    "guard",
    points=1,
    competence="2.2",
    fr="{{ host }} n'a pas gagné de droits.",
    en="{{ host }} has gained no rights.",
    host="{{ host }}",
    lock="",
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
    lock="",
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
    stranger = ("--mail-from", "a@meteo-bocage.example", "--mail-rcpt", PARTNER, "--upload-file", "/dev/null")
    upload = ["curl", "--disable", "-sS", *limits(8), "--write-out", "%{num_connects}", *stranger]
    dmz, internet = reason(fr="la DMZ", en="the DMZ"), reason(fr="Internet", en="the Internet")
    asking = {
        dmz: (lab.probe("dmz"), RELAY1),
        internet: (lab.probe("outside"), PUBLIC),
        "inet1": (lab.client("inet1"), PUBLIC),
    }

    def refused(sender):
        station, address = asking[sender]
        done = station.ask([*upload, f"smtp://{address}"])
        said = done.stderr.strip()
        if address == PUBLIC and done.status in {7, 28} and done.stdout == "0":
            return  # the firewall may still let nobody in
        assert "RCPT failed: 55" in said, reason(
            fr=f"relay1 devrait refuser le destinataire à un client ({sender}) : {said or 'il prend le message'}",
            en=f"relay1 should refuse {sender} the recipient: {said or 'it takes the message'}",
        )

    concurrently(refused, asking)
