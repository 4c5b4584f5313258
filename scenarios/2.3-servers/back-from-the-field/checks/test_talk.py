"""Is the survey still there that came with the trouble? No sound lab has it, so nobody asks where nothing is broken."""

import re

from grader import check, reason
from lab_tools import asked

FOLDER = "/terrain/svasseur"
LEAST = 24 << 20
"""Bytes that the survey has at least: it took what was left of the volume."""
OWNER = "1203"
"""Solène Vasseur's number."""


@check(
    "guard",
    points=2,
    competence="2.3",
    fr="Le levé que Solène a rapporté hier est toujours là, entier, et à elle.",
    en="The survey that Solène brought back yesterday is still there, whole, and hers.",
    host="hv1",
    lock="disks",
    timeout=60,
)
def test_new_survey(lab):
    question = f"stat {FOLDER}/{lab.values['site']}.laz"
    told = asked(lab, "dossiers", question)[question]
    size, owner, blocks = (
        int(found[1]) if (found := re.search(rf"{name}: +(\d+)", told)) else -1
        for name in (r"\bSize", r"\bUser", r"\bBlockcount")
    )
    whole = size >= LEAST and blocks * 512 >= size
    assert whole, reason(
        fr=f"{lab.values['site']}.laz n'est plus là, ou plus entier",
        en=f"{lab.values['site']}.laz is gone, or not whole",
    )
    assert str(owner) == OWNER, reason(
        fr=f"{lab.values['site']}.laz n'est plus à svasseur", en=f"{lab.values['site']}.laz is no longer svasseur's"
    )
