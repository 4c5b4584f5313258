"""Is it still the company's rule that decides who gets a desktop, and what ts1 answers on the network?"""

import re

from grader import check, concurrently, lines_in, ruleset_differences

RULES = ["+ : (direction) (comptabilite) (etudes) (atelier) : ALL", "- : ALL : ALL"]
"""Who may open a desktop, as the company has decided."""
PAM = ("common-account", "common-auth", "common-session", "xrdp-sesman")
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
    lines = [line.split("#")[0].split() for line in lines_in(ts1.file("/etc/security/bureaux.conf").content_string)]
    rules = [" ".join(words) for words in lines if words]
    assert rules == RULES, f"/etc/security/bureaux.conf says: {'; '.join(rules)}"
    changed = [name for name in PAM if not ts1.file(f"/etc/pam.d/{name}").is_the_images]
    assert not changed, f"/etc/pam.d/{changed[0]} of ts1 is no longer what it was"
    more = [f.path for f in ts1.file("/etc/sssd/conf.d").tree() if f.path.endswith(".conf")]
    paths = ("/etc/sssd/sssd.conf", *(f"/etc/sssd/conf.d/{path}" for path in more))
    text = "\n".join(ts1.file(path).content_string for path in paths)
    for key, value in re.findall(r"^\s*(ldap_tls_reqcert|ldap_id_use_start_tls)\s*=\s*(\w+)", text, re.MULTILINE):
        assert value.lower() in {"demand", "hard", "true"}, f"SSSD on ts1 asks the directory with {key} = {value}"


@check(
    "guard",
    points=1,
    fr="Le pare-feu de ts1 est en place, le restera après un redémarrage, et ignore ce qui n'est pas prévu.",
    en="The firewall of ts1 is in place, stays so after a reboot, and drops what is not foreseen.",
    timeout=90,
)
def test_firewall_is_in_place(lab):
    stations = {"the network": lab.probe("lan"), "term1": lab.client("term1"), "term2": lab.client("term2")}
    closed = [(lab.address("ts1"), port) for port in CLOSED]
    scans = concurrently(lambda where: stations[where].scan(closed), stations)
    for where, seen in zip(stations, scans, strict=True):
        answers = [f"{port}: {answer.state}" for (_, port), answer in seen.items() if answer.state != "silent"]
        assert not answers, f"ts1 answers {where} on port {', '.join(answers)}"
    nftables = lab.host("ts1").service("nftables")
    assert nftables.is_running, "the firewall of ts1 is not loaded"
    assert nftables.is_enabled, "the firewall does not start with ts1"
    differs = ruleset_differences(lab.host("ts1"))
    assert not differs, f"the firewall of ts1: {differs}"
