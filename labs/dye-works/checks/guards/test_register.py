"""Is the punch clock's register whole? It is what counts if anybody asks: no repair changes a line of it."""

import re

from grader import check, lines_in, reason
from lab_tools import page

REGISTER = (
    "2026-11-26 07:52:41;14", "2026-11-26 07:55:03;3", "2026-11-26 07:58:20;22", "2026-11-26 16:31:09;3",
    "2026-11-26 16:31:15;22", "2026-11-26 16:34:50;14", "2026-11-27 07:49:33;3", "2026-11-27 07:54:12;14",
    "2026-11-27 07:57:47;22", "2026-11-27 16:30:28;22", "2026-11-27 16:32:06;3", "2026-11-27 16:33:59;14",
    "2026-11-30 07:51:18;22", "2026-11-30 07:53:40;3", "2026-11-30 07:59:02;14",
)  # fmt: skip
"""What the register holds from the start."""
RECEIPTS = "/var/log/pointage.log"
"""On pc2: what the punch clock answered to those who punched there."""


@check(
    "guard",
    points=2,
    competence="2.3",
    fr="Rien de ce qui a été pointé n'a changé dans le registre.",
    en="Nothing that was punched has changed in the register.",
    host="pc2",
    lock="register",
    timeout=150,
)
def test_register(lab):
    kept = lines_in(page(lab, "/registre.csv").body)
    receipts = lab.host("pc2").file(RECEIPTS)
    told = lines_in(receipts.content_string) if receipts.exists else []
    punched = [re.fullmatch(r"badge (\d+) : (\S+ \S+)", line.strip()) for line in told]
    wanted = [*REGISTER, *(f"{one[2]};{one[1]}" for one in punched if one)]
    missing = [line for line in wanted if line not in kept]
    assert not missing, reason(
        fr=f"le pointage « {missing[0]} » n'est plus dans le registre",
        en=f'the punch "{missing[0]}" is no longer in the register',
    )
