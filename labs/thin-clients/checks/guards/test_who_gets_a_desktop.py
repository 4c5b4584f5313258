"""Is it still the company's rule that decides who gets a desktop, and what ts1 answers on the network?"""

from grader import at_once, check
from grader.nftables import differences

RULES = ["+ : (direction) (comptabilite) (etudes) (atelier) : ALL", "- : ALL : ALL"]
"""Who may open a desktop, as the company has decided."""
CLOSED = (111, 3350, 5901)
"""Ports that the network has no business with: portmapper, the session manager, VNC."""


@check(
    "guard",
    points=1,
    fr="Sur ts1, un bureau s'obtient toujours par son service, et par rien d'autre.",
    en="On ts1 a desktop is still obtained by one's department, and by nothing else.",
    host="ts1",
)
def test_access_rule_is_the_companys(lab):
    ts1 = lab.host("ts1")
    lines = [line.split("#")[0].split() for line in ts1.file("/etc/security/bureaux.conf").content_string.splitlines()]
    rules = [" ".join(words) for words in lines if words]
    assert rules == RULES, f"/etc/security/bureaux.conf says: {'; '.join(rules)}"
    asked = [line.split() for line in ts1.file("/etc/pam.d/xrdp-sesman").content_string.splitlines()]
    wanted = "accessfile=/etc/security/bureaux.conf"
    assert any(words[:1] == ["account"] and wanted in words for words in asked), "PAM no longer asks bureaux.conf"


@check(
    "guard",
    points=1,
    fr="Le pare-feu de ts1 est en place, le restera après un redémarrage, et laisse tomber ce qui n'est pas prévu.",
    en="The firewall of ts1 is in place, stays so after a reboot, and drops what is not foreseen.",
    timeout=90,
)
def test_firewall_is_in_place(lab):
    stations = {"the network": lab.probe("lan"), "term1": lab.client("term1"), "term2": lab.client("term2")}
    closed = [(lab.address("ts1"), port) for port in CLOSED]
    scans = at_once(lambda where: stations[where].scan(closed), stations)
    for where, seen in zip(stations, scans, strict=True):
        answers = [f"{port}: {answer.state}" for (_, port), answer in seen.items() if answer.state != "silent"]
        assert not answers, f"ts1 answers {where} on port {', '.join(answers)}"
    nftables = lab.host("ts1").service("nftables")
    assert nftables.is_running, "the firewall of ts1 is not loaded"
    assert nftables.is_enabled, "the firewall does not start with ts1"
    differs = differences(lab.host("ts1"))
    assert not differs, f"the firewall of ts1: {differs}"
