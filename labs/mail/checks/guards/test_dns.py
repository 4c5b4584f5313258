"""Does DNS still say where the hosts are, who sends the company's mail, and what others do with the rest?"""

import re

from grader import check
from lab_tools import HOSTS

ALIASES = {"mail": "mail1", "webmail": "web1"}


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
    places = {name: lab.address(ALIASES.get(name, name), "eth0") for name in (*HOSTS, *ALIASES)}
    for name, address in (places | {"mx1": lab.address("mail1", "eth1")}).items():
        found = outside.resolve(f"{name}.{lab.domain}", server).records
        assert found == (address,), f"DNS gives {name} the address {' '.join(found) or '(none)'}"
    for name, rule in ((lab.domain, r"v=spf1 mx -all"), (f"_dmarc.{lab.domain}", r";\s*p\s*=\s*quarantine\b")):
        published = " ".join(outside.resolve(name, server, "TXT").records)
        assert re.search(rule, published), f"{name} publishes {published or 'nothing'}"
