"""Do the time server and the gate each give their own hour, the one to the works alone?"""

from grader import ask_ntp, check, reason
from lab_tools import RIGHT, SERVER, server_serves

GATE = "192.168.100.31"
"""The gate's controller."""
LEAD = 15
"""Minutes by which the gate's hour is ahead, where the scenario draws no other lead (``gate``)."""
STRANGERS = ("192.0.2.7", "10.20.30.40")


def assert_gives_the_hour(lab, name, address, ahead):
    """A host gives the hour over the network, so many minutes ahead of the works'."""
    hour = ask_ntp(lab.probe("lan"), address)
    assert hour.synchronised, reason(fr=f"{name} ne donne plus l'heure", en=f"{name} no longer gives the hour")
    assert abs(hour.ahead - ahead * 60) <= RIGHT, reason(
        fr=f"{name} n'a plus son heure : elle est à {hour.ahead / 60:+.1f} min de l'heure juste",
        en=f"{name} no longer keeps its hour: it is {hour.ahead / 60:+.1f} min from the right one",
    )


@check(
    "guard",
    points=2,
    competence="2.3",
    fr="Le portail garde son heure, et heure1 la sienne.",
    en="The gate keeps its hour, and heure1 its own.",
    host="heure1",
    lock="",
    timeout=90,
)
def test_servers(lab):
    assert_gives_the_hour(lab, "heure1", SERVER, 0)
    for stranger in STRANGERS:
        assert not server_serves(lab, stranger), reason(
            fr=f"heure1 répond à tout le monde, à {stranger} aussi", en=f"heure1 answers everybody, {stranger} too"
        )
    assert_gives_the_hour(lab, "portail1", GATE, lab.values.get("gate", LEAD))
