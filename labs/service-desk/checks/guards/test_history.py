"""Was everything done in the helpdesk itself, so that whoever reads a ticket tomorrow sees who did what?"""

from grader import check
from lab_tools import assert_answered_by_rt, desk


@check(
    "guard",
    points=1,
    competence="1.1",
    fr="Tout ce qui a été fait dans les tickets est dans leur historique.",
    en="All that was done in the tickets is in their histories.",
    timeout=60,
)
def test_history_is_whole(lab):
    assert_answered_by_rt(lab)
    wrong = desk(lab).unrecorded
    assert not wrong, "; ".join(wrong)
