"""Does DNS still say where the hosts are, who sends the company's mail, and what others do with the rest?"""

import re

from grader import check, lines_in, plain_name, reason, scaled_timeout
from lab_tools import HOSTS

ALIASES = {"mail": "mail1", "webmail": "web1"}


def published(outside, server, questions):
    """Return the records that a name server gives for several names and types; one observer asks them all."""
    argv = ["dig", "-r", f"@{server}", f"+time={scaled_timeout(1)}", "+tries=2", "+noall", "+question", "+answer"]
    said = outside.run([*argv, *(word for name, kind in questions for word in ("-q", name, "-t", kind))], timeout=30)
    found, asked = {question: [] for question in questions}, None
    for line in lines_in(said.stdout):
        words = line.split(None, 4)
        if line.startswith(";") and len(words) == 3:
            asked = (plain_name(words[0].lstrip(";")), words[2])
        elif asked in found and len(words) == 5 and words[3] == asked[1]:
            found[asked].append(words[4].removesuffix("."))
    return found


@check(
    "guard",
    points=1,
    competence="3.3",
    fr="Le DNS nomme toujours les machines, dit qui envoie le courrier (SPF) et que faire du reste (DMARC).",
    en="DNS still names the hosts, and says who sends the mail (SPF) and what to do with the rest (DMARC).",
    timeout=60,
)
def test_policy_is_published(lab):
    outside, server = lab.probe("outside"), lab.address("srv1", "eth1")
    rules = {lab.domain: r"v=spf1 mx -all", f"_dmarc.{lab.domain}": r";\s*p\s*=\s*quarantine\b"}
    assert outside.resolve(lab.domain, server, "SOA"), reason(
        fr=f"srv1 ne répond pas pour {lab.domain}", en=f"srv1 does not answer for {lab.domain}"
    )
    places = {name: lab.address(ALIASES.get(name, name), "eth0") for name in (*HOSTS, *ALIASES)}
    places["mx1"] = lab.address("mail1", "eth1")
    addresses = [(f"{name}.{lab.domain}", "A") for name in places]
    records = published(outside, server, [*addresses, *((name, "TXT") for name in rules)])
    for name, address in places.items():
        found = records[f"{name}.{lab.domain}", "A"]
        said = " ".join(found) or reason(fr="aucune", en="none")
        assert found == [address], reason(
            fr=f"adresse de {name} dans le DNS : {said}, attendu {address}",
            en=f"address of {name} in DNS: {said}, expected {address}",
        )
    for name, rule in rules.items():
        found = " ".join(records[name, "TXT"])
        said = found or reason(fr="rien", en="nothing")
        assert re.search(rule, found), reason(fr=f"{name} publie {said}", en=f"{name} publishes {said}")
