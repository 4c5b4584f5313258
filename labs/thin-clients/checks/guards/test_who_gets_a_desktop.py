"""Is it still the company's rule that decides who gets a desktop, and what ts1 answers on the network?"""

import re

from grader import check, concurrently, lines_in, reason, ruleset_differences
from lab_tools import state_of

RULES = ["+ : (direction) (comptabilite) (etudes) (atelier) : ALL", "- : ALL : ALL"]
"""Who may open a desktop, as the company has decided."""
PAM = ("common-account", "common-auth", "common-session", "xrdp-sesman")
CLOSED = (111, 3350, 5901)
"""Ports that the network has no business with: portmapper, the session manager, VNC."""


@check(
    "guard",
    points=1,
    fr="Sur ts1, un bureau s'obtient toujours par son service, et par rien d'autre.",
    en="On ts1 it is still the department that gives a desktop, and nothing else.",
    host="ts1",
    lock="",
)
def test_access_rule_is_the_companys(lab):
    ts1 = lab.host("ts1")
    lines = [line.split("#")[0].split() for line in lines_in(ts1.file("/etc/security/bureaux.conf").content_string)]
    rules = [" ".join(words) for words in lines if words]
    assert rules == RULES, reason(
        fr=f"/etc/security/bureaux.conf n'est plus la règle de l'entreprise : {' ; '.join(rules) or 'rien'}",
        en=f"/etc/security/bureaux.conf is no longer the company's rule: {'; '.join(rules) or 'nothing'}",
    )
    changed = [name for name in PAM if not ts1.file(f"/etc/pam.d/{name}").is_the_images]
    assert not changed, reason(
        fr=f"dans /etc/pam.d de ts1, ceci n'est plus comme avant : {', '.join(changed)}",
        en=f"in /etc/pam.d of ts1, this is no longer what it was: {', '.join(changed)}",
    )
    more = [f.path for f in ts1.file("/etc/sssd/conf.d").tree() if f.path.endswith(".conf")]
    paths = ("/etc/sssd/sssd.conf", *(f"/etc/sssd/conf.d/{path}" for path in more))
    text = "\n".join(ts1.file(path).content_string for path in paths)
    for key, value in re.findall(r"^\s*(ldap_tls_reqcert|ldap_id_use_start_tls)\s*=\s*(\w+)", text, re.MULTILINE):
        assert value.lower() in {"demand", "hard", "true"}, reason(
            fr=f"SSSD, sur ts1, interroge l'annuaire sans vérifier son certificat : {key} = {value}",
            en=f"SSSD on ts1 asks the directory without checking its certificate: {key} = {value}",
        )


@check(
    "guard",
    points=1,
    fr="Le pare-feu de ts1 est en place, le restera après un redémarrage, et ignore ce qui n'est pas prévu.",
    en="The firewall of ts1 is in place, stays so after a reboot, and drops what no rule allows.",
    timeout=90,
)
def test_firewall_is_in_place(lab):
    network = reason(fr="une machine du réseau", en="a machine of the network")
    stations = {network: lab.probe("lan"), "term1": lab.client("term1"), "term2": lab.client("term2")}
    closed = [(lab.address("ts1"), port) for port in CLOSED]
    scans = concurrently(lambda where: stations[where].scan(closed), stations)
    for where, seen in zip(stations, scans, strict=True):
        answers = [f"{port} ({state_of(answer)})" for (_, port), answer in seen.items() if answer.state != "silent"]
        assert not answers, reason(
            fr=f"ts1 répond à {where}, au port {', '.join(answers)}",
            en=f"ts1 answers {where} on port {', '.join(answers)}",
        )
    nftables = lab.host("ts1").service("nftables")
    assert nftables.is_running, reason(fr="le pare-feu de ts1 n'est pas chargé", en="the firewall of ts1 is not loaded")
    assert nftables.is_enabled, reason(
        fr="le pare-feu ne démarre pas avec ts1", en="the firewall does not start with ts1"
    )
    differs = ruleset_differences(lab.host("ts1"))
    assert not differs, reason(fr=f"le pare-feu de ts1 : {differs}", en=f"the firewall of ts1: {differs}")
