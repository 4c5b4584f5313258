"""One difference of each standing, for the tests of whatever shows a report; a host has said what is in them."""

from __future__ import annotations

from typing import Final

from grader.report import Difference
from orchestrator.core.text import Text

UNEXPLAINED: Final = Difference(
    "pc1",
    "systemd",
    "ssh.service",
    "enabled",
    "enabled",
    "disabled",
    "unexplained",
    Text(fr="ssh ne démarre plus.", en="ssh no longer starts."),
)
FORBIDDEN: Final = Difference(
    "r1",
    "files",
    "/etc/nftables.conf\x1b[2J",
    "content",
    "table inet filter {\n  policy drop\n}\n",
    "table inet filter {\n  policy accept \x1b[31m<all>\n}\n",
    "forbidden",
    Text(fr="Le pare-feu laisse tout passer.", en="The firewall lets everything through."),
)
HARMLESS: Final = Difference(
    "pc1",
    "files",
    "/root/.bash_history",
    "content",
    None,
    "ls\n",
    "harmless",
    Text(fr="Des commandes ont été tapées.", en="Commands were typed."),
)
EXPLAINED: Final = Difference(
    None,
    "network",
    "office",
    "rule",
    "drop",
    None,
    "explained",
    Text(fr="La règle de la panne n'est plus là.", en="The fault's rule is gone."),
)
EVERY: Final = (EXPLAINED, HARMLESS, UNEXPLAINED, FORBIDDEN)
